import { describe, expect, it } from 'vitest'
import { lineOfField, sectionLines } from './line-of-field.ts'

const CASE = `case: A-1
payload:
  gold: { in_time: x }
  in_time: y
gold:
  late: { status: pass }
  in_time:
    status: pass
    must_cite: [times]
`

describe('lineOfField', () => {
  it.each([
    ['case', 1],
    ['gold', 5],
    ['gold.in_time', 7],
    ['gold.in_time.must_cite[0]', 7],
    ['gold.absent', 5],
    ['tags[2]', null],
  ])('of %s is %s', (field, line) => {
    expect(lineOfField(CASE, field)).toBe(line)
  })
})

describe('sectionLines', () => {
  it('are where the templates begin, after the front matter and blank lines', () => {
    const text = '---\nname: x\n# user\n---\n\n# system\n\nHello\n# user\n{{ chart }}\n'
    expect(sectionLines(text)).toEqual([8, 10])
  })
})
