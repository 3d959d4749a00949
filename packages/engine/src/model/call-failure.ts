import type { CallFailure, CallFailureKind, CallOutcome } from '@touchstone/core'

/** Whether trying the same call again can help; a call that is given up is not tried again. */
const RETRYABLE: Readonly<Record<CallFailureKind, boolean>> = {
  timeout: true,
  rate_limited: true,
  server_error: true,
  connection: true,
  malformed_response: true,
  no_recording: false,
  budget: false,
  cancelled: false,
}

/** What is known of a failed call; what is left out is null, and `isRetryable` follows from the kind. */
export type FailureReport = Pick<CallFailure, 'kind' | 'message' | 'latencyMs'> &
  Partial<Pick<CallFailure, 'isRetryable' | 'retryAfterMs' | 'httpStatus'>>

/** A call that ended without a completion; latency in milliseconds. */
export function failedCall(report: FailureReport): CallOutcome {
  const { kind, message, latencyMs, isRetryable, retryAfterMs, httpStatus } = report
  return {
    ok: false,
    failure: {
      kind,
      isRetryable: isRetryable ?? RETRYABLE[kind],
      retryAfterMs: retryAfterMs ?? null,
      message,
      httpStatus: httpStatus ?? null,
      latencyMs,
    },
  }
}

/** A call that was given up by whoever asked for it, after so many milliseconds. */
export function cancelledCall(latencyMs: number): CallOutcome {
  return failedCall({ kind: 'cancelled', message: 'The call was cancelled.', latencyMs })
}
