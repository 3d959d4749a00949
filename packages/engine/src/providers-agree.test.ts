import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ModelCall, RunSummary, Status } from '@touchstone/core'
import { asActor, asOwner, currentSuiteVersion, readGoldCases } from '@touchstone/db'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportRun } from './export-run.ts'
import { findFiles } from './files.ts'
import { importMetadata } from './import-metadata.ts'
import { importPrompts } from './import-prompts.ts'
import { importSuite, importSuites } from './import-suites.ts'
import { openModel } from './model/open-model.ts'
import { type Reply, scriptedModel } from './model/scripted.ts'
import type { ScriptedReply } from './model/scripted-file.ts'
import { serveModel } from './model-server.ts'
import type { RunRequest } from './plan-run.ts'
import { runSuite } from './run-suite.ts'
import { caseText, freshBench, RIGHT_ANSWER, SUITE, type TestBench } from './testing.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const FLAGSHIP = 'orthopedics/timeliness_sch'
const options = { signal: new AbortController().signal }

/** A bench with the checkout's own modules, prompts and suites beside the small ones. */
async function flagshipBench(): Promise<TestBench> {
  const bench = await freshBench({ cases: 1 })
  const flagship: TestBench = { ...bench, root: ROOT }
  const files = await findFiles(join(ROOT, 'seeds'), '.yaml')
  await asOwner(bench.ownerUrl, (tx) => importMetadata(tx, { root: ROOT, files }))
  await importPrompts(flagship)
  await importSuites(flagship)
  return flagship
}

function requestOf(suite: string, version: number): RunRequest {
  const prompt = `${suite}/signal_processing`
  return { suite, prompt: { kind: 'version', reference: { prompt, version } } }
}

/** The same bench, whose `openai:` models are behind a server of this machine. */
function servedBy(bench: TestBench, port: number): TestBench {
  return { ...bench, models: { ...bench.models, baseUrl: `http://127.0.0.1:${port}/v1` } }
}

const OWN = `ARRAY['id', 'grading_id', 'eval_sample_id', 'result_id', 'run_id', 'case_id', 'created_at']`

/** What a run's answers were and what they were judged to be, row by row: texts, grades, outcomes, answers and their evidence. */
async function judgementsOf(bench: TestBench, run: string): Promise<Record<string, unknown[]>> {
  return asOwner(bench.ownerUrl, async (tx) => {
    const rowsOf = async (text: string): Promise<unknown[]> => (await tx.query(text, [run])).rows
    const sample = `JOIN gold_cases g ON g.id = s.gold_case_id WHERE s.eval_run_id = $1`
    return {
      texts: await rowsOf(
        `SELECT g.name, s.repeat, a.raw_text, a.is_escaped, a.parse_outcome, a.defects
           FROM abstraction_runs a JOIN eval_samples s ON s.id = a.eval_sample_id ${sample} ORDER BY g.name, s.repeat`,
      ),
      grades: await rowsOf(
        `SELECT g.name, s.repeat, to_jsonb(f) - ${OWN} AS grade
           FROM signal_grades f JOIN eval_samples s ON s.id = f.eval_sample_id ${sample} ORDER BY g.name, s.repeat, f.signal_id`,
      ),
      outcomes: await rowsOf(
        `SELECT g.name, s.repeat, to_jsonb(o) - ${OWN} AS outcome
           FROM case_outcomes o JOIN eval_samples s ON s.id = o.eval_sample_id ${sample} ORDER BY g.name, s.repeat`,
      ),
      answers: await rowsOf(
        `SELECT g.name, s.repeat, r.source, r.signal_id, r.signal_code, r.outcome, r.status, r.status_as_written, r.finding, r.confidence, r.support, r.defects
           FROM abstraction_results r JOIN abstraction_runs a ON a.id = r.run_id JOIN eval_samples s ON s.id = a.eval_sample_id ${sample}
          ORDER BY g.name, s.repeat, r.source, r.signal_id, r.signal_code, r.outcome`,
      ),
      evidence: await rowsOf(
        `SELECT g.name, s.repeat, r.signal_id, r.signal_code, e.position, e.field_path, e.resolved_path, e.excerpt, e.span, e.verification, e.verification_note
           FROM signal_evidence e JOIN abstraction_results r ON r.id = e.result_id JOIN abstraction_runs a ON a.id = r.run_id
           JOIN eval_samples s ON s.id = a.eval_sample_id ${sample} ORDER BY g.name, s.repeat, r.source, r.signal_id, r.signal_code, r.outcome, e.position`,
      ),
    }
  })
}

describe('the flagship suite', () => {
  let bench: TestBench
  let inProcess: RunSummary
  beforeAll(async () => {
    bench = await flagshipBench()
    inProcess = await runSuite(bench, { ...requestOf(FLAGSHIP, 2), model: 'heuristic' }, options)
  })
  afterAll(() => bench[Symbol.asyncDispose]())

  it('gets the same judgements over HTTP as in the same process', async () => {
    const model = await openModel('heuristic', {})
    await using server = await serveModel({ model, port: 0 })

    const served = await runSuite(
      servedBy(bench, server.port),
      { ...requestOf(FLAGSHIP, 2), model: 'openai:any' },
      options,
    )

    expect(served).toMatchObject({ status: 'COMPLETED', samples: inProcess.samples })
    expect(await judgementsOf(bench, served.run)).toEqual(await judgementsOf(bench, inProcess.run))
    expect(served.signals).toEqual(inProcess.signals)
    expect(served.overall).toEqual(inProcess.overall)
  })

  it('gets the same judgements from a recording of what was answered', async () => {
    const file = await bench.write('recording.jsonl', '')
    const exported = await exportRun(bench, { run: inProcess.run, file })

    const replayed = await runSuite(bench, { ...requestOf(FLAGSHIP, 2), model: `replay:${file}` }, options)

    expect(exported.completions).toBe(inProcess.samples.planned)
    expect(replayed).toMatchObject({ status: 'COMPLETED', samples: inProcess.samples })
    const judged = await judgementsOf(bench, replayed.run)
    expect(judged).toEqual(await judgementsOf(bench, inProcess.run))
    expect(judged.grades?.length).toBe(inProcess.overall.n)
    expect(replayed.overall).toEqual(inProcess.overall)
  })

  it('gives a model that always answers the same exactly the share of the labels that say so', async () => {
    const shares = await labelShares(bench, FLAGSHIP)
    const majority = Object.fromEntries([...shares].map(([code, counts]) => [code, commonest(counts)]))
    const pass = await bench.write(
      'pass.json',
      JSON.stringify({ default: { policy: 'always', status: 'pass' } }),
    )
    const most = await bench.write('most.json', JSON.stringify({ default: { statuses: majority } }))

    const alwaysPass = await runSuite(
      bench,
      { ...requestOf(FLAGSHIP, 2), model: `scripted:${pass}` },
      options,
    )
    const alwaysMost = await runSuite(
      bench,
      { ...requestOf(FLAGSHIP, 2), model: `scripted:${most}` },
      options,
    )

    for (const [code, counts] of shares) {
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const passing = alwaysPass.signals.find(({ signal }) => signal === code)
      const winning = alwaysMost.signals.find(({ signal }) => signal === code)
      expect(passing, code).toMatchObject({ n: total, correct: counts.get('pass') ?? 0 })
      expect(winning, code).toMatchObject({ n: total, correct: Math.max(...counts.values()) })
      expect(winning?.accuracy.estimate, code).toBe(winning?.majority.share)
      expect(passing?.majority, code).toEqual(winning?.majority)
    }
    expect(alwaysMost.overall.correct).toBeGreaterThan(alwaysPass.overall.correct)
    expect(alwaysPass.overall.supported.estimate).toBe(0)
  })
})

async function labelShares(bench: TestBench, suite: string): Promise<Map<string, Map<Status, number>>> {
  const cases = await asActor(bench.db, bench.credential, async (tx) => {
    const { id } = await currentSuiteVersion(tx, suite)
    return readGoldCases(tx, { suiteVersionId: id, after: 0, limit: 1_000 })
  })
  const shares = new Map<string, Map<Status, number>>()
  for (const { goldCase } of cases) {
    for (const [code, { status }] of Object.entries(goldCase.gold)) {
      const counts = shares.get(code) ?? new Map<Status, number>()
      shares.set(code, counts.set(status, (counts.get(status) ?? 0) + 1))
    }
  }
  return shares
}

function commonest(counts: ReadonlyMap<Status, number>): Status | undefined {
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
}

/** Answers that servers and rows have had trouble with, by the number of the case that gets them. */
const ODD_ANSWERS: Readonly<Record<number, ScriptedReply>> = {
  1: { text: 'NUL \u0000, a lone surrogate \ud800, "quotes" and\nlines' },
  2: { refusal: 'I cannot.' },
  3: { text: '{"signals":[{"id":"in_time","sta', finish_reason: 'length' },
  4: {
    text: '{"signals":[{"id":"in_time","status":"pass","confidence":1e308,"finding":"\\u0000\\ud800"},{"id":"\\u0000","status":"x"}]}',
  },
  5: { text: '', finish_reason: 'content_filter' },
  6: { text: '手術は遅れた 🕖 \u2028 {"signals": []}' },
  7: {
    text: JSON.stringify({ signals: [{ id: 'in_time', status: 'fail', cites: ['times.Door', 'notes[7]'] }] }),
  },
}

describe('answers that go wrong', () => {
  it('are judged alike in process, over HTTP and from a recording', async () => {
    await using bench = await freshBench({ cases: 9 })
    const answers = Object.entries(ODD_ANSWERS).map(([number, reply]) => ({
      case: `D-000${number}`,
      ...reply,
    }))
    await bench.write('answers.json', JSON.stringify({ default: { signals: RIGHT_ANSWER.signals }, answers }))
    const reply: Reply = ({ messages }) =>
      ODD_ANSWERS[caseNumberIn(messages)] ?? { signals: RIGHT_ANSWER.signals }
    await using server = await serveModel({ model: scriptedModel(reply), port: 0 })

    const scripted = await runSuite(bench, requestOf(SUITE, 1), options)
    const served = await runSuite(
      servedBy(bench, server.port),
      { ...requestOf(SUITE, 1), model: 'openai:any' },
      options,
    )
    await exportRun(bench, { run: served.run, file: join(bench.root, 'run.jsonl') })
    const replayed = await runSuite(bench, { ...requestOf(SUITE, 1), model: 'replay:run.jsonl' }, options)

    const expected = await judgementsOf(bench, scripted.run)
    expect(scripted.samples).toMatchObject({ completed: 9, unfinished: 0 })
    expect(scripted.signals[0]?.grades).toMatchObject({ correct: 3, refused: 2, truncated: 1, wrong: 1 })
    expect(await judgementsOf(bench, served.run)).toEqual(expected)
    expect(await judgementsOf(bench, replayed.run)).toEqual(expected)
    expect(served.overall).toEqual(scripted.overall)
    expect(replayed.overall).toEqual(scripted.overall)
  })
})

function caseNumberIn(messages: ModelCall['messages']): number {
  return Number(/number (\d+)\./.exec(messages.map(({ content }) => content).join(' '))?.[1])
}

describe('a baseline that always says the same', () => {
  it('is exactly as right as its answer is common, a signal without gold left out', async () => {
    await using bench = await freshBench({ cases: 1 })
    const folder = `eval-suites/${SUITE}/cases`
    await bench.write(`${folder}/1.yaml`, caseText(1, { in_time: 'fail', refused_care: 'pass' }))
    await bench.write(`${folder}/2.yaml`, caseText(2, { refused_care: 'pass' }))
    await bench.write(`${folder}/3.yaml`, caseText(3).replace(/ {2}transferred.*\n/, ''))
    await bench.write(`${folder}/4.yaml`, caseText(4))
    await importSuite(bench, join(bench.root, 'eval-suites', SUITE))
    await bench.write('answers.json', JSON.stringify({ default: { policy: 'always', status: 'pass' } }))

    const { signals, overall } = await runSuite(bench, requestOf(SUITE, 1), options)

    expect(signals.map(({ signal, n, correct, majority }) => ({ signal, n, correct, majority }))).toEqual([
      { signal: 'in_time', n: 4, correct: 3, majority: { status: 'pass', share: 0.75 } },
      { signal: 'refused_care', n: 4, correct: 2, majority: { status: expect.any(String), share: 0.5 } },
      { signal: 'transferred', n: 3, correct: 0, majority: { status: 'inactive', share: 1 } },
    ])
    expect(overall).toMatchObject({ n: 11, correct: 5, brokenConstraints: 4 })
    expect(overall.outcome.reported).toMatchObject({ estimate: null, n: 0 })
  })
})
