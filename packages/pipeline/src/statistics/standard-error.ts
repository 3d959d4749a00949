/** The mean of some values and its standard error; null where there are too few to say. */
export type MeanWithError = {
  mean: number | null
  standardError: number | null
  n: number
  clusters: number
}

/**
 * The standard error of a mean, of independent values or of values in clusters.
 *
 * Without clusters: √(Σ(x − x̄)² / (n − 1) / n). With clusters (one name for each value, in the same
 * order): √(Σ_c (Σ_{i∈c} (x_i − x̄))²) / n, times √(C/(C − 1)) when `correction` is asked for.
 * It is null for fewer than two values, or fewer than two clusters: nothing then tells the spread.
 *
 * Source: Miller 2024, arXiv 2411.00640, section 2.2; the correction is the usual one of cluster-robust
 * errors (Cameron & Miller 2015, Journal of Human Resources 50:317).
 */
export function standardError(input: {
  values: readonly number[]
  clusters?: readonly string[]
  correction?: boolean
}): MeanWithError {
  const { values, clusters: names, correction = false } = input
  const n = values.length
  if (names !== undefined && names.length !== n) {
    throw new RangeError(`standardError: ${n} values but ${names.length} cluster names`)
  }
  if (n === 0) return { mean: null, standardError: null, n, clusters: 0 }
  const mean = sum(values) / n
  const residuals = clusterSums(values, { names, mean })
  const clusters = residuals.length
  if (clusters < 2) return { mean, standardError: null, n, clusters }
  const squares = sum(residuals.map((residual) => residual ** 2))
  const factor = names === undefined || correction ? clusters / (clusters - 1) : 1
  return { mean, standardError: Math.sqrt(squares * factor) / n, n, clusters }
}

function clusterSums(
  values: readonly number[],
  { names, mean }: { names: readonly string[] | undefined; mean: number },
): number[] {
  if (names === undefined) return values.map((value) => value - mean)
  const sums = new Map<string, number>()
  for (const [index, value] of values.entries()) {
    const name = names[index] ?? ''
    sums.set(name, (sums.get(name) ?? 0) + value - mean)
  }
  return [...sums.values()]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
