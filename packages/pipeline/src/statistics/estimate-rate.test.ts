import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateRate, type RateSample, wilson } from './index.ts'

const samples = fc.array(
  fc.record({
    cluster: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    goldCase: fc.constantFrom('1', '2', '3'),
    value: fc.constantFrom(0, 1),
  }),
  { minLength: 1, maxLength: 60 },
)

function independent(values: readonly number[]): RateSample[] {
  return values.map((value, index) => ({ cluster: `c${index}`, goldCase: `c${index}`, value }))
}

describe('estimateRate', () => {
  it('is plain Wilson when every cluster has one sample', () => {
    const values = [...Array<number>(57).fill(1), ...Array<number>(3).fill(0)]

    const estimate = estimateRate({ samples: independent(values), confidence: 0.95 })

    expect(estimate).toEqual({
      ...wilson({ successes: 57, n: 60 }),
      n: 60,
      clusters: 60,
      confidence: 0.95,
      method: 'wilson',
    })
  })

  it('takes Wilson on the effective n when clusters differ in size', () => {
    // Clusters [1,1,0], [0,0], [1,1,1,0] of nine cases: p = 5/9, SE = .1551828, so p(1 − p)/SE² = 10.25
    // and the effective n is held to 3 clusters.
    const sizes = { a: [1, 1, 0], b: [0, 0], c: [1, 1, 1, 0] }
    const clustered = Object.entries(sizes).flatMap(([cluster, values]) =>
      values.map((value, index) => ({ cluster, goldCase: `${cluster}${index}`, value })),
    )

    const estimate = estimateRate({ samples: clustered })

    expect(estimate).toMatchObject({ n: 9, clusters: 3, method: 'wilson on the effective n, clustered' })
    expect(estimate.low).toBeCloseTo(wilson({ successes: 5 / 3, n: 3 }).low ?? -1, 12)
  })

  it('lowers the effective n below the clusters where one cluster weighs much', () => {
    // Cluster a has 10 wrong cases, b to k one right case each: p = .5, residual sums −5 and ten of .5,
    // SE² = (25 + 2.5)/400, effective n = .25/.06875 = 40/11.
    const heavy = Array.from({ length: 10 }, (_, index) => ({
      cluster: 'a',
      goldCase: `a${index}`,
      value: 0,
    }))
    const light = [...'bcdefghijk'].map((cluster) => ({ cluster, goldCase: cluster, value: 1 }))

    const estimate = estimateRate({ samples: [...heavy, ...light] })

    expect(estimate.low).toBeCloseTo(wilson({ successes: 20 / 11, n: 40 / 11 }).low ?? -1, 12)
  })

  it('averages repeats within their case, however many each case has', () => {
    const estimate = estimateRate({
      samples: [
        { cluster: 'a', goldCase: 'a', value: 1 },
        { cluster: 'a', goldCase: 'a', value: 1 },
        { cluster: 'a', goldCase: 'a', value: 1 },
        { cluster: 'b', goldCase: 'b', value: 0 },
      ],
    })

    expect(estimate).toMatchObject({ estimate: 0.5, n: 4, clusters: 2 })
    expect(estimate.low).toBeCloseTo(wilson({ successes: 1, n: 2 }).low ?? -1, 12)
  })

  it('gives repeats that always agree the width of their clusters alone', () => {
    const once = independent([1, 1, 1, 1, 1, 1, 1, 1, 1, 1])

    const repeated = estimateRate({ samples: [...once, ...once, ...once] })

    expect(repeated).toMatchObject({ ...wilson({ successes: 10, n: 10 }), n: 30, clusters: 10 })
  })

  it('says of a single cluster no more than of a single case', () => {
    const samplesOfOne = [1, 1, 0, 1].map((value, index) => ({ cluster: 'a', goldCase: `${index}`, value }))

    const estimate = estimateRate({ samples: samplesOfOne })

    expect(estimate.low).toBeCloseTo(wilson({ successes: 0.75, n: 1 }).low ?? -1, 12)
  })

  it('has nothing to say of no samples', () => {
    expect(estimateRate({ samples: [], confidence: 0.9 })).toEqual({
      estimate: null,
      low: null,
      high: null,
      n: 0,
      clusters: 0,
      confidence: 0.9,
      method: 'wilson',
    })
  })

  it('holds its estimate within 0..1 and is never narrower than one sample for each cluster', () => {
    fc.assert(
      fc.property(samples, (drawn) => {
        const own = estimateRate({ samples: drawn })
        const floor = wilson({ successes: (own.estimate ?? 0) * own.clusters, n: own.clusters })

        expect(own.low).toBeGreaterThanOrEqual(0)
        expect(own.high).toBeLessThanOrEqual(1)
        expect(own.low ?? 2).toBeLessThanOrEqual((own.estimate ?? 0) + 1e-12)
        expect(own.high ?? -1).toBeGreaterThanOrEqual((own.estimate ?? 0) - 1e-12)
        expect(own.low ?? 2).toBeLessThanOrEqual((floor.low ?? 0) + 1e-12)
      }),
    )
  })

  it('does not depend on names or order', () => {
    fc.assert(
      fc.property(samples, (drawn) => {
        const renamed = drawn
          .map((sample) => ({ ...sample, cluster: `x${sample.cluster}`, goldCase: `y${sample.goldCase}` }))
          .reverse()

        const own = estimateRate({ samples: drawn })
        const other = estimateRate({ samples: renamed })

        expect(other.low).toBeCloseTo(own.low ?? -1, 10)
        expect(other.high).toBeCloseTo(own.high ?? -1, 10)
      }),
    )
  })

  it('is never better for one error more', () => {
    const clusters = fc.array(fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(clusters, (drawn) => {
        const samplesOf = drawn.flatMap((values, cluster) =>
          values.map((value, index) => ({ cluster: `${cluster}`, goldCase: `${cluster}.${index}`, value })),
        )
        const low = estimateRate({ samples: samplesOf }).low ?? -1

        for (const [changed, sample] of samplesOf.entries()) {
          if (sample.value === 0) continue
          const worse = samplesOf.map((other, index) => (index === changed ? { ...other, value: 0 } : other))
          expect(estimateRate({ samples: worse }).low ?? 2).toBeLessThanOrEqual(low + 1e-12)
        }
      }),
    )
  })
})
