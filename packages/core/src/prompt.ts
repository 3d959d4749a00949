import * as z from 'zod'
import { contentHash } from './hash.ts'
import { promptParts } from './id.ts'

/** The types of prompt; a route never crosses from one to another without saying so. */
export const PROMPT_TYPES = ['abstraction_help', 'signal_processing', 'automapper', 'default'] as const
export const PromptType = z.enum(PROMPT_TYPES)
export type PromptType = z.infer<typeof PromptType>

export const PROMPT_STATUSES = ['DRAFT', 'TESTING', 'APPROVED', 'ARCHIVED'] as const

/** Parameters of a model call as a prompt declares them; unknown ones are passed on to the provider as they are. */
export const ModelParams = z.record(z.string(), z.json())
export type ModelParams = z.infer<typeof ModelParams>

/** The shape asked of an answer: `json_schema` structured output where the provider has it, else plain text. */
export const OutputFormat = z.strictObject({
  format: z.enum(['json_schema', 'json_object', 'text']).default('json_schema'),
  reason_words_max: z.int().positive().optional(),
})
export type OutputFormat = z.infer<typeof OutputFormat>

/** The front matter of a prompt file. */
export const PromptFrontMatter = z.strictObject({
  name: z.string().min(1),
  type: PromptType,
  model: z.string().min(1).default('heuristic'),
  params: ModelParams.default({}),
  context: z.array(z.string().min(1)).min(1),
  output: OutputFormat.default({ format: 'json_schema' }),
  note: z.string().optional(),
})
export type PromptFrontMatter = z.infer<typeof PromptFrontMatter>

export const MESSAGE_ROLES = ['system', 'user', 'assistant'] as const
/** One section of a prompt: a role and its Liquid template. */
export const PromptSection = z.strictObject({ role: z.enum(MESSAGE_ROLES), template: z.string() })
export type PromptSection = z.infer<typeof PromptSection>

/**
 * A prompt as it is written: what a file holds, parsed. `partials` are the shared pieces it renders
 * (`shared/answer-rules` → template), so the document is whole by itself.
 */
export const PromptDocument = PromptFrontMatter.extend({
  sections: z.array(PromptSection),
  partials: z.record(z.string(), z.string()),
})
export type PromptDocument = z.infer<typeof PromptDocument>

/** A version of a prompt that is kept: what it is never changes. */
export type PromptVersion = {
  prompt: string
  /** null for a working copy, which is kept by hash and burns no version number. */
  version: number | null
  contentHash: string
  document: PromptDocument
}

/** The hash of everything that can change an answer: messages, model, params, context, output, partials; not name or note. */
export function promptContentHash(document: PromptDocument): string {
  const { sections, model, params, context, output, partials, type } = document
  return contentHash({ sections, model, params, context, output, partials, type })
}

/** One step of the fallback chain of a prompt. */
export type PromptRouteStep = { prompt: string; crossesType: boolean }

/**
 * The places where a prompt is looked for, nearest first: `specialty:module:type` →
 * `specialty:module:default` → `specialty:default:default` → `global:default:default`.
 * A step whose type differs from what was asked says so.
 */
export function promptRoute(prompt: string): PromptRouteStep[] {
  const { specialty, module, type } = promptParts(prompt)
  const chain = [
    `${specialty}/${module}/${type}`,
    `${specialty}/${module}/default`,
    `${specialty}/default/default`,
    'global/default/default',
  ]
  return [...new Set(chain)].map((step) => ({ prompt: step, crossesType: promptParts(step).type !== type }))
}
