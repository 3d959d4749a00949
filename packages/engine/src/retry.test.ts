import type { CallFailureKind, CallOutcome, Completion } from '@touchstone/core'
import { TouchstoneError } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { failedCall } from './model/call-failure.ts'
import { type AttemptReport, type Retried, type RetryPolicy, withRetries } from './retry.ts'

const completion: Completion = {
  text: '{}',
  finishReason: 'stop',
  finishReasonRaw: 'stop',
  refusal: null,
  modelReturned: null,
  usage: { promptTokens: null, completionTokens: null, cachedTokens: null },
  latencyMs: 4,
  details: {},
}
const done: CallOutcome = { ok: true, completion }

function failing(kind: CallFailureKind, retryAfterMs: number | null = null): CallOutcome {
  return failedCall({ kind, message: kind, latencyMs: 7, retryAfterMs })
}

const policy: RetryPolicy = { maxAttempts: 4, delayMsFirst: 100, delayMsMax: 250, retryAfterMsMax: 1000 }

/** Plays the outcomes one after the other without waiting, and keeps what was reported. */
async function play(
  outcomes: CallOutcome[],
  changes: Partial<Retried> = {},
): Promise<{ outcome: CallOutcome; reports: AttemptReport[] }> {
  const reports: AttemptReport[] = []
  const outcome = await withRetries({
    attempt: async (number) => outcomes[number - 1] ?? done,
    policy,
    random: () => 0.5,
    signal: new AbortController().signal,
    sleep: async () => undefined,
    onAttempt: (report) => reports.push(report),
    ...changes,
  })
  return { outcome, reports }
}

describe('withRetries', () => {
  it('asks once when the first attempt brings a completion', async () => {
    const { outcome, reports } = await play([done])

    expect(outcome).toBe(done)
    expect(reports).toEqual([{ number: 1, outcome: done, latencyMs: 4, delayMs: null }])
  })

  it.each<CallFailureKind>(['timeout', 'rate_limited', 'server_error', 'connection', 'malformed_response'])(
    'tries again after %s',
    async (kind) => {
      const { outcome, reports } = await play([failing(kind), failing(kind)])

      expect(outcome).toBe(done)
      expect(reports.map(({ number }) => number)).toEqual([1, 2, 3])
    },
  )

  it.each<CallFailureKind>(['no_recording', 'budget', 'cancelled'])(
    'gives up at once on %s',
    async (kind) => {
      const { outcome, reports } = await play([failing(kind)])

      expect(outcome).toMatchObject({ ok: false, failure: { kind } })
      expect(reports).toHaveLength(1)
    },
  )

  it('gives up when the attempts are used up, and says how each ended', async () => {
    const { outcome, reports } = await play(Array.from({ length: 9 }, () => failing('server_error')))

    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'server_error' } })
    // Half of 100, 200 and then 250, the longest; no wait after the last.
    expect(reports.map(({ delayMs }) => delayMs)).toEqual([50, 100, 125, null])
  })

  it('waits at least as long as the server asks', async () => {
    const { reports } = await play([failing('rate_limited', 600)])

    expect(reports[0]?.delayMs).toBe(650)
  })

  it('does not wait for a server that asks for too long', async () => {
    const { outcome, reports } = await play([failing('rate_limited', 1001)])

    expect(outcome).toMatchObject({ failure: { kind: 'rate_limited', retryAfterMs: 1001 } })
    expect(reports).toHaveLength(1)
  })

  it('draws each wait anew from the whole range', async () => {
    const draws = [0, 0.999]

    const { reports } = await play([failing('timeout'), failing('timeout')], {
      random: () => draws.shift() ?? 0,
    })

    expect(reports.map(({ delayMs }) => delayMs)).toEqual([0, 199.8, null])
  })

  it('asks no more once the signal has fired during a wait', async () => {
    const stop = new AbortController()

    const { outcome, reports } = await play([failing('timeout')], {
      signal: stop.signal,
      sleep: async () => stop.abort(),
    })

    expect(outcome).toMatchObject({ failure: { kind: 'cancelled' } })
    expect(reports).toHaveLength(1)
  })

  it('wakes from a real wait when the signal fires', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 5)

    const outcome = await withRetries({
      attempt: async () => failing('rate_limited', 60_000),
      random: () => 0,
      signal: stop.signal,
    })

    expect(outcome).toMatchObject({ failure: { kind: 'cancelled' } })
  })

  it('lets a broken set-up through without another attempt', async () => {
    let attempts = 0
    const attempt = async (): Promise<CallOutcome> => {
      attempts += 1
      throw new TouchstoneError('model_not_configured', 'no key')
    }

    await expect(play([], { attempt })).rejects.toMatchObject({ code: 'model_not_configured' })
    expect(attempts).toBe(1)
  })

  it('lets the caller decide what is worth another attempt', async () => {
    const { reports } = await play([failing('malformed_response')], { isWorthIt: () => false })

    expect(reports).toHaveLength(1)
  })
})
