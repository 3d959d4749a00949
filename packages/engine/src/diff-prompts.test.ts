import { asOwner } from '@touchstone/db'
import { describe, expect, it } from 'vitest'
import { diffPrompts } from './diff-prompts.ts'
import { freshBench, PROMPT, type TestBench } from './testing.ts'

const first = { kind: 'version', reference: { prompt: PROMPT, version: 1 } } as const
const second = { kind: 'version', reference: { prompt: PROMPT, version: 2 } } as const

async function countVersions(bench: TestBench): Promise<unknown> {
  return asOwner(bench.ownerUrl, async (tx) => (await tx.query('SELECT count(*) FROM prompt_versions')).rows)
}

describe('diffPrompts', () => {
  it('shows the changed line of two versions and that nothing else changed', async () => {
    await using bench = await freshBench({ cases: 1 })
    const diff = await diffPrompts(bench, { before: first, after: second })
    expect(diff).toMatchObject({
      before: `${PROMPT}@1`,
      after: `${PROMPT}@2`,
      isSame: false,
      changes: [],
      context: { added: [], removed: [] },
      signals: { added: [], removed: [] },
    })
    expect(diff.text).toContain(`--- ${PROMPT}@1\n+++ ${PROMPT}@2\n@@ `)
    expect(diff.text).toContain('\n-Case {{ case.number }}. Answer{%')
    expect(diff.text).toContain('\n+Case {{ case.number }}. Answer exactly{%')
  })

  it('names what a file changes in model, params, context, output and signals, and keeps nothing of it', async () => {
    await using bench = await freshBench({ cases: 1 })
    await bench.write('prompts/shared/form.liquid', 'Answer in_time.')
    const file = await bench.write(
      `prompts/${PROMPT}/draft.md`,
      `---
name: Door time
type: signal_processing
model: heuristic
params: { temperature: 0.5, seed: 7 }
context: [times, labs]
output: { format: json_object }
---
# user
{% render 'shared/form' %} And refused_care_x. {{ chart | json }}
`,
    )
    const before = await countVersions(bench)

    const diff = await diffPrompts(bench, { before: first, after: { kind: 'file', file } })

    expect(diff.changes).toEqual([
      { field: 'model', before: 'scripted:answers.json', after: 'heuristic' },
      { field: 'params.temperature', before: 0, after: 0.5 },
      { field: 'output.format', before: 'json_schema', after: 'json_object' },
      { field: 'params.seed', before: null, after: 7 },
    ])
    expect(diff.context).toEqual({ added: ['labs'], removed: ['notes'] })
    expect(diff.signals).toEqual({ added: [], removed: ['refused_care', 'transferred'] })
    expect(diff.text).toContain('shared/form\n@@')
    expect(diff.text).toContain('+Answer in_time.')
    expect(await countVersions(bench)).toEqual(before)
  })

  it('says so where both are the same', async () => {
    await using bench = await freshBench({ cases: 1 })
    expect(await diffPrompts(bench, { before: first, after: first })).toMatchObject({
      isSame: true,
      text: '',
    })
  })
})
