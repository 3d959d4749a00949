import { randomUUID } from 'node:crypto'
import type { CallFailure, CallFailureKind, Completion, ErrorCode, TouchstoneError } from '@touchstone/core'
import type { Model } from './model/model.ts'

/** An answer ready to be sent: a status, a JSON body, and further headers. */
export type Answer = { status: number; body: string; headers?: Record<string, string> }

/** A completion as the OpenAI API writes it. */
export function chatCompletion(completion: Completion, model: Model): Answer {
  const { text, refusal, usage, finishReason } = completion
  const promptTokens = usage.promptTokens ?? 0
  const completionTokens = usage.completionTokens ?? 0
  const cached =
    usage.cachedTokens === null ? {} : { prompt_tokens_details: { cached_tokens: usage.cachedTokens } }
  const isCounted = usage.promptTokens !== null || usage.completionTokens !== null
  const body = JSON.stringify({
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: completion.modelReturned ?? model.name,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal },
        finish_reason: completion.finishReasonRaw ?? finishReason,
        logprobs: null,
      },
    ],
    // What nobody counted is left out, not sent as 0.
    ...(isCounted
      ? {
          usage: {
            prompt_tokens: promptTokens,
            completion_tokens: completionTokens,
            total_tokens: promptTokens + completionTokens,
            ...cached,
          },
        }
      : {}),
  })
  return { status: 200, body }
}

const STATUS_OF_FAILURE: Readonly<Record<CallFailureKind, number>> = {
  timeout: 504,
  rate_limited: 429,
  server_error: 500,
  connection: 502,
  malformed_response: 502,
  no_recording: 404,
  budget: 402,
  cancelled: 499,
}

/** A failed call as an error of the OpenAI API; its kind is the code. */
export function failureAnswer({ kind, message, retryAfterMs }: CallFailure): Answer {
  const answer = errorAnswer(STATUS_OF_FAILURE[kind], { message, code: kind })
  if (retryAfterMs === null) return answer
  const seconds = String(Math.ceil(retryAfterMs / 1000))
  return { ...answer, headers: { 'retry-after': seconds, 'retry-after-ms': String(retryAfterMs) } }
}

const STATUS_OF_SETUP: Partial<Record<ErrorCode, number>> = {
  model_unknown: 404,
  model_not_configured: 401,
  model_refused_request: 400,
}

/** A broken set-up behind the server as an error of the OpenAI API. */
export function setupAnswer({ code, message }: TouchstoneError): Answer {
  return errorAnswer(STATUS_OF_SETUP[code] ?? 500, { message, code })
}

/** An error of the OpenAI API. */
export function errorAnswer(
  status: number,
  { message, code, param = null }: { message: string; code: string; param?: string | null },
): Answer {
  const type = status < 500 ? 'invalid_request_error' : 'server_error'
  return { status, body: JSON.stringify({ error: { message, type, param, code } }) }
}
