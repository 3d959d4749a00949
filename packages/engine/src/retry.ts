import { setTimeout as wait } from 'node:timers/promises'
import type { CallFailure, CallOutcome } from '@touchstone/core'
import { cancelledCall } from './model/call-failure.ts'

/** One attempt of a call as it ended, numbered from 1; `delayMs` is the wait before the next one, null when there is none. */
export type AttemptReport = {
  number: number
  outcome: CallOutcome
  latencyMs: number
  delayMs: number | null
}

/** How often and how patiently a call is tried again; the delays are in milliseconds. */
export type RetryPolicy = {
  maxAttempts: number
  /** The upper end of the first wait; it doubles with each attempt up to `delayMsMax`. */
  delayMsFirst: number
  delayMsMax: number
  /** A server that asks for a longer wait than this is not waited for. */
  retryAfterMsMax: number
}

/** Six attempts with at most 16 s of waiting between them, on top of what a server asks for: up to two minutes each time. */
const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxAttempts: 6,
  delayMsFirst: 500,
  delayMsMax: 20_000,
  retryAfterMsMax: 120_000,
}

/** A call to be tried, with everything that is not decided here: chance, time, and who listens. */
export type Retried = {
  attempt: (number: number) => Promise<CallOutcome>
  policy?: RetryPolicy
  /** Whether a failure is worth another attempt; by default what the failure says of itself. */
  isWorthIt?: (failure: CallFailure) => boolean
  /** A number in [0, 1), drawn once for each wait. */
  random: () => number
  signal: AbortSignal
  /** Waits; returns early or throws when the signal fires. */
  sleep?: (delayMs: number, signal: AbortSignal) => Promise<void>
  onAttempt?: (report: AttemptReport) => void
}

/**
 * Tries a call until it brings a completion, its failure is not worth another attempt, the attempts
 * are used up, or the signal fires (then the outcome is `cancelled`). Waits have full jitter: a
 * random share of the growing delay (Brooker, "Exponential Backoff and Jitter", 2015), on top of
 * what the server asked for. What the attempt throws, a broken set-up, passes through at once.
 */
export async function withRetries(retried: Retried): Promise<CallOutcome> {
  const { signal, sleep = sleepUntil, onAttempt } = retried
  for (let number = 1; ; number += 1) {
    const outcome = signal.aborted ? cancelledCall(0) : await retried.attempt(number)
    const latencyMs = outcome.ok ? outcome.completion.latencyMs : outcome.failure.latencyMs
    const delayMs = outcome.ok ? null : delayAfter(outcome.failure, number, retried)
    onAttempt?.({ number, outcome, latencyMs, delayMs })
    if (delayMs === null) return outcome
    await sleep(delayMs, signal)
    if (signal.aborted) return cancelledCall(0)
  }
}

/** How long to wait after a failed attempt; null when it is the last one. */
function delayAfter(failure: CallFailure, number: number, retried: Retried): number | null {
  const {
    policy = DEFAULT_RETRY_POLICY,
    isWorthIt = ({ isRetryable }) => isRetryable,
    random,
    signal,
  } = retried
  if (signal.aborted || number >= policy.maxAttempts || !isWorthIt(failure)) return null
  const asked = failure.retryAfterMs ?? 0
  if (asked > policy.retryAfterMsMax) return null
  const ceiling = Math.min(policy.delayMsMax, policy.delayMsFirst * 2 ** (number - 1))
  return asked + random() * ceiling
}

async function sleepUntil(delayMs: number, signal: AbortSignal): Promise<void> {
  await wait(delayMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
