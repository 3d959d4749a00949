import { join } from 'node:path'
import { asOwner } from '@touchstone/db'
import { describe, expect, it } from 'vitest'
import { importMetadata } from './import-metadata.ts'
import { importSuite } from './import-suites.ts'
import { type LintReport, lintFiles } from './lint-files.ts'
import { caseText, freshBench, PROMPT, SUITE } from './testing.ts'

const FAULTY = `---
name: Faulty
type: abstraction_help
context:
  - times
  - flags
  - labs
---
# system

Decide these:
- \`in_time\`: within 60 minutes
- \`arrived_late\`: came late
# user
{{ chart | json }}
`

function found(report: LintReport, code: string): unknown[] {
  return report.findings.filter((finding) => finding.code === code)
}

describe('linting', () => {
  it('a file names what is wrong with file and line, by the module and charts of the database', async () => {
    await using bench = await freshBench({ cases: 2 })
    const file = await bench.write(`prompts/${PROMPT}/draft.md`, FAULTY)

    const report = await lintFiles(bench, { targets: [file] })

    const place = { file: `prompts/${PROMPT}/draft.md` }
    expect(report.checked).toEqual([{ kind: 'prompt', name: place.file, module: SUITE }])
    expect(found(report, 'signal_unknown')).toMatchObject([{ ...place, line: 13, level: 'error' }])
    expect(found(report, 'threshold_differs')).toMatchObject([{ ...place, line: 12 }])
    expect(found(report, 'context_leaks_answer')).toMatchObject([{ ...place, line: 6, field: 'context[1]' }])
    expect(found(report, 'context_path_absent')).toMatchObject([
      { field: 'context[1]' },
      { field: 'context[2]' },
    ])
    expect(found(report, 'prompt_type_differs')).toMatchObject([{ ...place, line: 3 }])
    expect(found(report, 'signal_missing')).toHaveLength(2)
  })

  it('a kept version finds no fault with itself, and has the place of its file', async () => {
    await using bench = await freshBench({ cases: 2 })
    const report = await lintFiles(bench, { targets: [`${PROMPT}@2`] })
    expect(report.checked).toEqual([{ kind: 'prompt', name: `${PROMPT}@2`, module: SUITE }])
    expect(report.findings.filter(({ level }) => level === 'error')).toEqual([])
    expect(report.refused).toEqual([])
  })

  it.each(['id', 'folder'] as const)(
    'a suite by its %s names the case and line of gold that breaks a constraint',
    async (way) => {
      await using bench = await freshBench({ cases: 2 })
      const folder = join(bench.root, 'eval-suites', SUITE)
      const bad = caseText(2, { refused_care: 'pass', transferred: 'pass', in_time: 'fail' })
      await bench.write(`eval-suites/${SUITE}/cases/2.yaml`, bad)
      await importSuite(bench, folder)

      const report = await lintFiles(bench, { targets: [way === 'id' ? SUITE : folder] })

      const file = `eval-suites/${SUITE}/cases/2.yaml`
      expect(found(report, 'gold_breaks_constraint')).toMatchObject([{ file, line: 5, level: 'error' }])
      expect(found(report, 'gold_differs_from_rule')).toMatchObject([{ file, line: 6 }])
    },
  )

  it('everything there is reports what cannot be read and lints the rest', async () => {
    await using bench = await freshBench({ cases: 2 })
    await bench.write(
      `prompts/${PROMPT}/v3.md`,
      '---\nname: X\ntype: nonsense\ncontext: [times]\n---\n# user\nx\n',
    )
    const report = await lintFiles(bench, { targets: [] })
    expect(report.checked.map(({ name }) => name)).toEqual([
      `prompts/${PROMPT}/v1.md`,
      `prompts/${PROMPT}/v2.md`,
      SUITE,
    ])
    expect(report.refused).toMatchObject([{ file: `prompts/${PROMPT}/v3.md`, line: 3, field: 'type' }])
    expect(found(report, 'route_collision')).toEqual([])
  })

  it('holds a default prompt against a module that has charts', async () => {
    await using bench = await freshBench({ cases: 2 })
    const other = await bench.write(
      'seeds/a.yaml',
      'modules: [{ id: cardiology/aaa, name: aaa, display_order: 1 }]\n',
    )
    await asOwner(bench.ownerUrl, (tx) => importMetadata(tx, { root: bench.root, files: [other] }))
    const text = '---\nname: Any\ntype: default\ncontext: [labs]\n---\n# user\n{{ chart | json }}\n'
    const file = await bench.write('prompts/global/default/default/v1.md', text)
    const report = await lintFiles(bench, { targets: [file] })
    expect(report.checked).toMatchObject([{ module: SUITE }])
    expect(found(report, 'context_path_absent')).toHaveLength(1)
  })

  it('of what does not exist is an error', async () => {
    await using bench = await freshBench({ cases: 1 })
    await expect(lintFiles(bench, { targets: [`${PROMPT}@9`] })).rejects.toMatchObject({ code: 'not_found' })
    await expect(lintFiles(bench, { targets: ['no/such_suite'] })).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(lintFiles(bench, { targets: ['What?'] })).rejects.toMatchObject({ code: 'usage' })
  })
})
