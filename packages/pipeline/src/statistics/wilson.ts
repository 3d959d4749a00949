import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'

/** A binomial rate with its interval; the three figures are null when n is 0. */
export type RateInterval = { estimate: number | null; low: number | null; high: number | null; n: number }

/** The two-sided standard normal quantile of a confidence: 1.96 for 0.95. */
export function normalTwoSided(confidence: number): number {
  return normalQuantile(0.5 + confidence / 2, 0, 1)
}

/**
 * Wilson's score interval for a binomial rate p = successes / n:
 * (p + z²/2n ± z√(pq/n + z²/4n²)) / (1 + z²/n), within 0..1.
 *
 * Neither count need be whole, so that an effective n fits; at 0 or n successes the end on that side is
 * exactly 0 or 1. n = 0 gives null for all three.
 *
 * Source: Wilson 1927, JASA 22:209; Newcombe 1998, Statistics in Medicine 17:857, method 3.
 */
export function wilson(input: { successes: number; n: number; confidence?: number }): RateInterval {
  const { successes, n, confidence = 0.95 } = input
  if (n === 0) return { estimate: null, low: null, high: null, n }
  const z = normalTwoSided(confidence)
  const p = successes / n
  const centre = p + z ** 2 / (2 * n)
  const reach = z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2))
  const scale = 1 + z ** 2 / n
  const low = p === 0 ? 0 : Math.max(0, (centre - reach) / scale)
  const high = p === 1 ? 1 : Math.min(1, (centre + reach) / scale)
  return { estimate: p, low, high, n }
}
