import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BiasUnit, estimatePairedBias } from './index.ts'

const undecided = { total: 0, count: 0 }
const met = { total: 1, count: 1 }
const notMet = { total: 0, count: 1 }

function unit(cluster: string, reported: BiasUnit['reported'], truth: BiasUnit['truth']): BiasUnit {
  return { cluster, reported, truth }
}

const parts = fc.constantFrom(undecided, met, notMet, { total: 1, count: 3 })
const units = fc.array(
  fc.record({ cluster: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), reported: parts, truth: parts }),
  { minLength: 1, maxLength: 40 },
)

describe('estimatePairedBias', () => {
  it('is the mean difference with its clustered t interval when both decide every case', () => {
    // Ten cases, reported 1101011011 and true 1001001010: differences of mean .3
    // (three ones in ten: √(.21·10/9/10) = .1527525); t on 9 is 2.2621572.
    const reported = [1, 1, 0, 1, 0, 1, 1, 0, 1, 1]
    const truth = [1, 0, 0, 1, 0, 0, 1, 0, 1, 0]
    const drawn = reported.map((value, index) =>
      unit(`c${index}`, { total: value, count: 1 }, { total: truth[index] ?? 0, count: 1 }),
    )

    const bias = estimatePairedBias({ units: drawn })

    expect(bias).toMatchObject({ n: 10, clusters: 10, confidence: 0.95 })
    expect(bias.estimate).toBeCloseTo(0.3, 12)
    expect(bias.high).toBeCloseTo(0.3 + 2.2621572 * 0.1527525, 6)
    expect(bias.low).toBeCloseTo(0.3 - 2.2621572 * 0.1527525, 6)
  })

  it('linearises where the two rates rest on different cases', () => {
    // Reported decides a, b, c (2/3 met), gold a, b, d (1/3 met). Influences, in ninths:
    // a: (1 − 2/3)/3 − (1 − 1/3)/3 = −1, b: 1 + 1 = 2, c: −2, d: 1; Σu² = 10/81, times 4/3.
    const drawn = [
      unit('a', met, met),
      unit('b', met, notMet),
      unit('c', notMet, undecided),
      unit('d', undecided, notMet),
      unit('e', undecided, undecided),
    ]
    const error = Math.sqrt((10 / 81) * (4 / 3))

    const bias = estimatePairedBias({ units: drawn, confidence: 0.5 })

    expect(bias).toMatchObject({ n: 4, clusters: 4 })
    expect(bias.estimate).toBeCloseTo(1 / 3, 12)
    expect(bias.high).toBeCloseTo(1 / 3 + tQuantile(0.75, 3) * error, 12)
  })

  it('agrees with the jackknife over clusters on many cases', () => {
    const drawn = Array.from({ length: 200 }, (_, index) =>
      unit(
        `c${index}`,
        index % 11 === 0 ? undecided : index % 3 === 0 ? notMet : met,
        index % 7 === 0 ? undecided : index % 4 === 0 ? notMet : met,
      ),
    )
    const whole = estimatePairedBias({ units: drawn })
    const left = drawn.map((_, out) => {
      const rest = drawn.filter((__, index) => index !== out)
      return estimatePairedBias({ units: rest }).estimate ?? Number.NaN
    })
    const mean = left.reduce((sum, value) => sum + value, 0) / left.length
    const jackknife = Math.sqrt((left.reduce((sum, value) => sum + (value - mean) ** 2, 0) * 199) / 200)

    const halfWidth = (whole.high ?? 0) - (whole.estimate ?? 0)

    expect(halfWidth / tQuantile(0.975, whole.clusters - 1) / jackknife).toBeCloseTo(1, 1)
  })

  it('leaves z²/(C + z²) open when no case differs', () => {
    const drawn = Array.from({ length: 54 }, (_, index) => unit(`c${index}`, met, met))

    const bias = estimatePairedBias({ units: drawn })

    // Tango's interval for no differing pair among 54.
    expect(bias.estimate).toBe(0)
    expect(bias.low).toBeCloseTo(-0.0664, 4)
    expect(bias.high).toBeCloseTo(0.0664, 4)
  })

  it('knows nothing from a single cluster but the estimate', () => {
    const drawn = [unit('a', met, met), unit('a', met, notMet)]

    expect(estimatePairedBias({ units: drawn })).toMatchObject({ estimate: 0.5, low: -1, high: 1 })
  })

  it.each([
    { name: 'nothing', drawn: [] },
    { name: 'cases without a true rate', drawn: [unit('a', met, undecided), unit('b', met, undecided)] },
    { name: 'cases without a reported rate', drawn: [unit('a', undecided, met)] },
  ])('gives nulls for $name', ({ drawn }) => {
    expect(estimatePairedBias({ units: drawn })).toMatchObject({ estimate: null, low: null, high: null })
  })

  it('stays within −1..1, holds its estimate, and turns its sign with the readers', () => {
    fc.assert(
      fc.property(units, (drawn) => {
        const bias = estimatePairedBias({ units: drawn })
        const swapped = estimatePairedBias({
          units: drawn.map(({ cluster, reported, truth }) => unit(`x${cluster}`, truth, reported)).reverse(),
        })
        fc.pre(bias.estimate !== null)

        expect(bias.low).toBeGreaterThanOrEqual(-1)
        expect(bias.high).toBeLessThanOrEqual(1)
        expect(bias.low ?? 2).toBeLessThanOrEqual(bias.estimate ?? -2)
        expect(bias.high ?? -2).toBeGreaterThanOrEqual(bias.estimate ?? 2)
        expect(swapped.estimate).toBeCloseTo(-(bias.estimate ?? 0), 12)
        expect(swapped.low).toBeCloseTo(-(bias.high ?? 0), 12)
      }),
    )
  })
})
