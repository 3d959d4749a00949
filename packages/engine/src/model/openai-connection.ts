import type { CallOutcome } from '@touchstone/core'
import OpenAI, { APIConnectionTimeoutError, APIError } from 'openai'
import * as z from 'zod'
import { cancelledCall, failedCall } from './call-failure.ts'
import type { OpenAiAddress } from './openai-address.ts'
import { keptHeaders, readAnswer, readRetryAfter } from './openai-answer.ts'
import { judgeRejection, readServerError, type ServerError } from './openai-error.ts'

/** A server and one of its models, with the milliseconds that one request may take to its last byte. */
export type Connection = { address: OpenAiAddress; model: string; timeoutMs: number }

/** A refused request: what the server said, and what it amounts to if no other form of the request is tried. */
type Refused = { ok: 'refused'; status: number; said: ServerError; settle: () => CallOutcome }

/** Sends one request body and waits for its end. */
export type Send = (body: Record<string, unknown>, signal: AbortSignal) => Promise<CallOutcome | Refused>

/** Opens a server for requests; connections are kept alive between them. Nothing is sent yet. */
export function openConnection(connection: Connection): Send {
  const { address, timeoutMs } = connection
  const client = new OpenAI({
    apiKey: address.apiKey ?? 'none',
    baseURL: address.baseUrl,
    maxRetries: 0,
    // The client would print whole requests where OPENAI_LOG asks for it.
    logLevel: 'off',
    adminAPIKey: null,
    organization: null,
    project: null,
    fetch: fetchInPlace,
    ...(address.apiKey === null ? { defaultHeaders: { authorization: null } } : {}),
  })
  return async (body, signal) => {
    if (signal.aborted) return cancelledCall(0)
    using deadline = startDeadline(timeoutMs, signal)
    const startedAt = performance.now()
    try {
      const { data, response } = await client
        .post<unknown>('/chat/completions', { body, signal: deadline.signal, timeout: timeoutMs })
        .withResponse()
      const latencyMs = performance.now() - startedAt
      const completion = readAnswer(data, response.headers, latencyMs)
      return completion === null ? malformed(connection, latencyMs) : { ok: true, completion }
    } catch (error) {
      const latencyMs = performance.now() - startedAt
      if (signal.aborted) return cancelledCall(latencyMs)
      if (deadline.signal.aborted || error instanceof APIConnectionTimeoutError) {
        const message = `${address.origin} gave no whole answer within ${timeoutMs} ms.`
        return failedCall({ kind: 'timeout', message, latencyMs })
      }
      return explain(error, connection, latencyMs)
    }
  }
}

/** A signal that fires at the caller's abort or after the timeout; the client's own timeout ends with the headers. */
function startDeadline(timeoutMs: number, caller: AbortSignal): { signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const timer = setTimeout(abort, timeoutMs)
  caller.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      caller.removeEventListener('abort', abort)
    },
  }
}

/**
 * `fetch` that follows no redirect, so that a chart goes nowhere but to the configured server, and
 * that keeps an error's body whole: the client drops bodies that are not of OpenAI's own form.
 */
async function fetchInPlace(input: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'manual' })
  if (response.ok) return response
  const body = JSON.stringify({ error: { message: await response.text() } })
  return new Response(body, { status: response.status, headers: response.headers })
}

const KeptError = z.object({ message: z.string() })

/** What a failed request was; throws whatever is no fault of the network or the server. */
function explain(error: unknown, connection: Connection, latencyMs: number): CallOutcome | Refused {
  if (error instanceof SyntaxError) return malformed(connection, latencyMs)
  if (error instanceof APIError && error.status !== undefined && error.headers !== undefined) {
    const said = readServerError(KeptError.safeParse(error.error).data?.message ?? '')
    const refusal = { status: error.status, headers: error.headers, said, latencyMs }
    return { ok: 'refused', status: error.status, said, settle: () => settle(refusal, connection) }
  }
  // What breaks in mid-body is the platform's own error, with the socket's as its cause.
  if (error instanceof APIError || (error instanceof TypeError && error.cause !== undefined)) {
    const message = `The connection to ${connection.address.origin} failed${causeCode(error)}; check that the server runs and that OPENAI_BASE_URL names it.`
    return failedCall({ kind: 'connection', message, latencyMs })
  }
  throw error
}

function malformed({ address }: Connection, latencyMs: number): CallOutcome {
  const message = `${address.origin} answered with something that is no chat completion.`
  return failedCall({ kind: 'malformed_response', message, latencyMs, httpStatus: 200 })
}

/** The system's own word for a broken connection (ECONNREFUSED, ENOTFOUND, …), from wherever in the causes it stands. */
function causeCode(error: Error): string {
  let cause: unknown = error
  for (let depth = 0; depth < 5 && cause instanceof Error; depth += 1) {
    if ('code' in cause && typeof cause.code === 'string') return ` (${cause.code})`
    cause = cause.cause
  }
  return ''
}

function settle(
  refusal: { status: number; headers: Headers; said: ServerError; latencyMs: number },
  { address, model }: Connection,
): CallOutcome {
  const { status, headers, said, latencyMs } = refusal
  const rejection = judgeRejection(status, said, { where: address.origin, model })
  switch (rejection.is) {
    case 'setup':
      throw rejection.error
    case 'failure': {
      const { kind, isRetryable, message } = rejection
      const retryAfterMs = readRetryAfter(headers, Date.now())
      return failedCall({ kind, isRetryable, message, retryAfterMs, httpStatus: status, latencyMs })
    }
    case 'answer': {
      const { finishReason, raw } = rejection
      const usage = { promptTokens: null, completionTokens: null, cachedTokens: null }
      const details = { httpStatus: status, ...keptHeaders(headers) }
      const kept = { finishReason, finishReasonRaw: raw, refusal: null, modelReturned: null }
      return { ok: true, completion: { text: '', ...kept, usage, latencyMs, details } }
    }
  }
}
