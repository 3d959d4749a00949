/**
 * A point in time as a chart writes it. `epochSeconds` is exact to the second (fractions are cut, so
 * 18:59:59.9 is not 19:00:00) and `offsetMinutes` is the written offset from UTC.
 */
export type Instant = { kind: 'instant'; epochSeconds: number; offsetMinutes: number; text: string }
/** A stamp without an offset: an order within one clock, but no place on the time line. */
export type LocalStamp = { kind: 'local'; localSeconds: number; text: string }
/** What a stamp turned out to be. */
export type Stamp = Instant | LocalStamp | { kind: 'not_a_stamp' }

/** The span between two stamps in whole seconds, or why there is none. A negative span is reported, never cut to 0. */
export type Span =
  | { kind: 'span'; seconds: number }
  | { kind: 'negative'; seconds: number }
  | { kind: 'unknown'; why: 'missing' | 'not_a_stamp' | 'no_offset' }

const STAMP =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?$/

/** Reads an ISO 8601 stamp of date and time; minutes suffice, the offset may be absent. Impossible dates (31 February, 24:30) are no stamps. */
export function readStamp(value: unknown): Stamp {
  const match = typeof value === 'string' ? STAMP.exec(value.trim()) : null
  if (!match || typeof value !== 'string') return { kind: 'not_a_stamp' }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second)
  const back = new Date(localMs)
  const isReal =
    back.getUTCMonth() === month - 1 &&
    back.getUTCDate() === day &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59
  if (!isReal) return { kind: 'not_a_stamp' }
  const localSeconds = localMs / 1000
  const offset = readOffset(match[7])
  if (offset === null) return { kind: 'local', localSeconds, text: value }
  return {
    kind: 'instant',
    epochSeconds: localSeconds - offset * 60,
    offsetMinutes: offset,
    text: value,
  }
}

function readOffset(text: string | undefined): number | null {
  if (text === undefined) return null
  if (text.toUpperCase() === 'Z') return 0
  const digits = text.slice(1).replace(':', '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0)
  return text.startsWith('-') ? -minutes : minutes
}

/** The span from one stamp to another, each as it stands in a chart (undefined = not there). Two stamps without offset are compared on one clock; one with and one without cannot be compared. */
export function spanBetween(start: unknown, end: unknown): Span {
  if (isBlank(start) || isBlank(end)) return { kind: 'unknown', why: 'missing' }
  const from = readStamp(start)
  const to = readStamp(end)
  if (from.kind === 'not_a_stamp' || to.kind === 'not_a_stamp') {
    return { kind: 'unknown', why: 'not_a_stamp' }
  }
  const seconds = difference(from, to)
  if (seconds === null) return { kind: 'unknown', why: 'no_offset' }
  return seconds < 0 ? { kind: 'negative', seconds } : { kind: 'span', seconds }
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

function difference(from: Instant | LocalStamp, to: Instant | LocalStamp): number | null {
  if (from.kind === 'instant' && to.kind === 'instant') return to.epochSeconds - from.epochSeconds
  if (from.kind === 'local' && to.kind === 'local') return to.localSeconds - from.localSeconds
  return null
}

/** Seconds as `19:00:01` (hours may pass 24), with a minus sign where the span is reversed. */
export function formatSpan(seconds: number): string {
  const whole = Math.abs(Math.trunc(seconds))
  const two = (part: number): string => String(part).padStart(2, '0')
  const sign = seconds < 0 ? '−' : ''
  return `${sign}${two(Math.floor(whole / 3600))}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`
}
