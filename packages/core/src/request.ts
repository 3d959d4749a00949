import type { JsonValue } from './hash.ts'
import type { ModelParams } from './prompt.ts'

/** One message as a model receives it. */
export type Message = { role: 'system' | 'user' | 'assistant'; content: string }

/** How the answer is to be shaped: a JSON Schema for structured output, or free text. */
export type AnswerFormat =
  | { format: 'json_schema'; name: string; schema: JsonValue }
  | { format: 'json_object' }
  | { format: 'text' }

/** The messages of one case, rendered; with `shown`, the very part of the chart they hold, against which cites are verified. */
export type RenderedRequest = {
  stage: 'rendered'
  messages: Message[]
  answerFormat: AnswerFormat
  shown: JsonValue
  /** Payload paths the prompt may see. */
  contextPaths: readonly string[]
}

/** What leaves the house: messages after de-identification, and the map that brings identifiers back. */
export type OutboundRequest = {
  stage: 'outbound'
  messages: Message[]
  answerFormat: AnswerFormat
  /** Placeholder → original; empty for charts that need no de-identification. */
  restore: ReadonlyMap<string, string>
  deidentification: 'identity' | 'pseudonymised'
}

/** One call to a model, complete: what is hashed, cached and recorded. */
export type ModelCall = {
  model: string
  params: ModelParams
  messages: Message[]
  answerFormat: AnswerFormat
  /** Names of the sample for `replay` and `scripted`; never sent to a network. */
  sample: { case: string; prompt: string; repeat: number }
}
