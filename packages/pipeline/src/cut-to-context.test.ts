import { describe, expect, it } from 'vitest'
import { cutToContext } from './cut-to-context.ts'

const chart = {
  times: { ArrivalInstant: '2024-03-01T10:00:00Z', IncisionStartInstant: null },
  notes: [{ text: 'first', type: 'H&P' }, { type: 'op' }, { text: 'third', type: 'op' }],
  labs: { wbc: 11 },
}

describe('cutToContext', () => {
  it.each([
    { paths: ['times'], shown: { times: chart.times } },
    { paths: ['times.IncisionStartInstant'], shown: { times: { IncisionStartInstant: null } } },
    { paths: ['notes[*].text'], shown: { notes: [{ text: 'first' }, null, { text: 'third' }] } },
    { paths: ['notes[2]'], shown: { notes: [null, null, chart.notes[2]] } },
    {
      paths: ['notes[2].type', 'notes[*].text'],
      shown: { notes: [{ text: 'first' }, null, chart.notes[2]] },
    },
    { paths: ['notes', 'notes[0].text'], shown: { notes: chart.notes } },
    { paths: ['flags', 'times.Nothing', 'labs.wbc.deeper'], shown: {} },
    { paths: ['chart.labs.wbc'], shown: { labs: { wbc: 11 } } },
    { paths: ['notes[9].text'], shown: {} },
  ])('keeps of a chart only what $paths names, at its place', ({ paths, shown }) => {
    const cut = cutToContext(chart, paths)

    expect(cut).toEqual(shown)
  })

  it('finds the text of a single note that is no list', () => {
    const cut = cutToContext({ notes: { text: 'only', type: 'op' } }, ['notes[*].text'])

    expect(cut).toEqual({ notes: { text: 'only' } })
  })

  it.each(['__proto__', 'constructor', 'notes.__proto__', 'toString'])(
    'takes nothing inherited by %s',
    (path) => {
      const hostile = JSON.parse('{"__proto__": {"isAdmin": true}, "notes": {"x": 1}}')

      const cut = cutToContext(hostile, [path])

      expect(JSON.stringify(cut)).toBe('{}')
    },
  )

  it('names the context path that cannot be read', () => {
    const act = (): unknown => cutToContext(chart, ['times', 'notes[x'])

    expect(act).toThrow(expect.objectContaining({ code: 'prompt_invalid', place: { field: 'context[1]' } }))
  })
})
