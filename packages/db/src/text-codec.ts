import type { JsonValue } from '@touchstone/core'

/**
 * What a model or an upload writes, as PostgreSQL can keep it. TEXT and JSONB refuse NUL, and UTF-8 has no
 * lone surrogates; both occur in what models write. Ordinary text is kept as it is. Text that holds such a
 * character, or looks as if it had been escaped, begins with U+FDD0, and in it U+FDD1 and four hex digits
 * stand for one UTF-16 unit. Both are noncharacters, which Unicode keeps free for uses like this.
 */
const ESCAPED = '\uFDD0'
const UNIT = '\uFDD1'
// A NUL, either marker, or a surrogate without its other half.
const TO_ESCAPE = /[\0\uFDD0\uFDD1]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
const REFUSED = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/
const WRITTEN_UNIT = /\uFDD1([0-9a-f]{4})/g

/** Text that a TEXT column takes, and whether it had to be escaped; `decodeText` gives back what came in. */
export function encodeText(text: string): { text: string; escaped: boolean } {
  if (!text.startsWith(ESCAPED) && !REFUSED.test(text)) return { text, escaped: false }
  const body = text.replace(TO_ESCAPE, (unit) => UNIT + unit.charCodeAt(0).toString(16).padStart(4, '0'))
  return { text: ESCAPED + body, escaped: true }
}

/** The text that `encodeText` was given. */
export function decodeText(stored: string): string {
  if (!stored.startsWith(ESCAPED)) return stored
  return stored
    .slice(ESCAPED.length)
    .replace(WRITTEN_UNIT, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** A JSON value that a JSONB column takes: its strings and keys encoded, and whether any had to be escaped. */
export function encodeJson(value: JsonValue): { value: JsonValue; escaped: boolean } {
  let escaped = false
  const encoded = mapText(value, (text) => {
    const one = encodeText(text)
    escaped ||= one.escaped
    return one.text
  })
  return escaped ? { value: encoded, escaped } : { value, escaped }
}

/** The JSON value that `encodeJson` was given. */
export function decodeJson(stored: JsonValue): JsonValue {
  return mapText(stored, decodeText)
}

function mapText(value: JsonValue, change: (text: string) => string): JsonValue {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((member) => mapText(member, change))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [change(key), mapText(member, change)]),
  )
}
