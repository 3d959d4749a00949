import { describe, expect, it } from 'vitest'
import { findLimitItself, findLimits } from './limits.ts'

describe('a stated limit', () => {
  it.each([
    ['at most 2 hours', 7200, true],
    ['no later than 90 minutes', 5400, true],
    ['within 6 h', 21_600, true],
    ['≤ 30 min', 1800, true],
    ['30 minutes or less', 1800, true],
    ['more than 3 hours is a fail', 10_800, true],
    ['less than 2 hours', 7200, false],
    ['under 90 minutes', 5400, false],
    ['< 8 h', 28_800, false],
    ['not more than 4 hours', 14_400, true],
    ['two hours', 7200, null],
    ['2 h 30 min or less', 9000, true],
  ])('"%s" is %s seconds, inclusive: %s', (text, seconds, isInclusive) => {
    expect(findLimits(text)).toMatchObject([{ seconds, isInclusive }])
  })

  it.each([
    ['exactly the limit still passes', true],
    ['exactly the limit fails', false],
    ['the limit is two hours', null],
  ])('"%s" says of the limit itself: %s', (text, expected) => {
    expect(findLimitItself(text)).toBe(expected)
  })
})
