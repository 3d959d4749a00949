import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import type { Estimate } from '@touchstone/core'
import { normalTwoSided } from './wilson.ts'

/** One case under two readers: for each, the sum of values over the samples it decided, and how many those are. */
export type BiasUnit = {
  cluster: string
  reported: { total: number; count: number }
  truth: { total: number; count: number }
}

type ClusterSums = { reported: number; reportedCases: number; truth: number; truthCases: number }

/**
 * The difference of two rates over the same cases, each with its own denominator: reported − truth.
 *
 * Each rate is the mean, over the cases it decides at all, of that case's mean. The standard error is
 * the linearised one of the difference of two ratios: with R = A/B and T = G/H,
 * u_c = (a_c − R·b_c)/B − (g_c − T·h_c)/H for each cluster and SE² = C/(C − 1) · Σ u_c²; the interval is
 * t on C − 1, where C counts the clusters that either rate decides. It is never narrower than
 * ±z²/(C + z²), what Tango's interval leaves open when no pair differs, so that a few agreeing cases
 * prove nothing, and it stays within −1..1. One cluster gives −1..1; a rate without a single decided case
 * gives nulls. `n` counts cases.
 *
 * Source: Woodruff 1971, JASA 66:411 (linearisation); Cochran 1977, Sampling Techniques, chapter 6;
 * Tango 1998, Statistics in Medicine 17:891.
 */
export function estimatePairedBias(input: { units: readonly BiasUnit[]; confidence?: number }): Estimate {
  const { confidence = 0.95 } = input
  const method = 'difference of rates, linearised, clustered t'
  const decided = input.units.filter((unit) => unit.reported.count > 0 || unit.truth.count > 0)
  const clusters = addUpClusters(decided)
  const whole = addUp(clusters)
  const base = { n: decided.length, clusters: clusters.length, confidence, method }
  if (whole.reportedCases === 0 || whole.truthCases === 0) {
    return { estimate: null, low: null, high: null, ...base }
  }
  const estimate = whole.reported / whole.reportedCases - whole.truth / whole.truthCases
  const reach = halfWidth({ clusters, whole, confidence })
  return { estimate, low: Math.max(-1, estimate - reach), high: Math.min(1, estimate + reach), ...base }
}

function halfWidth(input: { clusters: ClusterSums[]; whole: ClusterSums; confidence: number }): number {
  const { clusters, whole, confidence } = input
  const count = clusters.length
  if (count < 2) return 2
  const squares = clusters.reduce((total, own) => total + influence(own, whole) ** 2, 0)
  const error = Math.sqrt((squares * count) / (count - 1))
  const z = normalTwoSided(confidence)
  return Math.max(tQuantile(0.5 + confidence / 2, count - 1) * error, z ** 2 / (count + z ** 2))
}

function influence(own: ClusterSums, whole: ClusterSums): number {
  const reportedRate = whole.reported / whole.reportedCases
  const truthRate = whole.truth / whole.truthCases
  return (
    (own.reported - reportedRate * own.reportedCases) / whole.reportedCases -
    (own.truth - truthRate * own.truthCases) / whole.truthCases
  )
}

function addUpClusters(units: readonly BiasUnit[]): ClusterSums[] {
  const clusters = new Map<string, ClusterSums[]>()
  for (const { cluster, reported, truth } of units) {
    const cases = clusters.get(cluster) ?? []
    cases.push({
      reported: reported.count === 0 ? 0 : reported.total / reported.count,
      reportedCases: reported.count === 0 ? 0 : 1,
      truth: truth.count === 0 ? 0 : truth.total / truth.count,
      truthCases: truth.count === 0 ? 0 : 1,
    })
    clusters.set(cluster, cases)
  }
  return [...clusters.values()].map(addUp)
}

function addUp(parts: readonly ClusterSums[]): ClusterSums {
  const whole = { reported: 0, reportedCases: 0, truth: 0, truthCases: 0 }
  for (const part of parts) {
    whole.reported += part.reported
    whole.reportedCases += part.reportedCases
    whole.truth += part.truth
    whole.truthCases += part.truthCases
  }
  return whole
}
