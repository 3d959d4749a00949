import { describe, expect, it } from 'vitest'
import { parsePromptVersionReference } from './id.ts'
import { type PromptDocument, promptContentHash, promptRoute } from './prompt.ts'

const document: PromptDocument = {
  name: 'a',
  type: 'signal_processing',
  model: 'heuristic',
  params: {},
  context: ['times'],
  output: { format: 'json_schema' },
  sections: [{ role: 'user', template: '{{ chart | json }}' }],
  partials: {},
}

describe('a prompt', () => {
  it('is looked for from the nearest place to the furthest, and a step to another type says so', () => {
    expect(promptRoute('orthopedics/ssi/signal_processing')).toEqual([
      { prompt: 'orthopedics/ssi/signal_processing', crossesType: false },
      { prompt: 'orthopedics/ssi/default', crossesType: true },
      { prompt: 'orthopedics/default/default', crossesType: true },
      { prompt: 'global/default/default', crossesType: true },
    ])
  })

  it('keeps its hash when only its name or note changes, and no other time', () => {
    const hash = promptContentHash(document)
    expect(promptContentHash({ ...document, name: 'b', note: 'why' })).toBe(hash)
    expect(promptContentHash({ ...document, params: { temperature: 0 } })).not.toBe(hash)
    expect(promptContentHash({ ...document, partials: { 'shared/x': 'y' } })).not.toBe(hash)
  })

  it.each(['a/b/c', 'a/b/c@0', 'a/b/c@x', 'a/b@1', '@1'])('%s is no version of one', (text) => {
    expect(() => parsePromptVersionReference(text)).toThrow(/not a prompt version/)
  })
})
