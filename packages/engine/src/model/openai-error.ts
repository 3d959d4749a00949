import { type CallFailureKind, type Completion, TouchstoneError } from '@touchstone/core'
import * as z from 'zod'

/**
 * What a server said on refusing a request. `text` is searched for hints and never shown or kept:
 * servers quote the request in it. The other three are identifiers.
 */
export type ServerError = { text: string; code: string | null; type: string | null; param: string | null }

/** What a refusal amounts to: an answer that is empty for a reason, a failure of the plumbing, or a broken set-up. */
export type Rejection =
  | { is: 'answer'; finishReason: Completion['finishReason']; raw: string }
  | { is: 'failure'; kind: CallFailureKind; isRetryable: boolean; message: string }
  | { is: 'setup'; error: TouchstoneError }

const Members = z.record(z.string(), z.unknown())
const Location = z.array(z.looseObject({ loc: z.array(z.union([z.string(), z.number()])) })).min(1)

/** Reads the body of an error answer, in any of the forms that OpenAI-compatible servers use. */
export function readServerError(body: string): ServerError {
  const said = parseMembers(body)
  const inner = Members.safeParse(said.error).data ?? said
  const location = Location.safeParse(said.detail).data?.[0]?.loc
  return {
    text: body.slice(0, 20_000),
    code: identifier(inner.code),
    type: identifier(inner.type),
    param: identifier(inner.param) ?? identifier(location?.slice(1).join('.')),
  }
}

function parseMembers(body: string): Record<string, unknown> {
  try {
    return Members.safeParse(JSON.parse(body)).data ?? {}
  } catch {
    // A proxy's page in HTML, or nothing: then there is the status alone.
    return {}
  }
}

/** Only what looks like an identifier is passed on, so that no text of a request comes back in an error. */
function identifier(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.[\]-]{1,100}$/.test(value) ? value : null
}

/** Decides what a refusing status means; `where` names the server and `model` the model asked for. */
export function judgeRejection(
  status: number,
  said: ServerError,
  place: { where: string; model: string },
): Rejection {
  // What `model-server` says for a replayed model; with it a served recording ends as a local one does.
  if (said.code === 'no_recording') {
    return fail('no_recording', `The server at ${place.where} has no recording of this sample.`, false)
  }
  if (said.code === 'context_length_exceeded') return answer('length', 'context_length_exceeded')
  if (said.code === 'content_filter' || said.code === 'content_policy_violation') {
    return answer('content_filter', said.code)
  }
  if (status === 402 || said.code === 'insufficient_quota') {
    return fail('rate_limited', `The account at ${place.where} has used up its quota${named(said)}.`, false)
  }
  if (status === 408) return fail('timeout', `The server at ${place.where} gave up waiting (408).`)
  if (status === 429) return fail('rate_limited', `The server at ${place.where} asks to slow down (429).`)
  if (status === 409 || status >= 500) {
    return fail('server_error', `The server at ${place.where} failed (${status})${named(said)}.`)
  }
  return { is: 'setup', error: setupError(status, said, place) }
}

function answer(finishReason: Completion['finishReason'], raw: string): Rejection {
  return { is: 'answer', finishReason, raw }
}

function fail(kind: CallFailureKind, message: string, isRetryable = true): Rejection {
  return { is: 'failure', kind, isRetryable, message }
}

function setupError(
  status: number,
  said: ServerError,
  { where, model }: { where: string; model: string },
): TouchstoneError {
  if (status === 404 || said.code === 'model_not_found') {
    return new TouchstoneError(
      'model_unknown',
      `${where} knows no model "${model}"${named(said)}; check its name, and that OPENAI_BASE_URL ends as the server asks (often in /v1).`,
    )
  }
  if (status === 401 || status === 403) {
    return new TouchstoneError(
      'model_not_configured',
      `${where} does not accept the key (${status}${listed(said)}); check OPENAI_API_KEY and what it may use.`,
    )
  }
  if (status >= 300 && status < 400) {
    return new TouchstoneError(
      'model_not_configured',
      `${where} points elsewhere (${status}); charts are not sent on. Set OPENAI_BASE_URL to the final address.`,
    )
  }
  return new TouchstoneError(
    'model_refused_request',
    `${where} refuses the request for "${model}" (${status}${listed(said)}); check the model's parameters.`,
    said.param === null ? {} : { field: said.param },
  )
}

function named(said: ServerError): string {
  return listed(said) === '' ? '' : ` (${listed(said).slice(2)})`
}

function listed({ code, type, param }: ServerError): string {
  const parts = [code && `code ${code}`, type && `type ${type}`, param && `param ${param}`].filter(Boolean)
  return parts.map((part) => `, ${part}`).join('')
}
