import { Client } from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase } from './testing.ts'
import { decodeJson, decodeText, encodeJson, encodeText } from './text-codec.ts'

// Units that matter to the codec, dense enough that pairs, halves and markers meet in every order.
const UNITS = [
  '\0',
  '\uD83D',
  '\uDE00',
  '\uDFFF',
  '\uD800',
  '\uFDD0',
  '\uFDD1',
  '0',
  'd',
  'é',
  '汉',
  ' ',
  '\\u0000',
]

/** Seeded texts (mulberry32), so that a failure can be had again. */
function textsOf(seed: number, count: number): string[] {
  let state = seed
  const next = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
  return Array.from({ length: count }, () =>
    Array.from({ length: next(12) }, () => UNITS[next(UNITS.length)]).join(''),
  )
}

test('20,000 texts of the most awkward units come back as they were, in storable form', () => {
  const texts = textsOf(7, 20_000)

  for (const text of texts) {
    const { text: stored, escaped } = encodeText(text)
    expect(decodeText(stored)).toBe(text)
    expect(stored.includes('\0')).toBe(false)
    expect(stored.isWellFormed()).toBe(true)
    if (!escaped) expect(stored).toBe(text)
  }
  expect(texts.filter((text) => encodeText(text).escaped).length).toBeGreaterThan(1000)
})

test('different texts are never stored alike', () => {
  const texts = [...new Set(textsOf(11, 20_000))]

  expect(new Set(texts.map((text) => encodeText(text).text)).size).toBe(texts.length)
})

test.each(['', 'No NPO violation documented', 'É 汉字 😀', '\\u0000', 'a\uFDD1b', '\n\t'])(
  '%j is kept as it is',
  (text) => {
    expect(encodeText(text)).toEqual({ text, escaped: false })
  },
)

test('keys and nested strings of a JSON value are encoded, __proto__ among them', () => {
  const value = JSON.parse('{"__proto__": "\\u0000", "a\\ud800": [1, null, {"b": "\\udc00"}]}')

  const { value: stored, escaped } = encodeJson(value)

  expect(escaped).toBe(true)
  expect(JSON.stringify(decodeJson(stored))).toBe(JSON.stringify(value))
})

test('a JSON value that needs nothing is returned itself', () => {
  const value = { a: ['x', 1.5, true, null] }

  expect(encodeJson(value)).toEqual({ value, escaped: false })
  expect(encodeJson(value).value).toBe(value)
})

test('PostgreSQL keeps every encoded text, as TEXT and inside JSONB', async () => {
  await using fresh = await freshDatabase({ isEmpty: true })
  const client = new Client({ connectionString: fresh.appUrl })
  await client.connect()
  const texts = textsOf(23, 500)
  const value = Object.fromEntries(texts.map((text, index) => [`${index} ${text}`, text]))

  const { rows } = await client.query<{ texts: string[]; value: Record<string, string> }>(
    'SELECT $1::text[] AS texts, $2::jsonb AS value',
    [texts.map((text) => encodeText(text).text), JSON.stringify(encodeJson(value).value)],
  )
  await client.end()

  expect(rows[0]?.texts.map(decodeText)).toEqual(texts)
  expect(decodeJson(rows[0]?.value ?? null)).toEqual(value)
})
