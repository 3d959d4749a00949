import { describe, expect, it } from 'vitest'
import { standardError } from './index.ts'

describe('standardError', () => {
  // Clusters a = [1,1,0], b = [0,0], c = [1,1,1,0]; mean 5/9. The residual sums are a: 2 − 15/9 = 1/3,
  // b: −10/9, c: 3 − 20/9 = 7/9, so SE = √(1/9 + 100/81 + 49/81) / 9 = √(158/81) / 9.
  const values = [1, 1, 0, 0, 0, 1, 1, 1, 0]
  const clusters = ['a', 'a', 'a', 'b', 'b', 'c', 'c', 'c', 'c']

  it('adds the residuals within each cluster before it squares them', () => {
    const result = standardError({ values, clusters })

    expect(result.mean).toBeCloseTo(0.555556, 6)
    expect(result.standardError).toBeCloseTo(0.1551828, 7)
    expect(result).toMatchObject({ n: 9, clusters: 3 })
  })

  it('corrects for few clusters when asked', () => {
    expect(standardError({ values, clusters, correction: true }).standardError).toBeCloseTo(0.1900593, 7)
  })

  it('is the usual standard error of the mean without clusters', () => {
    expect(standardError({ values }).standardError).toBeCloseTo(0.1756821, 7)
  })

  it('is the same however the clusters are called and the values ordered', () => {
    const renamed = clusters.map((name) => `cluster ${name.charCodeAt(0)}`).reverse()
    const mixed = standardError({ values: [...values].reverse(), clusters: renamed })

    expect(mixed.standardError).toBeCloseTo(0.1551828, 7)
  })

  it.each([
    { values: [], clusters: [], mean: null, error: null },
    { values: [1], clusters: ['a'], mean: 1, error: null },
    { values: [1, 0], clusters: ['a', 'a'], mean: 0.5, error: null },
    { values: [1, 1], clusters: ['a', 'b'], mean: 1, error: 0 },
  ])('says what it can of $values in $clusters', (row) => {
    const result = standardError({ values: row.values, clusters: row.clusters })

    expect(result.mean).toBe(row.mean)
    expect(result.standardError).toBe(row.error)
  })

  it('refuses lists of different lengths', () => {
    expect(() => standardError({ values: [1, 0], clusters: ['a'] })).toThrow(RangeError)
  })
})
