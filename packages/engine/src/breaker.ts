import { type CallFailureKind, TouchstoneError } from '@touchstone/core'

/** Ends a run early when its model cannot be reached at all. */
export type Breaker = {
  signal: AbortSignal
  /** Takes note of how a sample ended. */
  hear(end: { state: 'completed' } | { state: 'unfinished'; failure: { kind: CallFailureKind } }): void
  /** What to tell when the breaker ended the run; null while it did not. */
  fault(model: string): TouchstoneError | null
}

const FAILURES_MAX = 5

/**
 * Makes a breaker: when the first five samples to end all failed to connect, and none got through, the
 * server is not there, and asking for every other case would only take long. One answer disarms it.
 */
export function createBreaker(): Breaker {
  const controller = new AbortController()
  let failures = 0
  let isDisarmed = false
  return {
    signal: controller.signal,
    hear(end) {
      const isConnection = end.state === 'unfinished' && end.failure.kind === 'connection'
      if (!isConnection) isDisarmed = true
      else failures += 1
      if (!isDisarmed && failures >= FAILURES_MAX) controller.abort()
    },
    fault: (model) =>
      controller.signal.aborted
        ? new TouchstoneError(
            'model_not_configured',
            `The server of ${model} cannot be reached: none of the first ${FAILURES_MAX} cases got through. Start it or check OPENAI_BASE_URL, then resume the run with --retry-errors.`,
          )
        : null,
  }
}
