import { describe, expect, it } from 'vitest'
import { displayWidth, layOutTable } from './table.ts'

describe('a table', () => {
  it('aligns text left and numbers right, and ends no line in spaces', () => {
    const table = layOutTable(
      [{ heading: 'signal' }, { heading: 'n', isNumber: true }, { heading: 'why' }],
      [
        ['on_time', '7', ''],
        ['npo', '120', 'late'],
      ],
    )

    expect(table.split('\n')).toEqual(['signal     n  why', 'on_time    7', 'npo      120  late'])
  })

  it.each([
    ['plain', 5],
    ['Mu\u0308ller', 6],
    ['日本', 4],
    ['−2.5 …', 6],
    ['✓', 1],
  ])('counts the columns of %s', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })
})
