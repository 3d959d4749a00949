import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { asOwner } from '@touchstone/db'
import { describe, expect, it } from 'vitest'
import { exportRun } from './export-run.ts'
import { importSuite } from './import-suites.ts'
import { runSuite } from './run-suite.ts'
import { caseText, freshBench, PROMPT, SUITE, type TestBench } from './testing.ts'

const request = {
  suite: SUITE,
  prompt: { kind: 'version', reference: { prompt: PROMPT, version: 1 } },
} as const
const options = { signal: new AbortController().signal }

/** Every grade of a run, evidence counts and all, by case, repeat and signal. */
async function gradesOf(bench: TestBench, run: string): Promise<unknown[]> {
  return asOwner(bench.ownerUrl, async (tx) => {
    const { rows } = await tx.query(
      `SELECT g.name, s.repeat, to_jsonb(f) - ARRAY['id', 'grading_id', 'eval_sample_id', 'result_id', 'created_at'] AS grade
         FROM signal_grades f JOIN eval_samples s ON s.id = f.eval_sample_id JOIN gold_cases g ON g.id = s.gold_case_id
        WHERE s.eval_run_id = $1 ORDER BY g.name, s.repeat, f.signal_id`,
      [run],
    )
    return rows
  })
}

describe('exporting a run', () => {
  it('gives a recording whose replay has the very same grades', async () => {
    await using bench = await freshBench({ cases: 3 })
    const run = await runSuite(bench, { ...request, model: 'heuristic', repeats: 12 }, options)
    const file = join(bench.root, 'out/run.jsonl')

    expect(await exportRun(bench, { run: run.run, file })).toEqual({
      run: run.run,
      file,
      completions: 36,
      withoutAnswer: 0,
    })

    const replayed = await runSuite(
      bench,
      { ...request, model: 'replay:out/run.jsonl', repeats: 12 },
      options,
    )
    const grades = await gradesOf(bench, run.run)
    expect(grades).toHaveLength(108)
    expect(await gradesOf(bench, replayed.run)).toEqual(grades)
    expect(replayed.signals).toEqual(run.signals)
    expect(replayed.overall).toEqual(run.overall)
    expect(replayed.usage).toEqual(run.usage)
  })

  it('keeps refusals, garbage, cut answers and characters no text column takes; what was not answered is in no line', async () => {
    await using bench = await freshBench({ cases: 5 })
    const answers = [
      { case: 'D-0001', refusal: 'I cannot.' },
      { case: 'D-0002', text: 'garbage \u0000 \ud800 "quoted"\nnext line' },
      { case: 'D-0003', text: '{"signals": [', finish_reason: 'length' },
      { case: 'D-0004', fail: { kind: 'no_recording' } },
    ]
    await bench.write(
      'answers.json',
      JSON.stringify({ default: { policy: 'always', status: 'pass' }, answers }),
    )
    const run = await runSuite(bench, request, options)
    const file = join(bench.root, 'run.jsonl')

    expect(await exportRun(bench, { run: run.run.slice(0, 13), file })).toMatchObject({
      completions: 4,
      withoutAnswer: 1,
    })

    expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toHaveLength(4)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const replayed = await runSuite(bench, { ...request, model: `replay:${file}` }, options)
    expect(await gradesOf(bench, replayed.run)).toEqual(await gradesOf(bench, run.run))
    expect(replayed.samples).toMatchObject({ completed: 4, unfinished: 1 })
  })

  it('with holdout samples is refused to whom they are hidden, and leaves no file', async () => {
    await using bench = await freshBench({ cases: 2 })
    await bench.write(`eval-suites/${SUITE}/cases/2.yaml`, `${caseText(2)}split: holdout\n`)
    await importSuite(bench, join(bench.root, 'eval-suites', SUITE))
    const { run } = await runSuite(bench, request, options)
    const file = join(bench.root, 'out/run.jsonl')

    await expect(exportRun(bench, { run, file })).rejects.toMatchObject({ code: 'forbidden' })
    expect(await readdir(join(bench.root, 'out'))).toEqual([])

    const lead = { ...bench, credential: bench.credentials.quality_lead }
    expect(await exportRun(lead, { run, file })).toMatchObject({ completions: 2 })
  })
})
