import type { Estimate } from '@touchstone/core'
import { standardError } from './standard-error.ts'
import { wilson } from './wilson.ts'

/** One sample's contribution to a rate, 0..1. Samples of one `goldCase` are repeats; without it, a sample stands for itself. */
export type RateSample = { cluster: string; goldCase?: string; value: number }

/** A case's repeats taken together: the sum of their values, and how many they are. */
export type RateUnit = { cluster: string; total: number; count: number }

/**
 * A rate with its interval, by the method that fits how the samples hang together.
 *
 * When every cluster has one sample: `wilson`. Else repeats are averaged within their case, the rate is
 * the mean of the case means, and the interval is Wilson's on an effective n = min(C, p(1 − p)/SE²),
 * where C counts clusters and SE is the clustered standard error of the case means (`standardError`
 * without correction). Where SE is 0 or unknown the effective n is C: finite, and never better for one
 * error more. `n` counts samples. No samples give nulls.
 *
 * Source: Wilson 1927; Miller 2024, arXiv 2411.00640; the effective sample size of Korn & Graubard 1998,
 * Survey Methodology 24:193.
 */
export function estimateRate(input: { samples: readonly RateSample[]; confidence?: number }): Estimate {
  const units = new Map<string, RateUnit>()
  for (const [index, { cluster, goldCase, value }] of input.samples.entries()) {
    const key = JSON.stringify([cluster, goldCase ?? index])
    const unit = units.get(key) ?? { cluster, total: 0, count: 0 }
    unit.total += value
    unit.count += 1
    units.set(key, unit)
  }
  return estimateRateOfUnits({ ...input, units: [...units.values()] })
}

/** `estimateRate` where the repeats of each case have been added up already; units without samples are left out. */
export function estimateRateOfUnits(input: { units: Iterable<RateUnit>; confidence?: number }): Estimate {
  const { confidence = 0.95 } = input
  const values: number[] = []
  const names: string[] = []
  let n = 0
  for (const { cluster, total, count } of input.units) {
    if (count === 0) continue
    values.push(total / count)
    names.push(cluster)
    n += count
  }
  const { mean, standardError: error, clusters } = standardError({ values, clusters: names })
  if (mean === null) {
    return { estimate: null, low: null, high: null, n: 0, clusters: 0, confidence, method: 'wilson' }
  }
  const isClustered = n > clusters
  const effective = isClustered ? effectiveSize({ mean, error, clusters }) : clusters
  const { low, high } = wilson({ successes: mean * effective, n: effective, confidence })
  const method = isClustered ? 'wilson on the effective n, clustered' : 'wilson'
  return { estimate: mean, low, high, n, clusters, confidence, method }
}

function effectiveSize(input: { mean: number; error: number | null; clusters: number }): number {
  const { mean, error, clusters } = input
  if (error === null || error === 0) return clusters
  return Math.min(clusters, (mean * (1 - mean)) / error ** 2)
}
