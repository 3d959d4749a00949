import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asOwner, openDatabase } from '@touchstone/db'
import { freshDatabase } from '@touchstone/db/testing'
import { readPromptFile } from '@touchstone/formats'
import { describe, expect, it } from 'vitest'
import { exportMetadata } from './export-metadata.ts'
import { exportPrompt } from './export-prompt.ts'
import { exportSuite } from './export-suite.ts'
import { partialOf, writeExportedFile } from './exported-file.ts'
import { importMetadata } from './import-metadata.ts'
import { importSuite } from './import-suites.ts'
import { caseText, freshBench, PROMPT, SUITE, type TestBench } from './testing.ts'

const FOLLOWUPS_AND_PRICES = `followups:
  - { module: ${SUITE}, question: "Who refused?", when: "refused_care = pass", response_type: SELECT, options: [child, parent] }
prices:
  - { provider: openai, model: gpt-4o-mini, input_per_million: 0.15, cached_input_per_million: 0.075, output_per_million: 0.6,
      valid_from: 2024-07-18, source: "https://openai.com/api/pricing" }
`

async function importAsOwner(bench: TestBench, files: readonly string[]): Promise<void> {
  await asOwner(bench.ownerUrl, (tx) => importMetadata(tx, { root: bench.root, files }))
}

describe('exporting metadata', () => {
  it('gives unchanged files as the very bytes that were imported', async () => {
    await using bench = await freshBench({ cases: 1 })
    await importAsOwner(bench, [await bench.write('seeds/more.yaml', FOLLOWUPS_AND_PRICES)])

    const { files } = await exportMetadata(bench)

    expect(files.map(({ path, isImported }) => [path, isImported])).toEqual([
      ['seeds/door.yaml', true],
      ['seeds/more.yaml', true],
    ])
    for (const { path, bytes } of files) {
      expect(Buffer.from(bytes).equals(await readFile(join(bench.root, path)))).toBe(true)
    }
  })

  it('writes canonically what was changed since, and leaves the stale file out', async () => {
    await using bench = await freshBench({ cases: 1 })
    const changed = `signals: [{ module: ${SUITE}, code: transferred, label: Moved in, polarity: ruleout }]\n`
    await importAsOwner(bench, [await bench.write('seeds/change.yaml', changed)])

    const { files, metadata } = await exportMetadata(bench)

    expect(files.map(({ path, isImported }) => [path, isImported])).toEqual([
      ['seeds/change.yaml', true],
      ['seeds/exported.yaml', false],
    ])
    expect(metadata.signals?.map(({ label }) => label)).toContain('Moved in')
    const rest = Buffer.from(files[1]?.bytes ?? []).toString()
    expect(rest).toContain('in_time')
    expect(rest).not.toContain('transferred\n')
  })

  it.each(['text', 'files'] as const)(
    'and importing the %s elsewhere exports the same text again',
    async (form) => {
      await using bench = await freshBench({ cases: 1 })
      const changed = `signals: [{ module: ${SUITE}, code: in_time, label: "On time: 90 min" }]\n`
      await importAsOwner(bench, [
        await bench.write('seeds/more.yaml', FOLLOWUPS_AND_PRICES),
        await bench.write('seeds/change.yaml', changed),
      ])
      const first = await exportMetadata(bench)
      await using database = await freshDatabase()
      const root = await mkdtemp(join(tmpdir(), 'touchstone-export-'))
      const files = form === 'files' ? first.files : [{ path: 'all.yaml', bytes: Buffer.from(first.text) }]
      for (const file of files) await writeExportedFile(root, file)
      const paths = files.map(({ path }) => join(root, path))
      await asOwner(database.ownerUrl, (tx) => importMetadata(tx, { root, files: paths }))
      await using db = openDatabase(database.appUrl)

      const second = await exportMetadata({ ...bench, db })

      expect(second.text).toBe(first.text)
      expect(second.files.every(({ isImported }) => isImported)).toBe(true)
      await rm(root, { recursive: true })
    },
  )
})

describe('exporting a prompt', () => {
  it('gives the bytes that were imported, line ends and comments included', async () => {
    await using bench = await freshBench({ cases: 1 })
    const { path, bytes, isImported } = await exportPrompt(bench, { prompt: PROMPT, version: 2 })
    expect([path, isImported]).toEqual([`prompts/${PROMPT}/v2.md`, true])
    expect(Buffer.from(bytes).equals(await readFile(join(bench.root, path)))).toBe(true)
  })

  it('writes a version that was made here by the canonical writer, reading back as the same document', async () => {
    await using bench = await freshBench({ cases: 1 })
    await asOwner(bench.ownerUrl, (tx) =>
      tx.query('UPDATE prompt_versions SET source_file_id = NULL WHERE version_number = 2'),
    )
    const made = await exportPrompt(bench, { prompt: PROMPT, version: 2 })
    expect(made.isImported).toBe(false)
    const [before, after] = [
      await readFile(join(bench.root, made.path), 'utf8'),
      Buffer.from(made.bytes).toString(),
    ]
    const read = (text: string) => readPromptFile({ text, file: made.path, partials: {} })
    expect(read(after)).toEqual(read(before))
  })

  it('says which versions there are when asked for another', async () => {
    await using bench = await freshBench({ cases: 1 })
    await expect(exportPrompt(bench, { prompt: PROMPT, version: 9 })).rejects.toThrow('there is @1, @2')
  })
})

describe('exporting a suite', () => {
  it('writes the very files that were imported, and importing them again says same', async () => {
    await using bench = await freshBench({ cases: 101 })
    const own = join(bench.root, 'eval-suites', SUITE)
    const folder = join(bench.root, 'out')

    const report = await exportSuite(bench, { suite: SUITE, folder })

    expect(report).toMatchObject({ suite: SUITE, goldVersion: 1, imported: 101, written: 0 })
    const names = (await readdir(folder, { recursive: true })).sort()
    expect(names).toEqual((await readdir(own, { recursive: true })).sort())
    for (const name of names.filter((one) => one.endsWith('.yaml'))) {
      expect((await readFile(join(folder, name))).equals(await readFile(join(own, name)))).toBe(true)
    }
    await rm(own, { recursive: true })
    await exportSuite(bench, { suite: SUITE, folder: own })
    expect((await importSuite(bench, own)).items[0]?.change).toBe('same')
  })

  it('writes cases that came as lines as lines, in their order', async () => {
    await using bench = await freshBench({ cases: 1 })
    const goldCase = {
      payload: { times: { Door: '2025-05-01T10:00:00Z' } },
      gold: { in_time: { status: 'caution' } },
    }
    await bench.write('elsewhere/suite.yaml', `id: lines/of-cases\nname: Lines\nmodule: ${SUITE}\n`)
    const lines = ['L-2', 'L-1'].map((name) => `${JSON.stringify({ case: name, ...goldCase })}\n`)
    await bench.write('elsewhere/cases.jsonl', lines.join(''))
    await importSuite(bench, join(bench.root, 'elsewhere'))
    const folder = join(bench.root, 'out')

    const report = await exportSuite(bench, { suite: 'lines/of-cases', folder })

    expect(report).toMatchObject({ imported: 0, written: 2 })
    expect((await importSuite(bench, folder)).items).toMatchObject([
      { item: 'lines/of-cases', change: 'same' },
    ])
  })

  it('with holdout cases is refused to whom they are hidden, before anything is written', async () => {
    await using bench = await freshBench({ cases: 2 })
    await bench.write(`eval-suites/${SUITE}/cases/2.yaml`, `${caseText(2)}split: holdout\n`)
    await importSuite(bench, join(bench.root, 'eval-suites', SUITE))
    const folder = join(bench.root, 'out')

    await expect(exportSuite(bench, { suite: SUITE, folder })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' })

    const lead = { ...bench, credential: bench.credentials.quality_lead }
    expect(await exportSuite(lead, { suite: SUITE, folder })).toMatchObject({ imported: 2 })
  })

  it('never writes into a folder that holds something', async () => {
    await using bench = await freshBench({ cases: 1 })
    await bench.write('out/mine.txt', 'mine')
    const exported = exportSuite(bench, { suite: SUITE, folder: join(bench.root, 'out') })
    await expect(exported).rejects.toMatchObject({ code: 'conflict' })
  })
})

describe('importing holdout cases', () => {
  it('can be done again, and beside a change, by those who may not read them', async () => {
    await using bench = await freshBench({ cases: 2 })
    const folder = join(bench.root, 'eval-suites', SUITE)
    await bench.write(`eval-suites/${SUITE}/cases/2.yaml`, `${caseText(2)}split: holdout\n`)
    expect((await importSuite(bench, folder)).items[0]?.change).toBe('new')
    expect((await importSuite(bench, folder)).items[0]?.change).toBe('same')
    await bench.write(`eval-suites/${SUITE}/cases/1.yaml`, caseText(1, { in_time: 'caution' }))
    expect((await importSuite(bench, folder)).items[0]?.change).toBe('new')

    const lead = { ...bench, credential: bench.credentials.quality_lead }
    const exported = await exportSuite(lead, { suite: SUITE, folder: join(bench.root, 'out') })
    expect(exported).toMatchObject({ goldVersion: 3, imported: 2 })
  })
})

it('writes straight into a device, which a renamed file would replace', async () => {
  expect(await partialOf('/dev/null')).toBe('/dev/null')
  expect(await partialOf(join(tmpdir(), 'not-there.md'))).toMatch(/not-there\.md\.\d+\.partial$/)
})
