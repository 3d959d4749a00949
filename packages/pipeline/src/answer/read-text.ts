import type { DefectKind } from '@touchstone/core'

/** The longest finding, reason or excerpt that is kept, in characters (UTF-16 units). */
export const TEXT_MAX = 4000
/** The longest code that is kept. */
export const CODE_MAX = 100

/** Whether a value is an object that is no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Cuts a text to a length and notes it; a character of two units is not split. */
export function cutText(
  text: string,
  { max, note }: { max: number; note?: (kind: DefectKind) => void },
): string {
  if (text.length <= max) return text
  note?.('text_cut')
  return text.slice(0, /[\uD800-\uDBFF]/.test(text.charAt(max - 1)) ? max - 1 : max)
}

/** Reads an optional text of an answer; anything else in its place is noted and dropped. */
export function readText(written: unknown, note: (kind: DefectKind) => void): string | null {
  if (written === undefined || written === null) return null
  if (typeof written === 'string') return cutText(written, { max: TEXT_MAX, note })
  note('malformed_signal')
  return null
}

/** Reads an optional confidence; what is no number from 0 to 1 is noted and dropped. */
export function readConfidence(written: unknown, note: (kind: DefectKind) => void): number | null {
  if (written === undefined || written === null) return null
  if (typeof written === 'number' && written >= 0 && written <= 1) return written
  note('confidence_out_of_range')
  return null
}
