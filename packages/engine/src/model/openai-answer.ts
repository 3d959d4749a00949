import type { Completion, TokenUsage } from '@touchstone/core'
import * as z from 'zod'
import { readFinishReason } from './finish-reason.ts'

const Part = z.union([z.string(), z.looseObject({ text: z.string() }).transform((part) => part.text)])
const Content = z.union([z.string(), z.array(Part).transform((parts) => parts.join(''))])
const Tokens = z.int().nonnegative().nullish().catch(null)

const Answer = z.looseObject({
  model: z.string().nullish().catch(null),
  usage: z.record(z.string(), z.unknown()).nullish().catch(null),
  choices: z
    .array(
      z.looseObject({
        finish_reason: z.string().nullish().catch(null),
        message: z.looseObject({ content: Content.nullish(), refusal: z.string().nullish().catch(null) }),
      }),
    )
    .min(1),
})

const Usage = z.looseObject({
  prompt_tokens: Tokens,
  completion_tokens: Tokens,
  prompt_tokens_details: z.looseObject({ cached_tokens: Tokens }).nullish().catch(null),
})

const HEADERS_KEPT = /^(x-request-id|x-ratelimit-.*|openai-(processing-ms|version|model)|retry-after(-ms)?)$/

/**
 * A completion from the body of a chat completion, its text untouched; null when the body is none.
 * All else the server said goes to `details`: id, fingerprint, tier, the whole usage, what stands
 * beside the text in the message, and the headers that name the request and the rate limits.
 */
export function readAnswer(body: unknown, headers: Headers, latencyMs: number): Completion | null {
  const parsed = Answer.safeParse(body)
  const choice = parsed.data?.choices[0]
  if (!parsed.success || choice === undefined) return null
  const { choices, model, ...rest } = parsed.data
  const { message, finish_reason: finish, index: _, ...besideMessage } = choice
  const { content, refusal, role: __, ...besideText } = message
  const finishReasonRaw = finish ?? null
  const refusalText = refusal || null
  return {
    text: content ?? '',
    finishReason: readFinishReason(finishReasonRaw, refusalText),
    finishReasonRaw,
    refusal: refusalText,
    modelReturned: model ?? null,
    usage: readUsage(rest.usage),
    latencyMs,
    details: {
      ...withoutNulls({ ...rest, choice: filled(besideMessage), message: filled(besideText) }),
      ...(choices.length > 1 ? { choices: choices.length } : {}),
      ...keptHeaders(headers),
    },
  }
}

function readUsage(said: unknown): TokenUsage {
  const usage = Usage.safeParse(said).data
  return {
    promptTokens: usage?.prompt_tokens ?? null,
    completionTokens: usage?.completion_tokens ?? null,
    cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? null,
  }
}

function withoutNulls(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined),
  )
}

function filled(members: Record<string, unknown>): Record<string, unknown> | null {
  const kept = withoutNulls(members)
  return Object.keys(kept).length === 0 ? null : kept
}

/** The headers worth keeping of any answer, under `headers`; nothing where there are none. */
export function keptHeaders(headers: Headers): Record<string, unknown> {
  const kept = [...headers].filter(([name]) => HEADERS_KEPT.test(name))
  return kept.length === 0 ? {} : { headers: Object.fromEntries(kept) }
}

/** How long a server asks to wait, in milliseconds from `now`: `retry-after-ms`, or `retry-after` in seconds or as a date. */
export function readRetryAfter(headers: Headers, now: number): number | null {
  const exact = Number.parseFloat(headers.get('retry-after-ms') ?? '')
  if (Number.isFinite(exact) && exact >= 0) return exact
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}
