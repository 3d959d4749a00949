import { type AnswerFormat, type ModelCall, TouchstoneError } from '@touchstone/core'
import type { ServerError } from './openai-error.ts'

/** What this server and model were found not to take; it only ever narrows. */
export type ServerLimits = {
  /** The richest answer format that is still tried. */
  format: AnswerFormat['format']
  /** Why it is no longer the richest: the server's code or parameter. */
  formatRefusedWith: string | null
  renamesMaxTokens: boolean
}

/** A request as it goes out, with what was changed to suit the server. */
export type OpenAiRequest = {
  body: Record<string, unknown>
  format: AnswerFormat['format']
  sendsMaxTokens: boolean
  /** Set only where the request is not as it was asked for. */
  adaptations: Record<string, unknown>
}

const FORMATS: readonly AnswerFormat['format'][] = ['json_schema', 'json_object', 'text']
/** What the call itself decides; as parameters they would change what is asked without a trace. */
const RESERVED = ['model', 'messages', 'response_format', 'stream', 'n'] as const

/** Limits of a server that was not asked yet: none. */
export function noLimits(): ServerLimits {
  return { format: 'json_schema', formatRefusedWith: null, renamesMaxTokens: false }
}

/** The request body of a call within a server's limits; throws `model_refused_request` for a parameter that is not a parameter. */
export function buildRequest(call: ModelCall, model: string, limits: ServerLimits): OpenAiRequest {
  const reserved = RESERVED.find((name) => Object.hasOwn(call.params, name))
  if (reserved !== undefined) {
    throw new TouchstoneError(
      'model_refused_request',
      `"${reserved}" cannot be a model parameter; remove it from params.`,
      {
        field: `params.${reserved}`,
      },
    )
  }
  const asked = call.answerFormat.format
  const format = FORMATS.indexOf(asked) < FORMATS.indexOf(limits.format) ? limits.format : asked
  const { max_tokens: maxTokens, ...params } = call.params
  const renames = limits.renamesMaxTokens && maxTokens !== undefined
  const limit =
    maxTokens === undefined ? {} : { [renames ? 'max_completion_tokens' : 'max_tokens']: maxTokens }
  return {
    body: {
      ...params,
      ...limit,
      model,
      messages: call.messages,
      ...responseFormat(call.answerFormat, format),
    },
    format,
    sendsMaxTokens: maxTokens !== undefined && !renames,
    adaptations: {
      ...(format === asked
        ? {}
        : { answerFormat: { asked, sent: format, because: limits.formatRefusedWith } }),
      ...(renames ? { renamedParams: { max_tokens: 'max_completion_tokens' } } : {}),
    },
  }
}

function responseFormat(answer: AnswerFormat, format: AnswerFormat['format']): Record<string, unknown> {
  if (format === 'json_schema' && answer.format === 'json_schema') {
    const { name, schema } = answer
    return { response_format: { type: 'json_schema', json_schema: { name, strict: true, schema } } }
  }
  return format === 'json_object' ? { response_format: { type: 'json_object' } } : {}
}

/** Narrows the limits by what a server said to a request; false when it said nothing that a changed request would mend. */
export function learnLimits(limits: ServerLimits, request: OpenAiRequest, said: ServerError): boolean {
  if (request.sendsMaxTokens && said.text.includes('max_completion_tokens')) {
    limits.renamesMaxTokens = true
    return true
  }
  const next = FORMATS[FORMATS.indexOf(request.format) + 1]
  if (next === undefined || !complainsOfFormat(said)) return false
  if (FORMATS.indexOf(limits.format) < FORMATS.indexOf(next)) limits.format = next
  limits.formatRefusedWith ??= said.code ?? said.param ?? 'unnamed'
  return true
}

function complainsOfFormat(said: ServerError): boolean {
  if (said.param !== null)
    return said.param.includes('response_format') || /\bresponse_format\b/.test(said.text)
  return /response_format|json_schema|json_object|structured output|guided_/i.test(said.text)
}
