import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wilson } from './index.ts'

const counts = fc
  .integer({ min: 1, max: 2000 })
  .chain((n) => fc.record({ n: fc.constant(n), successes: fc.integer({ min: 0, max: n }) }))

describe('wilson', () => {
  // Newcombe 1998, table I, method 3.
  it.each([
    { successes: 81, n: 263, low: 0.2553, high: 0.3662 },
    { successes: 15, n: 148, low: 0.0624, high: 0.1605 },
    { successes: 0, n: 20, low: 0, high: 0.1611 },
    { successes: 1, n: 29, low: 0.0061, high: 0.1718 },
  ])('gives $low to $high for $successes of $n', ({ successes, n, low, high }) => {
    const interval = wilson({ successes, n, confidence: 0.95 })

    expect(interval.estimate).toBe(successes / n)
    expect(interval.low).toBeCloseTo(low, 4)
    expect(interval.high).toBeCloseTo(high, 4)
  })

  it('says nothing of no trials', () => {
    expect(wilson({ successes: 0, n: 0 })).toEqual({ estimate: null, low: null, high: null, n: 0 })
  })

  it('says of 15 right in 15 that the rate is at least .796', () => {
    const interval = wilson({ successes: 15, n: 15 })

    // n / (n + z²) = 15 / 18.8415
    expect(interval.low).toBeCloseTo(15 / (15 + 1.959964 ** 2), 6)
    expect(interval.high).toBe(1)
  })

  it('stays within 0..1, holds its estimate, and mirrors failures', () => {
    fc.assert(
      fc.property(counts, ({ successes, n }) => {
        const own = wilson({ successes, n })
        const mirrored = wilson({ successes: n - successes, n })

        expect(own.low).toBeGreaterThanOrEqual(0)
        expect(own.low).toBeLessThanOrEqual(own.estimate ?? -1)
        expect(own.high).toBeGreaterThanOrEqual(own.estimate ?? 2)
        expect(own.high).toBeLessThanOrEqual(1)
        expect(mirrored.low).toBeCloseTo(1 - (own.high ?? 0), 12)
      }),
    )
  })

  it('rises with each success and widens with confidence', () => {
    fc.assert(
      fc.property(counts, ({ successes, n }) => {
        const own = wilson({ successes, n })
        const fewer = wilson({ successes: Math.max(0, successes - 1), n })
        const surer = wilson({ successes, n, confidence: 0.99 })

        expect(fewer.low ?? 2).toBeLessThanOrEqual(own.low ?? -1)
        expect(fewer.high ?? 2).toBeLessThanOrEqual(own.high ?? -1)
        expect(surer.low ?? 2).toBeLessThanOrEqual(own.low ?? -1)
        expect(surer.high ?? -1).toBeGreaterThanOrEqual(own.high ?? 2)
      }),
    )
  })
})
