import type { CallOutcome, ModelCall } from '@touchstone/core'
import type { Model } from './model/model.ts'
import { type AttemptReport, type RetryPolicy, withRetries } from './retry.ts'

/** A model and how patiently it is asked. */
export type Retrying = { model: Model; policy?: RetryPolicy }

/** One attempt, as it is kept: what came of it, and how long was waited before it. */
export type Attempt = Omit<AttemptReport, 'delayMs'> & { delayMs: number }

/** Calls a model until it answers or trying again cannot help; every attempt is kept. */
export async function completeWithRetries(request: {
  call: ModelCall
  retrying: Retrying
  signal: AbortSignal
}): Promise<{ outcome: CallOutcome; attempts: Attempt[] }> {
  const { call, retrying, signal } = request
  const attempts: Attempt[] = []
  let waitedMs = 0
  const outcome = await withRetries({
    attempt: () => retrying.model.complete(call, { signal }),
    ...(retrying.policy ? { policy: retrying.policy } : {}),
    random: Math.random,
    signal,
    onAttempt: ({ delayMs, ...report }) => {
      attempts.push({ ...report, delayMs: waitedMs })
      waitedMs = delayMs ?? 0
    },
  })
  return { outcome, attempts }
}
