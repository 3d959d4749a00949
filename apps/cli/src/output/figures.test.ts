import type { Estimate } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { writeDifference, writeMoney, writeRate, writeShare, writeTime } from './figures.ts'

function estimateOf(given: Partial<Estimate>): Estimate {
  return {
    estimate: 0.925,
    low: 0.8,
    high: 0.974,
    n: 40,
    clusters: 40,
    confidence: 0.95,
    method: 'wilson',
    ...given,
  }
}

describe('figures', () => {
  it.each([
    ['a rate with its interval and n', {}, '92.5 % (80–97 · n 40)'],
    ['nothing to count', { n: 0, estimate: null, low: null, high: null }, 'nothing to count'],
    ['four cases', { n: 4, estimate: 0.75 }, '3 of 4, too few to tell'],
    ['a rate without an interval', { low: null, high: null, n: 8, estimate: 0.5 }, '4 of 8, too few to tell'],
    ['a rate nobody knows', { estimate: null, n: 7 }, 'not known (n 7)'],
  ])('write %s', (_name, given, written) => {
    expect(writeRate(estimateOf(given))).toBe(written)
  })

  it.each([
    [{ estimate: -0.025, low: -0.046, high: -0.004 }, '−2.5 points (−4.6 … −0.4)'],
    [{ estimate: 0.0001, low: -0.02, high: 0.02 }, '0.0 points (−2.0 … +2.0)'],
    [{ estimate: null, low: null, high: null }, 'nothing to compare'],
  ])('write a difference with its sign: %o', (given, written) => {
    expect(writeDifference(estimateOf(given))).toBe(written)
  })

  it('write money and time in the units people use, and say what is not known', () => {
    expect([writeMoney(0.0042), writeMoney(12.5), writeMoney(null)]).toEqual([
      '$0.0042',
      '$12.50',
      'not known',
    ])
    expect([writeTime(1234), writeTime(12), writeTime(null)]).toEqual(['1.2 s', '12 ms', 'not known'])
    expect(writeShare({ part: 0, whole: 0, none: 'no rule' })).toBe('no rule')
  })
})
