import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asOwner } from '@touchstone/db'
import { describe, expect, it } from 'vitest'
import { importMetadata } from './import-metadata.ts'
import { importPrompts } from './import-prompts.ts'
import { importSuite, importSuites } from './import-suites.ts'
import { runSuite } from './run-suite.ts'
import { CASES, caseText, freshBench, PROMPT, SUITE, type TestBench } from './testing.ts'

async function countOf(bench: TestBench, table: string): Promise<number> {
  return asOwner(
    bench.ownerUrl,
    async (tx) => (await tx.query(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n,
  )
}

describe('importing prompts', () => {
  it('again changes nothing', async () => {
    await using bench = await freshBench()
    const { items, refused } = await importPrompts(bench)
    expect(refused).toEqual([])
    expect(items.map(({ item, change }) => [item, change])).toEqual([
      [`${PROMPT}@1`, 'same'],
      [`${PROMPT}@2`, 'same'],
    ])
  })

  it('rewrites a DRAFT, and refuses to change what has been run', async () => {
    await using bench = await freshBench({ cases: 1 })
    await runSuite(
      bench,
      { suite: SUITE, prompt: { kind: 'version', reference: { prompt: PROMPT, version: 1 } } },
      { signal: new AbortController().signal },
    )
    for (const version of [1, 2]) {
      const file = join(bench.root, `prompts/${PROMPT}/v${version}.md`)
      await writeFile(
        file,
        `---\nname: Other\ntype: signal_processing\ncontext: [times]\n---\n# user\n{{ chart | json }}\n`,
      )
    }

    const { items, refused } = await importPrompts(bench)

    expect(items.map(({ item, change }) => [item, change])).toEqual([[`${PROMPT}@2`, 'changed']])
    expect(refused).toMatchObject([
      { code: 'frozen', file: `prompts/${PROMPT}/v1.md`, message: expect.stringContaining('add v2.md') },
    ])
  })

  it('reports a bad file by name, line and field, and imports the others', async () => {
    await using bench = await freshBench()
    await bench.write(
      `prompts/${PROMPT}/v3.md`,
      '---\nname: X\ntype: nonsense\ncontext: [times]\n---\n# user\nx\n',
    )
    await bench.write(
      `prompts/${PROMPT}/v4.md`,
      '---\nname: X\ntype: signal_processing\ncontext: [times]\n---\n# user\n{{ chart | json }}\n',
    )
    await bench.write(
      `prompts/${PROMPT}/v5.md`,
      '---\nname: X\ntype: signal_processing\ncontext: [times]\n---\n# user\n{{ chrat | json }}\n',
    )

    const { items, refused } = await importPrompts(bench)

    expect(items.filter(({ change }) => change === 'new').map(({ item }) => item)).toEqual([`${PROMPT}@4`])
    expect(refused).toMatchObject([
      { code: 'prompt_invalid', file: `prompts/${PROMPT}/v3.md`, line: 3, field: 'type' },
      { code: 'template_invalid', file: `prompts/${PROMPT}/v5.md` },
    ])
  })
})

describe('importing a suite', () => {
  it('again changes nothing, and a changed label is a new version that uses the same charts', async () => {
    await using bench = await freshBench()
    const folder = join(bench.root, 'eval-suites', SUITE)
    expect((await importSuite(bench, folder)).items[0]?.change).toBe('same')
    const payloads = await countOf(bench, 'case_payloads')

    await bench.write(`eval-suites/${SUITE}/cases/1.yaml`, caseText(1, { in_time: 'caution' }))
    expect((await importSuite(bench, folder)).items[0]?.change).toBe('new')

    expect(await countOf(bench, 'case_payloads')).toBe(payloads)
    expect(await countOf(bench, 'gold_cases')).toBe(2 * CASES)
  })

  it('takes cases from one file of lines as from many files', async () => {
    await using bench = await freshBench({ cases: 1 })
    const line = {
      case: 'L-1',
      payload: { times: { Door: '2025-05-01T10:00:00Z' } },
      gold: { in_time: { status: 'caution' } },
    }
    await bench.write('elsewhere/suite.yaml', `id: lines/of-cases\nname: Lines\nmodule: ${SUITE}\n`)
    await bench.write(
      'elsewhere/cases.jsonl',
      `${JSON.stringify(line)}\n\n${JSON.stringify({ ...line, case: 'L-2' })}\n`,
    )
    expect((await importSuite(bench, join(bench.root, 'elsewhere'))).items).toMatchObject([
      { item: 'lines/of-cases', change: 'new' },
    ])
  })

  it.each([
    [
      'an unknown signal',
      '2.yaml',
      caseText(2).replace('in_time:', 'on_time:'),
      { line: 6, field: 'gold.on_time' },
    ],
    [
      'an unknown status',
      '2.yaml',
      caseText(2, { in_time: 'ok' }),
      { line: 6, field: 'gold.in_time.status' },
    ],
    ['broken YAML', '2.yaml', caseText(2).replace('gold:', 'gold: ['), { line: 7 }],
    ['a name that is taken', '2.yaml', caseText(1), { line: 1, field: 'case' }],
  ])('with %s is refused whole, naming the place', async (_name, file, text, place) => {
    await using bench = await freshBench({ cases: 3 })
    const before = await countOf(bench, 'gold_cases')
    await bench.write(`eval-suites/${SUITE}/cases/${file}`, text)

    const { items, refused } = await importSuites(bench)

    expect(items).toEqual([])
    expect(refused).toMatchObject([
      { code: 'suite_invalid', file: `eval-suites/${SUITE}/cases/2.yaml`, ...place },
    ])
    expect(await countOf(bench, 'gold_cases')).toBe(before)
  })
})

describe('importing metadata', () => {
  it.each([
    ['a rule that cannot be read', { rule: "'status('" }, 'rule_invalid'],
    ['a rule that calls what does not exist', { rule: "'launch()'" }, 'rule_invalid'],
    ['a module that does not exist', { module: 'cardiology/none' }, 'metadata_invalid'],
  ])('with %s changes nothing', async (_name, change, code) => {
    await using bench = await freshBench({ cases: 1 })
    const { module, rule } = { module: SUITE, rule: undefined, ...change }
    const file = await bench.write(
      'seeds/bad.yaml',
      `signals: [{ module: ${module}, code: fresh, label: Fresh${rule === undefined ? '' : `, rule: ${rule}`} }]\n`,
    )
    const before = await countOf(bench, 'signal_definitions')
    const importing = asOwner(bench.ownerUrl, (tx) => importMetadata(tx, { root: bench.root, files: [file] }))
    await expect(importing).rejects.toMatchObject({ code })
    expect(await countOf(bench, 'signal_definitions')).toBe(before)
  })
})

describe('what is named and is not there', () => {
  it('a path of prompts that does not exist is said not to exist', async () => {
    await using bench = await freshBench({ cases: 1 })
    const { refused } = await importPrompts(bench, join(bench.root, 'nowhere'))
    expect(refused).toMatchObject([
      { code: 'file_unreadable', message: expect.stringContaining('does not exist') },
    ])
  })

  it.each([
    ['nowhere', 'nowhere does not exist'],
    ['seeds', 'seeds holds no suite'],
    [`eval-suites/${SUITE}/cases/1.yaml`, '1.yaml holds no suite'],
  ])('a suite asked for at %s is an error about that very path', async (path, words) => {
    await using bench = await freshBench({ cases: 1 })
    await expect(importSuite(bench, join(bench.root, path))).rejects.toThrow(words)
  })

  it('a folder in the place of a file is said to be one', async () => {
    await using bench = await freshBench({ cases: 1 })
    const files = [join(bench.root, 'seeds')]
    const importing = asOwner(bench.ownerUrl, (tx) => importMetadata(tx, { root: bench.root, files }))
    await expect(importing).rejects.toThrow('it is a folder; name a file')
  })
})

describe('a fault in a template', () => {
  const FAULTY =
    '---\nname: X\ntype: signal_processing\nmodel: scripted:answers.json\ncontext: [times]\n---\n# user\n{{ chart | json }}\n{{ foo.bar }}\n'

  it('is refused on import with its line', async () => {
    await using bench = await freshBench({ cases: 1 })
    await bench.write(`prompts/${PROMPT}/v3.md`, FAULTY)
    const { refused } = await importPrompts(bench)
    expect(refused).toMatchObject([{ code: 'template_invalid', file: `prompts/${PROMPT}/v3.md`, line: 9 }])
  })

  it('of a working copy is refused with file and line before a run is made of it', async () => {
    await using bench = await freshBench({ cases: 1 })
    const file = await bench.write(`prompts/${PROMPT}/work.md`, FAULTY)
    const { signal } = new AbortController()

    const running = runSuite(bench, { suite: SUITE, prompt: { kind: 'file', file } }, { signal })

    await expect(running).rejects.toMatchObject({
      code: 'template_invalid',
      place: { file: `prompts/${PROMPT}/work.md`, line: 9 },
    })
    expect(await countOf(bench, 'eval_runs')).toBe(0)
  })
})
