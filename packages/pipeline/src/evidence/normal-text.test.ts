import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseText } from './normal-text.ts'

describe('normalised text', () => {
  it.each([
    ['  NPO\u00a0 since\r\n\tmidnight ', 'npo since midnight'],
    ['“a” ‘b’ \'c\' "d"', '"a" "b" "c" "d"'],
    ['a–b—c−d‑e', 'a-b-c-d-e'],
    ['soft\u00adhy\u200bphen', 'softhyphen'],
    ['wait…', 'wait...'],
    ['≤19 h', '<=19 h'],
    ['5 µg', '5 μg'],
    ['10²', '10²'],
    ['', ''],
    [' \n ', ''],
  ])('of %j is %j', (source, expected) => {
    expect(normaliseText(source).text).toBe(expected)
  })

  it.each([
    ['é', 'e\u0301'],
    ['각', '\u1100\u1161\u11a8'],
    ['q\u0307\u0323', 'q\u0323\u0307'],
  ])('is the same for composed and decomposed letters (%s)', (composed, decomposed) => {
    expect(normaliseText(composed).text).toBe(normaliseText(decomposed).text)
  })

  it('leads back to ranges of the original that are in order and inside it', () => {
    assert(
      property(string({ unit: 'grapheme', maxLength: 60 }), (source) => {
        const { text, starts, ends } = normaliseText(source)

        expect(starts.length).toBe(text.length)
        starts.forEach((start, index) => {
          expect(start).toBeLessThan(ends[index] ?? 0)
          expect(start).toBeGreaterThanOrEqual(starts[index - 1] ?? 0)
          expect(ends[index]).toBeLessThanOrEqual(source.length)
        })
      }),
    )
  })

  it('of a part is a part of what the whole is, between clusters', () => {
    const source = 'Zoë’s  “plan”: NPO'

    expect(normaliseText(source).text).toContain(normaliseText(source.slice(0, 12)).text)
  })
})
