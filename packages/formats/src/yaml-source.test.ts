import { describe, expect, it } from 'vitest'
import { lineOfField } from './yaml-source.ts'

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

describe('the line of a field', () => {
  it.each([
    ['payload.gold.in_time', 3],
    ['case', 1],
    ['gold', 5],
    ['gold.in_time', 7],
    ['gold.in_time.must_cite[0]', 9],
    ['gold.absent', 5],
    ['tags[2]', null],
  ])('of %s is %s', (field, line) => {
    expect(lineOfField({ text: CASE, field })).toBe(line)
  })

  it('is found in the front matter of a prompt file', () => {
    const text = '---\nname: x\ncontext:\n  - times\n---\n# user\n{{ chart | json }} : {\n'
    expect(lineOfField({ text, field: 'context[0]' })).toBe(4)
  })
})
