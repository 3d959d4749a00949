import { describe, expect, it } from 'vitest'
import { formatSpan, readStamp, spanBetween } from './instant.ts'

describe('the span between two stamps', () => {
  it.each([
    ['exactly at the limit', '2025-03-04T08:00:00-05:00', '2025-03-05T03:00:00-05:00', 68_400],
    ['one second past it', '2025-03-04T08:00:00-05:00', '2025-03-05T03:00:01-05:00', 68_401],
    ['offsets that differ', '2025-03-04T08:00:00-05:00', '2025-03-04T13:00:00Z', 0],
    ['the hour that summer time takes', '2025-03-08T22:00:00-05:00', '2025-03-09T04:00:00-04:00', 18_000],
    ['the hour that winter time gives', '2025-11-01T22:00:00-04:00', '2025-11-02T04:00:00-05:00', 25_200],
    ['midnight', '2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z', 1],
    ['two stamps of one clock', '2025-03-04 08:00', '2025-03-04 09:00', 3_600],
    ['a fraction, which is cut', '2025-03-04T08:00:00.000Z', '2025-03-04T08:00:01.999Z', 1],
  ])('is exact to the second: %s', (_name, start, end, seconds) => {
    expect(spanBetween(start, end)).toEqual({ kind: 'span', seconds })
  })

  it('is negative, not zero, when the stamps are reversed', () => {
    expect(spanBetween('2025-03-04T09:00:00Z', '2025-03-04T08:00:00Z')).toEqual({
      kind: 'negative',
      seconds: -3600,
    })
  })

  it.each([
    [undefined, '2025-03-04T08:00:00Z', 'missing'],
    ['2025-03-04T08:00:00Z', '  ', 'missing'],
    ['2025-03-04T08:00:00Z', 'around noon', 'not_a_stamp'],
    ['2025-02-31T08:00:00Z', '2025-03-04T08:00:00Z', 'not_a_stamp'],
    ['2025-03-04T08:00:00Z', '2025-03-04T08:00:00', 'no_offset'],
  ])('is unknown, and says why: %s to %s', (start, end, why) => {
    expect(spanBetween(start, end)).toEqual({ kind: 'unknown', why })
  })
})

describe('a stamp', () => {
  it.each([
    '2025-13-01T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T00:60:00Z',
    '2025-01-01',
    1_700_000_000,
    null,
  ])('%j is none', (value) => {
    expect(readStamp(value)).toEqual({ kind: 'not_a_stamp' })
  })

  it('keeps the offset it was written with', () => {
    expect(readStamp('2025-03-04T08:00:00-05:30')).toMatchObject({ kind: 'instant', offsetMinutes: -330 })
  })
})

describe('a span in print', () => {
  it.each([
    [68_401, '19:00:01'],
    [0, '00:00:00'],
    [-61, '−00:01:01'],
    [360_000, '100:00:00'],
  ])('%i seconds are %s', (seconds, text) => {
    expect(formatSpan(seconds)).toBe(text)
  })
})
