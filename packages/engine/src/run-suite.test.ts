import { asActor, asOwner, findRun, listPromptVersions, listRuns } from '@touchstone/db'
import { describe, expect, it } from 'vitest'
import type { RunRequest } from './plan-run.ts'
import { regradeRun } from './regrade-run.ts'
import { resumeRun, runSuite } from './run-suite.ts'
import { CASES, freshBench, PROMPT, RIGHT_ANSWER, SIGNALS, SUITE, type TestBench } from './testing.ts'

const request: RunRequest = {
  suite: SUITE,
  prompt: { kind: 'version', reference: { prompt: PROMPT, version: 1 } },
}

function quietly(): {
  signal: AbortSignal
  policy: { maxAttempts: number; delayMsFirst: number; delayMsMax: number; retryAfterMsMax: number }
} {
  const policy = { maxAttempts: 3, delayMsFirst: 1, delayMsMax: 2, retryAfterMsMax: 50 }
  return { signal: new AbortController().signal, policy }
}

async function countRows(bench: TestBench, run: string): Promise<Record<string, number>> {
  return asOwner(bench.ownerUrl, async (tx) => {
    const { rows } = await tx.query(
      `SELECT (SELECT count(*)::int FROM eval_samples WHERE eval_run_id = $1 AND state = 'completed') AS samples,
              (SELECT count(*)::int FROM abstraction_runs a JOIN eval_samples s ON s.id = a.eval_sample_id WHERE s.eval_run_id = $1) AS runs,
              (SELECT count(*)::int FROM signal_grades g JOIN gradings d ON d.id = g.grading_id WHERE d.eval_run_id = $1) AS grades,
              (SELECT count(*)::int FROM case_outcomes o JOIN gradings d ON d.id = o.grading_id WHERE d.eval_run_id = $1) AS outcomes`,
      [run],
    )
    return rows[0] ?? {}
  })
}

describe('a run', () => {
  it('walks every case through the whole route into rows, and its summary is what the rows say', async () => {
    await using bench = await freshBench()

    const summary = await runSuite(bench, request, quietly())

    expect(summary).toMatchObject({
      status: 'COMPLETED',
      exit: 0,
      stale: null,
      prompt: `${PROMPT}@1`,
      goldVersion: 1,
    })
    expect(summary.samples).toEqual({
      planned: CASES,
      completed: CASES,
      unfinished: 0,
      pending: 0,
      unparsable: 0,
    })
    expect(await countRows(bench, summary.run)).toEqual({
      samples: CASES,
      runs: CASES,
      grades: CASES * SIGNALS.length,
      outcomes: CASES,
    })
    const [inTime, refused, transferred] = summary.signals
    expect(inTime).toMatchObject({ n: CASES, correct: CASES, rule: { n: CASES, agrees: CASES } })
    expect(inTime?.evidence).toMatchObject({ cited: 2 * CASES, verified: 2 * CASES })
    expect(refused?.support).toEqual({ supported: CASES, partly: 0, unsupported: 0, uncited: 0 })
    expect(transferred?.support.uncited).toBe(CASES)
    expect(summary.overall.outcome.reported).toMatchObject({ estimate: 1, n: CASES })
  })

  it('moves a DRAFT to TESTING, and leaves the other version alone', async () => {
    await using bench = await freshBench()
    await runSuite(bench, request, quietly())

    const versions = await asActor(bench.db, bench.credential, (tx) => listPromptVersions(tx, PROMPT))
    expect(versions.map(({ version, status }) => [version, status])).toEqual([
      [1, 'TESTING'],
      [2, 'DRAFT'],
    ])
  })

  it('keeps what is wrong with an answer in the denominator, and its neighbours land', async () => {
    await using bench = await freshBench()
    const odd = 'NUL \u0000, a lone surrogate \ud800 and 1e308'
    await bench.write(
      'answers.json',
      JSON.stringify({
        default: { signals: RIGHT_ANSWER.signals },
        answers: [
          { case: 'D-0001', text: odd },
          { case: 'D-0002', refusal: 'I cannot.' },
          { case: 'D-0003', text: '{"signals":[{"id":"in_time","sta', finish_reason: 'length' },
          {
            case: 'D-0004',
            signals: [
              { id: 'in_time', status: 'pass', finding: odd, reason: odd, confidence: 1e308 },
              { id: odd, status: 'pass' },
            ],
          },
          { case: 'D-0005', signals: [{ id: 'in_time', status: 'yes' }, ...RIGHT_ANSWER.signals.slice(1)] },
        ],
      }),
    )

    const summary = await runSuite(bench, request, quietly())

    expect(summary.samples).toMatchObject({ completed: CASES, unparsable: 3 })
    const [inTime] = summary.signals
    expect(inTime?.grades).toEqual({
      correct: 2,
      lenient: 0,
      wrong: 0,
      missing: 0,
      invalid: 1,
      unparsable: 1,
      refused: 1,
      truncated: 1,
    })
    expect(inTime?.n).toBe(CASES)
    expect(summary.overall.unusable.estimate).toBeCloseTo(5 / CASES)
    const stored = await asOwner(bench.ownerUrl, async (tx) => {
      const { rows } = await tx.query(
        `SELECT count(*)::int AS n FROM abstraction_results WHERE outcome = 'unknown_signal' AND is_escaped`,
      )
      return rows[0]?.n
    })
    expect(stored).toBe(1)
  })

  it('keeps ten thousand signals, a ten-megabyte and a bottomless answer without harm to the batch', async () => {
    await using bench = await freshBench()
    const crowd = Array.from({ length: 10_000 }, (_, index) => ({ id: `stray_${index}`, status: 'pass' }))
    await bench.write(
      'answers.json',
      JSON.stringify({
        default: { signals: RIGHT_ANSWER.signals },
        answers: [
          { case: 'D-0001', signals: crowd },
          { case: 'D-0002', text: 'x'.repeat(10_000_000) },
          { case: 'D-0003', text: `${'['.repeat(20_000)}${']'.repeat(20_000)}` },
          { case: 'D-0004', text: `${'[{"a":'.repeat(900)}1e999${'}]'.repeat(900)}` },
        ],
      }),
    )

    const summary = await runSuite(bench, request, quietly())

    expect(summary.samples).toMatchObject({ completed: CASES, unparsable: 3 })
    expect(summary.signals[0]?.grades).toMatchObject({ correct: 2, missing: 1, unparsable: 3 })
  })

  it('leaves a sample unfinished when the plumbing fails, and finishes it when the errors are tried again', async () => {
    await using bench = await freshBench()
    const failing = (times: number): string =>
      JSON.stringify({
        default: { signals: RIGHT_ANSWER.signals },
        answers: [
          {
            case: 'D-0003',
            fail: { kind: 'server_error', times, http_status: 503 },
            signals: RIGHT_ANSWER.signals,
          },
        ],
      })
    await bench.write('answers.json', failing(99))

    const stopped = await runSuite(bench, request, quietly())
    expect(stopped).toMatchObject({ status: 'STOPPED', exit: 101 })
    expect(stopped.samples).toMatchObject({ completed: CASES - 1, unfinished: 1 })
    expect(stopped.signals[0]?.n).toBe(CASES - 1)

    await bench.write('answers.json', failing(1))
    const asked = await resumeRun(bench, { run: stopped.run, retryErrors: false }, quietly())
    expect(asked.samples.unfinished).toBe(1)
    const finished = await resumeRun(bench, { run: stopped.run, retryErrors: true }, quietly())
    expect(finished).toMatchObject({ status: 'COMPLETED', exit: 0 })
    expect(finished.samples).toMatchObject({ completed: CASES, unfinished: 0 })
    expect((await countRows(bench, finished.run)).grades).toBe(CASES * SIGNALS.length)
  })

  it('stops early, and can be resumed, when the model cannot be reached at all', async () => {
    await using bench = await freshBench({ cases: 30 })
    await bench.write('answers.json', JSON.stringify({ default: { fail: { kind: 'connection' } } }))

    const running = runSuite(bench, { ...request, concurrency: 2 }, quietly())
    await expect(running).rejects.toMatchObject({ code: 'model_not_configured' })

    const [line] = await asActor(bench.db, bench.credential, (tx) => listRuns(tx, 1))
    expect(line).toMatchObject({ status: 'STOPPED' })
    expect(line?.samples.unfinished).toBeLessThan(10)
    await bench.write('answers.json', JSON.stringify({ default: { signals: RIGHT_ANSWER.signals } }))
    const finished = await resumeRun(bench, { run: line?.run ?? '', retryErrors: true }, quietly())
    expect(finished.samples).toMatchObject({ completed: 30, unfinished: 0 })
  })

  it('keeps every attempt as a row', async () => {
    await using bench = await freshBench({ cases: 1 })
    await bench.write(
      'answers.json',
      JSON.stringify({
        answers: [
          { fail: { kind: 'rate_limited', times: 2, retry_after_ms: 3 }, signals: RIGHT_ANSWER.signals },
        ],
      }),
    )
    await runSuite(bench, request, quietly())

    const attempts = await asOwner(bench.ownerUrl, async (tx) => {
      const text = 'SELECT attempt_number AS number, failure_kind AS failure FROM model_attempts ORDER BY 1'
      return (await tx.query(text)).rows
    })
    expect(attempts).toEqual([
      { number: 1, failure: 'rate_limited' },
      { number: 2, failure: 'rate_limited' },
      { number: 3, failure: null },
    ])
  })

  it('that is interrupted keeps what is done, and resumed asks each other sample once', async () => {
    await using bench = await freshBench({ cases: 30 })
    const slow = (delay: number): string =>
      JSON.stringify({ default: { signals: RIGHT_ANSWER.signals, delay_ms: delay } })
    await bench.write('answers.json', slow(15))
    const controller = new AbortController()
    let seen = 0
    const onSample = (): void => {
      seen += 1
      if (seen === 10) controller.abort()
    }

    const stopped = await runSuite(
      bench,
      { ...request, concurrency: 2 },
      { signal: controller.signal, onSample },
    )
    expect(stopped).toMatchObject({ status: 'STOPPED', exit: 101 })
    expect(stopped.samples.completed).toBeGreaterThanOrEqual(10)
    expect(stopped.samples.unfinished).toBe(0)

    const finished = await resumeRun(bench, { run: stopped.run, retryErrors: false }, quietly())
    expect(finished.samples).toMatchObject({ planned: 30, completed: 30 })
    expect(await countRows(bench, finished.run)).toEqual({ samples: 30, runs: 30, grades: 90, outcomes: 30 })
  })

  it('resumed twice at once records each sample once', async () => {
    await using bench = await freshBench({ cases: 20 })
    await bench.write(
      'answers.json',
      JSON.stringify({ default: { signals: RIGHT_ANSWER.signals, delay_ms: 5 } }),
    )
    const controller = new AbortController()
    const stopped = await runSuite(
      bench,
      { ...request, concurrency: 1 },
      { signal: controller.signal, onSample: () => controller.abort() },
    )

    const again = { run: stopped.run, retryErrors: false }
    await Promise.allSettled([resumeRun(bench, again, quietly()), resumeRun(bench, again, quietly())])

    const run = await asActor(bench.db, bench.credential, (tx) => findRun(tx, stopped.run))
    expect(run.status).toBe('COMPLETED')
    expect(await countRows(bench, stopped.run)).toEqual({ samples: 20, runs: 20, grades: 60, outcomes: 20 })
  })

  it('adds up more tokens than four bytes hold, and may be summarized twice at once (regression)', async () => {
    await using bench = await freshBench({ cases: 3 })
    const summary = await runSuite(bench, request, quietly())
    await asOwner(bench.ownerUrl, async (tx) => {
      await tx.query('ALTER TABLE abstraction_runs DISABLE TRIGGER USER')
      await tx.query('UPDATE abstraction_runs SET tokens_prompt = 2000000000')
      await tx.query('ALTER TABLE abstraction_runs ENABLE TRIGGER USER')
    })

    const again = await Promise.all([1, 2, 3, 4].map(() => regradeRun(bench, summary.run)))

    expect(again.map(({ usage }) => usage.promptTokens)).toEqual([6e9, 6e9, 6e9, 6e9])
  })

  it('takes repeats of a case as one cluster', async () => {
    await using bench = await freshBench()
    const summary = await runSuite(bench, { ...request, repeats: 3 }, quietly())
    expect(summary.samples.planned).toBe(3 * CASES)
    expect(summary.signals[0]).toMatchObject({ n: 3 * CASES, clusters: CASES })
  })

  it.each([
    ['a suite that is not there', { suite: 'cardiology/none' }, /no suite/],
    [
      'a version that is not there',
      { prompt: { kind: 'version', reference: { prompt: PROMPT, version: 9 } } },
      /there is @1, @2/,
    ],
    ['a selection without cases', { selection: { pattern: 'nothing' } }, /No case/],
    ['a model that is not there', { model: 'gpt-4o' }, /no model/],
  ] as const)('of %s is refused and leaves nothing behind', async (_name, change, message) => {
    await using bench = await freshBench({ cases: 1 })
    await expect(runSuite(bench, { ...request, ...change }, quietly())).rejects.toThrow(message)
    const runs = await asOwner(
      bench.ownerUrl,
      async (tx) => (await tx.query('SELECT count(*)::int AS n FROM eval_runs')).rows[0]?.n,
    )
    expect(runs).toBe(0)
  })

  it('of a working copy keeps it by hash and burns no version', async () => {
    await using bench = await freshBench({ cases: 1 })
    const text =
      (await asActor(bench.db, bench.credential, (tx) => listPromptVersions(tx, PROMPT)))[0]?.text ?? ''
    const file = await bench.write(`prompts/${PROMPT}/draft.md`, text.replace('Answer', 'Reply'))

    const summary = await runSuite(bench, { ...request, prompt: { kind: 'file', file } }, quietly())
    await runSuite(bench, { ...request, prompt: { kind: 'file', file } }, quietly())

    expect(summary.prompt).toMatch(/signal_processing#[0-9a-f]{8}$/)
    const versions = await asActor(bench.db, bench.credential, (tx) => listPromptVersions(tx, PROMPT))
    expect(versions.map(({ version }) => version)).toEqual([1, 2])
  })
})
