import { readStamp } from '@touchstone/core'

/** What kind of thing stands at a place of the chart. `code` is a text that speaks for itself; `text` has to be quoted. */
export type LeafKind = 'timestamp' | 'number' | 'boolean' | 'null' | 'code' | 'text' | 'container'

const CODE_LENGTH_MAX = 32
const DATE_OR_CLOCK = /^[\d/.:-]{4,20}(?:[ T][\d:.]{4,15})?\s*(?:[ap]\.?m\.?|Z|[+-]\d{2}:?\d{2})?$/i
const QUANTITY = /^[<>≤≥~]?\s*[-+]?\d[\d.,]{0,20}\s*[\p{L}%°µ/]{0,12}$/u

/**
 * Tells what kind of leaf a value is. A text is a code, evident by itself, when it is one short token (24538,
 * S42.412A, URGENT), a date, a clock time or one quantity ("12.5 mg"), or blank; every other text is free text.
 */
export function leafKind(value: unknown): LeafKind {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number') return 'number'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value !== 'string') return 'container'
  if (readStamp(value).kind !== 'not_a_stamp') return 'timestamp'
  const text = value.trim()
  if (text.length > 2 * CODE_LENGTH_MAX) return 'text'
  const isToken = text.length <= CODE_LENGTH_MAX && !/\s/u.test(text)
  return isToken || DATE_OR_CLOCK.test(text) || QUANTITY.test(text) ? 'code' : 'text'
}

/** A leaf's text as the chart has it; null for containers and for null. */
export function leafText(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}
