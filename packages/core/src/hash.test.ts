import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, contentHash, sha256Hex } from './hash.ts'

describe('canonical JSON', () => {
  it('sorts keys by code unit and prints numbers as RFC 8785 does', () => {
    const value = { '€': 1, '\r': 2, '1': 3, ö: 4, numbers: [1e30, 4.5, 0.002, 1e-27, -0] }
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":3,"numbers":[1e+30,4.5,0.002,1e-27,0],"ö":4,"€":1}')
  })

  it('is the same for equal values, whatever the order of their keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse())
        expect(contentHash(reversed)).toBe(contentHash(value))
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value))
      }),
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, () => 1, [undefined]])(
    'refuses what JSON cannot hold',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(/cannot hold/)
    },
  )
})

it('SHA-256 agrees with the published test vector', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
