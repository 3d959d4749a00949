import { describe, expect, it } from 'vitest'
import { findJson } from './find-json.ts'

describe('JSON in a text', () => {
  it('is found with brackets and quotes inside its strings', () => {
    const value = { text: 'a } and a ] and a "quote"', list: [1, { deep: true }] }

    expect(findJson(`Chart: ${JSON.stringify(value)} end`)).toMatchObject([{ value, start: 7 }])
  })

  it('is passed over where it is none', () => {
    expect(findJson('a set {x, y}, a path notes[*].text, an open { bracket')).toEqual([])
  })

  it('is looked for in bounded time among brackets that never close', () => {
    const startedAt = performance.now()

    expect(findJson('{'.repeat(100_000))).toEqual([])
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})
