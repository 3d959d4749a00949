import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunSummary } from '@touchstone/core'
import { asActor, asOwner, findRun } from '@touchstone/db'
import { describe, expect, it } from 'vitest'
import type { RunRequest } from './plan-run.ts'
import { resumeRun, runSuite } from './run-suite.ts'
import { freshBench, PROMPT, RIGHT_ANSWER, SIGNALS, SUITE, type TestBench } from './testing.ts'

const CASES = 60
const request: RunRequest = {
  suite: SUITE,
  prompt: { kind: 'version', reference: { prompt: PROMPT, version: 1 } },
  concurrency: 4,
}

function quietly(): { signal: AbortSignal } {
  return { signal: new AbortController().signal }
}

/** A bench whose model takes its time, and is wrong, refuses or rambles about some of the cases. */
async function slowBench(delayMs: number): Promise<TestBench> {
  const bench = await freshBench({ cases: CASES })
  const right = { signals: RIGHT_ANSWER.signals, delay_ms: delayMs }
  const nameOf = (number: number): string => `D-${String(number).padStart(4, '0')}`
  const answers = Array.from({ length: CASES }, (_, index) => index + 1).flatMap((number) => [
    ...(number % 7 === 0 ? [{ case: nameOf(number), text: 'garbage', delay_ms: delayMs }] : []),
    ...(number % 5 === 0
      ? [{ case: nameOf(number), policy: 'always', status: 'pass', delay_ms: delayMs }]
      : []),
  ])
  await bench.write('answers.json', JSON.stringify({ default: right, answers }))
  return bench
}

/** What must be the same whether a run was disturbed or not. */
function totalsOf({ samples, signals, overall }: RunSummary): unknown {
  return { samples, signals, overall }
}

/** Rows of a run that could be there twice: each number is that of the samples, or of their signals. */
async function countRows(bench: TestBench, run: string): Promise<Record<string, number>> {
  return asOwner(bench.ownerUrl, async (tx) => {
    const { rows } = await tx.query(
      `WITH mine AS (SELECT * FROM eval_samples WHERE eval_run_id = $1)
       SELECT (SELECT count(*)::int FROM mine WHERE state = 'completed') AS samples,
              (SELECT count(*)::int FROM abstraction_runs a JOIN mine ON mine.id = a.eval_sample_id) AS calls,
              (SELECT count(DISTINCT a.eval_sample_id)::int FROM abstraction_runs a JOIN mine ON mine.id = a.eval_sample_id) AS asked,
              (SELECT count(*)::int FROM model_attempts m JOIN abstraction_runs a ON a.id = m.abstraction_run_id JOIN mine ON mine.id = a.eval_sample_id) AS attempts,
              (SELECT count(*)::int FROM signal_grades g JOIN mine ON mine.id = g.eval_sample_id) AS grades,
              (SELECT count(*)::int FROM case_outcomes o JOIN mine ON mine.id = o.eval_sample_id) AS outcomes`,
      [run],
    )
    return rows[0] ?? {}
  })
}

const EACH_ONCE = {
  samples: CASES,
  calls: CASES,
  asked: CASES,
  attempts: CASES,
  grades: CASES * SIGNALS.length,
  outcomes: CASES,
}

/** Runs or resumes in a process of its own, and kills it without warning once so many samples are recorded; gives the run. */
async function runUntilKilled(
  bench: TestBench,
  { run, recorded }: { run: string | null; recorded: number },
): Promise<string> {
  const script = `
    const { openDatabase } = await import(${JSON.stringify(import.meta.resolve('@touchstone/db'))})
    const { resumeRun, runSuite } = await import(${JSON.stringify(new URL('run-suite.ts', import.meta.url).href)})
    const { url, root, credential, request, run } = JSON.parse(process.env.TOUCHSTONE_TEST_RUN)
    const db = openDatabase(url, { applicationName: 'touchstone:killed', max: 4 })
    const bench = { root, db, credential, models: { folder: root } }
    const options = {
      signal: new AbortController().signal,
      onPlanned: ({ id }) => console.log(id),
    }
    if (run === null) await runSuite(bench, request, options)
    else await resumeRun(bench, { run, retryErrors: false }, options)`
  const { root, credential, db } = bench
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      TOUCHSTONE_TEST_RUN: JSON.stringify({ url: db.url, root, credential, request, run }),
    },
  })
  const ended = once(child, 'exit')
  const [id] = await once(createInterface({ input: child.stdout }), 'line')
  while (child.exitCode === null && ((await countRows(bench, id)).samples ?? 0) < recorded) await sleep(5)
  child.kill('SIGKILL')
  const [, signal] = await ended
  expect(signal).toBe('SIGKILL')
  return id
}

describe('a process that is killed during a run', () => {
  it('leaves a run that is gone on with, killed again, and ends as if nothing had happened', async () => {
    await using bench = await slowBench(80)

    const run = await runUntilKilled(bench, { run: null, recorded: 8 })
    const left = await asActor(bench.db, bench.credential, (tx) => findRun(tx, run))
    const first = await countRows(bench, run)
    await runUntilKilled(bench, { run, recorded: (first.samples ?? 0) + 8 })
    const second = await countRows(bench, run)
    const resumed = await resumeRun(bench, { run, retryErrors: false }, quietly())
    const undisturbed = await runSuite(bench, request, quietly())

    expect(left.status).toBe('RUNNING')
    expect(first.samples).toBeGreaterThan(0)
    expect(first.samples).toBeLessThan(CASES)
    expect(second.samples).toBeGreaterThan(first.samples ?? 0)
    expect(second.samples).toBeLessThan(CASES)
    expect(resumed).toMatchObject({ status: 'COMPLETED', exit: 0 })
    expect(await countRows(bench, run)).toEqual(EACH_ONCE)
    expect(totalsOf(resumed)).toEqual(totalsOf(undisturbed))
    expect(resumed.samples.unparsable).toBe(8)
  })
})

/** Ends every connection of the application and lets no new one in, for so long. */
async function takeDatabaseAway(bench: TestBench, ms: number): Promise<void> {
  await asSuperuser(bench, 'CONNECTION LIMIT 0')
  await sleep(ms)
  await asSuperuser(bench, 'CONNECTION LIMIT -1')
}

async function asSuperuser(bench: TestBench, change: string): Promise<void> {
  const database = new URL(bench.superuserUrl).pathname.slice(1)
  await asOwner(bench.superuserUrl, async (tx) => {
    await tx.query(`RESET ROLE; ALTER DATABASE ${database} ${change}`)
  })
  await asOwner(bench.superuserUrl, async (tx) => {
    await tx.query('RESET ROLE')
    await tx.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
  })
}

describe('a database that goes away during a run', () => {
  it.each([
    ['early', 5],
    ['as the last samples are read', 40],
    ['as the last samples are recorded', 58],
  ])('and comes back after two seconds is waited for: %s', async (_name, after) => {
    await using bench = await slowBench(20)
    let seen = 0
    let away: Promise<void> | null = null
    const onSample = (): void => {
      seen += 1
      if (seen === after) away = takeDatabaseAway(bench, 2_000)
    }

    const summary = await runSuite(bench, request, { ...quietly(), onSample })
    await away

    expect(away).not.toBeNull()
    expect(summary).toMatchObject({ status: 'COMPLETED', exit: 0 })
    expect(summary.samples).toMatchObject({ planned: CASES, completed: CASES, unfinished: 0 })
    expect(await countRows(bench, summary.run)).toEqual(EACH_ONCE)
    const undisturbed = await runSuite(bench, request, quietly())
    expect(totalsOf(summary)).toEqual(totalsOf(undisturbed))
  })
})
