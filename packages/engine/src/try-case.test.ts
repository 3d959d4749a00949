import { join } from 'node:path'
import { asOwner } from '@touchstone/db'
import { describe, expect, it } from 'vitest'
import { importPrompts } from './import-prompts.ts'
import { importSuite } from './import-suites.ts'
import { caseText, freshBench, PROMPT, SUITE, type TestBench } from './testing.ts'
import { tryCase } from './try-case.ts'

const prompt = { kind: 'version', reference: { prompt: PROMPT, version: 1 } } as const
const { signal } = new AbortController()

async function count(bench: TestBench): Promise<Record<string, number>> {
  const tables = [
    'abstraction_runs',
    'model_attempts',
    'rendered_requests',
    'eval_runs',
    'eval_samples',
    'abstraction_results',
    'signal_grades',
  ]
  return asOwner(bench.ownerUrl, async (tx) => {
    const columns = tables.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`).join(', ')
    return (await tx.query(`SELECT ${columns}`)).rows[0] ?? {}
  })
}

const NOTHING = {
  abstraction_runs: 0,
  model_attempts: 0,
  rendered_requests: 0,
  eval_runs: 0,
  eval_samples: 0,
  abstraction_results: 0,
  signal_grades: 0,
}

describe('trying a case', () => {
  it('shows messages, answer and grade, and keeps nothing but the call', async () => {
    await using bench = await freshBench({ cases: 2 })

    const tried = await tryCase(bench, { prompt, caseName: 'D-0002', signal })

    expect(tried).toMatchObject({
      state: 'completed',
      suite: SUITE,
      case: 'D-0002',
      model: 'scripted:answers.json',
      params: { temperature: 0 },
      route: { prompt: `${PROMPT}@1`, step: PROMPT, isExact: true, crossesType: false },
      shown: { times: { Door: '2025-05-01T10:02:00Z' } },
      answer: { stage: 'verified' },
      grade: { isWholeCaseRight: true },
    })
    expect(tried.messages.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(tried.messages[1]?.content).toContain('2025-05-01T10:02:00Z')
    expect(tried.messages[0]?.content).not.toContain('D-0002')
    expect(await count(bench)).toEqual({
      ...NOTHING,
      abstraction_runs: 1,
      model_attempts: 1,
      rendered_requests: 1,
    })
    const { rows } = await asOwner(bench.ownerUrl, (tx) =>
      tx.query('SELECT status, eval_sample_id, raw_text, parse_outcome FROM abstraction_runs WHERE id = $1', [
        tried.call,
      ]),
    )
    const rawText = expect.stringContaining('in_time')
    expect(rows).toEqual([
      { status: 'COMPLETED', eval_sample_id: null, raw_text: rawText, parse_outcome: 'parsed' },
    ])
  })

  it('keeps a call that failed too, each attempt of it, and says why', async () => {
    await using bench = await freshBench({ cases: 1 })
    await bench.write('answers.json', JSON.stringify({ default: { fail: { kind: 'timeout' } } }))
    const policy = { maxAttempts: 3, delayMsFirst: 1, delayMsMax: 1, retryAfterMsMax: 1 }
    const tried = await tryCase(bench, { prompt, caseName: 'D-0001', signal, policy })
    expect(tried).toMatchObject({ state: 'unfinished', failure: { kind: 'timeout' } })
    expect(await count(bench)).toEqual({
      ...NOTHING,
      abstraction_runs: 1,
      model_attempts: 3,
      rendered_requests: 1,
    })
  })

  it('takes a file, another model and parameters', async () => {
    await using bench = await freshBench({ cases: 1 })
    const text =
      '---\nname: Draft\ntype: signal_processing\nparams: { seed: 1 }\ncontext: [times]\n---\n# user\n{{ chart | json }}\n'
    const file = await bench.write(`prompts/${PROMPT}/draft.md`, text)
    const tried = await tryCase(bench, {
      prompt: { kind: 'file', file },
      caseName: 'D-0001',
      model: 'heuristic',
      modelParams: { top_p: 1 },
      signal,
    })
    expect(tried).toMatchObject({ state: 'completed', model: 'heuristic', params: { seed: 1, top_p: 1 } })
    expect(tried.route.prompt).toMatch(new RegExp(`^${PROMPT}#[0-9a-f]{8}$`))
  })

  it('says which step of the route answered, and crosses to another type only when asked', async () => {
    await using bench = await freshBench({ cases: 1 })
    const text =
      '---\nname: Any\ntype: default\nmodel: scripted:answers.json\ncontext: [times]\noutput: { format: text }\n---\n# user\n{{ chart | json }}\n'
    await bench.write('prompts/global/default/default/v1.md', text)
    await importPrompts(bench)
    const routed = { kind: 'route', prompt: `${SUITE}/abstraction_help`, mayCrossType: true } as const

    const tried = await tryCase(bench, { prompt: routed, caseName: 'D-0001', signal })

    expect(tried.route).toEqual({
      prompt: 'global/default/default@1',
      step: 'global/default/default',
      isExact: false,
      crossesType: true,
    })
    expect(tried).toMatchObject({ state: 'completed', answer: null, grade: null })
    const strict = { ...routed, mayCrossType: false }
    await expect(tryCase(bench, { prompt: strict, caseName: 'D-0001', signal })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('of a name the suite does not have, or hides, is not found, and nothing is asked', async () => {
    await using bench = await freshBench({ cases: 2 })
    await bench.write(`eval-suites/${SUITE}/cases/2.yaml`, `${caseText(2)}split: holdout\n`)
    await importSuite(bench, join(bench.root, 'eval-suites', SUITE))
    for (const caseName of ['D-0002', 'D-9999']) {
      await expect(tryCase(bench, { prompt, caseName, signal })).rejects.toMatchObject({ code: 'not_found' })
    }
    expect(await count(bench)).toEqual(NOTHING)
    const lead = { ...bench, credential: bench.credentials.quality_lead }
    expect(await tryCase(lead, { prompt, caseName: 'D-0002', signal })).toMatchObject({ state: 'completed' })
  })

  it('that is interrupted keeps nothing', async () => {
    await using bench = await freshBench({ cases: 1 })
    const tried = tryCase(bench, { prompt, caseName: 'D-0001', signal: AbortSignal.abort() })
    await expect(tried).rejects.toMatchObject({ code: 'interrupted' })
    expect(await count(bench)).toEqual(NOTHING)
  })
})
