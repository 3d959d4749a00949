import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asActor, asOwner, currentSuiteVersion } from '@touchstone/db'
import { describe, expect, it } from 'vitest'
import { importMetadata } from './import-metadata.ts'
import { importSuite } from './import-suites.ts'
import { regradeRun } from './regrade-run.ts'
import { resumeRun, runSuite } from './run-suite.ts'
import { describeRun } from './summarize-run.ts'
import { CASES, caseText, freshBench, PROMPT, SUITE, type TestBench } from './testing.ts'

const request = {
  suite: SUITE,
  prompt: { kind: 'version', reference: { prompt: PROMPT, version: 1 } },
} as const
const options = { signal: new AbortController().signal }

async function relabel(
  bench: TestBench,
  number: number,
  gold: Readonly<Record<string, string>>,
): Promise<void> {
  await bench.write(`eval-suites/${SUITE}/cases/${number}.yaml`, caseText(number, gold))
  await importSuite(bench, join(bench.root, 'eval-suites', SUITE))
}

describe('regrading', () => {
  it('gives the same grades from the same gold, and makes no second grading', async () => {
    await using bench = await freshBench()
    const before = await runSuite(bench, request, options)
    const after = await regradeRun(bench, before.run)
    expect(after).toEqual(before)
  })

  it('after a label changed asks no model, changes what the label changes, and keeps the old grading', async () => {
    await using bench = await freshBench()
    const before = await runSuite(bench, request, options)
    // A model that would fail if it were asked.
    await bench.write('answers.json', JSON.stringify({ answers: [] }))
    await relabel(bench, 2, { in_time: 'fail' })

    const after = await regradeRun(bench, before.run)

    expect(after.goldVersion).toBe(2)
    expect(after.grading).not.toBe(before.grading)
    expect(after.signals.map((signal) => signal.correct)).toEqual([CASES - 1, CASES, CASES])
    expect(after.signals[0]?.confusion).toEqual({ pass: { pass: CASES - 1 }, fail: { pass: 1 } })
    const gradings = await asOwner(bench.ownerUrl, async (tx) => {
      const text = `SELECT count(*)::int AS grades FROM signal_grades GROUP BY grading_id`
      return (await tx.query(text)).rows.map((row) => row.grades)
    })
    expect(gradings).toEqual([3 * CASES, 3 * CASES])
  })

  it('waits until a stopped run is finished, and a run resumed after its gold changed is graded by its own gold (regression)', async () => {
    await using bench = await freshBench()
    const right = await readFile(join(bench.root, 'answers.json'), 'utf8')
    const broken = {
      default: JSON.parse(right).default,
      answers: [{ case: 'D-0002', fail: { kind: 'timeout' } }],
    }
    await bench.write('answers.json', JSON.stringify(broken))
    const policy = { maxAttempts: 1, delayMsFirst: 1, delayMsMax: 1, retryAfterMsMax: 1 }
    const stopped = await runSuite(bench, request, { ...options, policy })
    await relabel(bench, 2, { in_time: 'fail' })
    await expect(regradeRun(bench, stopped.run)).rejects.toMatchObject({ code: 'conflict' })

    await bench.write('answers.json', right)
    const resumed = await resumeRun(bench, { run: stopped.run, retryErrors: true }, options)
    expect(resumed).toMatchObject({ status: 'COMPLETED', goldVersion: 1, grading: stopped.grading })
    expect(resumed.signals[0]).toMatchObject({ n: CASES, correct: CASES })
    expect((await regradeRun(bench, stopped.run)).signals[0]).toMatchObject({ n: CASES, correct: CASES - 1 })
  })

  it('is refused, naming the cases, when the newest gold has other cases or charts', async () => {
    await using bench = await freshBench()
    const before = await runSuite(bench, request, options)
    await bench.write(`eval-suites/${SUITE}/cases/7.yaml`, caseText(7))
    await bench.write(`eval-suites/${SUITE}/cases/1.yaml`, caseText(1).replace('ambulance', 'helicopter'))
    await importSuite(bench, join(bench.root, 'eval-suites', SUITE))

    await expect(regradeRun(bench, before.run)).rejects.toMatchObject({
      code: 'not_comparable',
      message: expect.stringMatching(/D-0001, D-0007/),
    })
  })
})

describe('a changed limit', () => {
  it('makes a new module version, and marks the runs and the gold that rest on the old one as stale', async () => {
    await using bench = await freshBench()
    const before = await runSuite(bench, request, options)
    const file = await bench.write(
      'seeds/change.yaml',
      `signals: [{ module: ${SUITE}, code: in_time, label: In time, polarity: compliance, critical: true, allowed_cites: [times],
        measure: { start: times.Door, end: times.Device, limit_minutes: 45, inclusive: true },
        rule: 'seconds_between(measure.start, measure.end) <= limit_seconds ? dyn("pass") : dyn("fail")' }]\n`,
    )
    const report = await asOwner(bench.ownerUrl, (tx) =>
      importMetadata(tx, { root: bench.root, files: [file] }),
    )

    expect(report.newModuleVersions).toEqual([SUITE])
    expect((await describeRun(bench, before.run)).stale).toBe('in_time (measure, rule)')
    const again = await runSuite(bench, request, options)
    expect(again.stale).toBeNull()
    expect(again.signals[0]?.rule).toEqual({ n: CASES, agrees: 0 })
    await importSuite(bench, join(bench.root, 'eval-suites', SUITE))
    const gold = await asActor(bench.db, bench.credential, (tx) => currentSuiteVersion(tx, SUITE))
    expect(gold.number).toBe(2)
  })
})
