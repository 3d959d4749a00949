/** Tokens a provider says it used; null where it did not say. */
export type TokenUsage = {
  promptTokens: number | null
  completionTokens: number | null
  cachedTokens: number | null
}

/** What came back from a model, as it was written. */
export type Completion = {
  text: string
  finishReason: 'stop' | 'length' | 'content_filter' | 'refusal' | 'other'
  /** The provider's own word for the finish, kept as it is. */
  finishReasonRaw: string | null
  /** The refusal text, where the provider has one apart from the answer. */
  refusal: string | null
  modelReturned: string | null
  usage: TokenUsage
  latencyMs: number
  /** All else the server says about the answer (id, fingerprint, service tier, …). */
  details: Record<string, unknown>
}

/** Why a call brought no completion. All of these are faults of the plumbing: the sample stays unfinished. */
export const CALL_FAILURES = [
  'timeout',
  'rate_limited',
  'server_error',
  'connection',
  'malformed_response',
  'no_recording',
  'budget',
  'cancelled',
] as const
export type CallFailureKind = (typeof CALL_FAILURES)[number]

/** A failed call: its kind, whether trying again can help, and how long the provider asks to wait. Its message holds no patient data. */
export type CallFailure = {
  kind: CallFailureKind
  isRetryable: boolean
  retryAfterMs: number | null
  message: string
  httpStatus: number | null
  latencyMs: number
}

/** One call's end: a completion, or a failure of the plumbing. A broken set-up (wrong key, unknown model) is thrown instead. */
export type CallOutcome = { ok: true; completion: Completion } | { ok: false; failure: CallFailure }
