import { type Instant, type LocalStamp, readStamp } from '@touchstone/core'

/** Something checkable that a text says: a span of time, a clock time, a date, a stamp, or a number with its unit. */
export type Claim =
  | { kind: 'span'; seconds: number; below: number; above: number; written: number; isBound: boolean }
  | { kind: 'clock'; hour: number; minute: number; second: number | null; isTwelveHour: boolean }
  | { kind: 'date'; day: string }
  | { kind: 'stamp'; stamp: Instant | LocalStamp; isToTheSecond: boolean }
  | { kind: 'quantity'; value: number; unit: string; isBound: boolean }

const TEXT_MAX = 200_000
const NUMBER = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d{1,9})?|\d{1,12}(?:\.\d{1,9})?`
const HOURS = 'hours?|hrs?|h'
const MINUTES = 'minutes?|mins?'
const SECONDS = 'seconds?|secs?|s'
const UNITS = 'mg/dl|g/dl|mmhg|mmol|mcg|meq|bpm|mg|kg|ml|mm|cm|iu|g|l|units?|degrees?|°c?|%'

const CLAIM = new RegExp(
  [
    String.raw`(?<stamp>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?<stampSecond>:\d\d(?:\.\d{1,9})?)?\s?(?:Z|[+-]\d\d:?\d\d)?)(?![\d:])`,
    String.raw`(?<date>\d{4}-\d\d-\d\d)(?!\d)`,
    String.raw`\d{1,2}/\d{1,2}/\d{2,4}`,
    String.raw`(?<hours>\d{1,4})(?:\s?(?:${HOURS})\s?,?\s?(?:and\s)?(?=\d{1,2}\s?(?:${MINUTES}|m)(?![\p{L}\p{N}]))|h(?=[0-5]\d(?!\d)))(?<minutes>\d{1,2})(?:\s?(?:${MINUTES}|m)(?:\s?,?\s?(?:and\s)?(?<seconds>\d{1,2})\s?(?:${SECONDS})(?![\p{L}\p{N}]))?)?(?![\p{L}\p{N}])`,
    String.raw`(?<clockHour>\d{1,3}):(?<clockMinute>[0-5]\d)(?::(?<clockSecond>[0-5]\d))?(?:\s?(?<half>[ap])\.?m\b|\s?(?<spanUnit>hours?|hrs?|h)\b)?(?!\d)`,
    String.raw`(?<span>${NUMBER})[\s-]?(?<spanOf>${HOURS}|${MINUTES}|${SECONDS})(?![\p{L}\p{N}])`,
    String.raw`(?<quantity>${NUMBER})\s?(?<unit>${UNITS})(?![\p{L}\p{N}])`,
  ]
    .map((form) => `(?:${form})`)
    .join('|'),
  'giu',
)
const NOT_INSIDE = String.raw`(?<![\p{L}\p{N}.,:/]|\d-)`
const CLAIM_AT_START = new RegExp(`(?:${NOT_INSIDE}|(?<=\\dT))(?:${CLAIM.source})`, 'giu')

const BOUND_BEFORE =
  /(?:<=?|>=?|≤|≥|within|under|over|less than|fewer than|more than|greater than|at least|at most|up to|exceed(?:s|ed|ing)?|below|above|(?:limit|target|threshold|cut-?off|window)(?: is| was| of)?)\s*(?:the |a )?$/i
const BOUND_AFTER =
  /^\s*[)\]]?\s*(?:limit|target|threshold|cut-?off|window|rule|benchmark|standard|goal|mark)\b/i
const ABOUT_BEFORE = /(?:about|approx(?:imately|\.)?|around|roughly|nearly|almost|circa|~|≈)\s*$/i

/**
 * Reads the spans, clock times, dates, stamps and numbers with units that a text claims (its first 200,000
 * characters). A span carries how far it may be off: half of its last digit written ("19.1 h" is ± 0.05 h), twice
 * that after "about"; spans in hours and minutes may also have been cut. `isBound` marks what is named as a limit
 * ("within 24 h", "the 19 h limit"): not claimed of the chart.
 */
export function readClaims(text: string): Claim[] {
  const source = text.slice(0, TEXT_MAX)
  const claims: Claim[] = []
  for (const match of source.matchAll(CLAIM_AT_START)) {
    const before = source.slice(Math.max(0, match.index - 30), match.index)
    const after = source.slice(match.index + match[0].length, match.index + match[0].length + 20)
    const context = {
      isBound: BOUND_BEFORE.test(before) || BOUND_AFTER.test(after),
      width: ABOUT_BEFORE.test(before) ? 2 : 1,
    }
    const claim = readClaim(match.groups ?? {}, context)
    if (claim !== null) claims.push(claim)
  }
  return claims
}

type Groups = Readonly<Record<string, string | undefined>>
type Context = { isBound: boolean; width: number }

function readClaim(groups: Groups, context: Context): Claim | null {
  if (groups.stamp !== undefined) return readStampClaim(groups.stamp, groups.stampSecond)
  if (groups.date !== undefined) return { kind: 'date', day: groups.date }
  if (groups.hours !== undefined) return readHoursAndMinutes(groups, context)
  if (groups.clockHour !== undefined) return readClock(groups, context)
  if (groups.span !== undefined) return readSpan(groups.span, groups.spanOf ?? '', context)
  if (groups.quantity === undefined) return null
  const value = readNumber(groups.quantity)
  return { kind: 'quantity', value, unit: (groups.unit ?? '').toLowerCase(), isBound: context.isBound }
}

function readStampClaim(text: string, second: string | undefined): Claim | null {
  const stamp = readStamp(text)
  return stamp.kind === 'not_a_stamp' ? null : { kind: 'stamp', stamp, isToTheSecond: second !== undefined }
}

function readHoursAndMinutes(groups: Groups, { isBound, width }: Context): Claim {
  const minutes = Number(groups.hours) * 60 + Number(groups.minutes)
  const seconds = minutes * 60 + Number(groups.seconds ?? 0)
  const unit = groups.seconds === undefined ? 60 : 1
  return { kind: 'span', seconds, below: (unit * width) / 2, above: unit * width, written: seconds, isBound }
}

function readClock(groups: Groups, { isBound, width }: Context): Claim | null {
  const hour = Number(groups.clockHour)
  const minute = Number(groups.clockMinute)
  const second = groups.clockSecond === undefined ? null : Number(groups.clockSecond)
  if (hour > 23 || groups.spanUnit !== undefined) {
    const unit = second === null ? 60 : 1
    const seconds = hour * 3600 + minute * 60 + (second ?? 0)
    return {
      kind: 'span',
      seconds,
      below: (unit * width) / 2,
      above: unit * width,
      written: seconds,
      isBound,
    }
  }
  const half = groups.half?.toLowerCase()
  if (half !== undefined && (hour < 1 || hour > 12)) return null
  const shifted = half === undefined ? hour : (hour % 12) + (half === 'p' ? 12 : 0)
  const isTwelveHour = half === undefined && hour < 13 && groups.clockHour?.length === 1
  return { kind: 'clock', hour: shifted, minute, second, isTwelveHour }
}

function readSpan(digits: string, unitText: string, { isBound, width }: Context): Claim {
  const letter = unitText.charAt(0).toLowerCase()
  const unit = letter === 'h' ? 3600 : letter === 'm' ? 60 : 1
  const written = readNumber(digits)
  const decimals = digits.split('.')[1]?.length ?? 0
  // Half a second more, since a chart's stamps are whole seconds.
  const slack = (unit * width * 0.5) / 10 ** decimals + 0.5
  return { kind: 'span', seconds: written * unit, below: slack, above: slack, written, isBound }
}

/** Reads a plain number as people write it ("1,140" is 1140). */
function readNumber(digits: string): number {
  return Number(digits.replaceAll(',', ''))
}

const PLAIN_NUMBER = new RegExp(`(?<![\\p{L}\\p{N}.,:/])[-−]?(?:${NUMBER})(?![\\p{N}])`, 'gu')

/** All plain numbers in a text (its first 200,000 characters), units or none. */
export function readNumbers(text: string): Set<number> {
  const found = new Set<number>()
  for (const match of text.slice(0, TEXT_MAX).matchAll(PLAIN_NUMBER)) {
    found.add(readNumber(match[0].replace('−', '-')))
  }
  return found
}

/** Whether a span of that many seconds (either direction) is what a claim of a span says. */
export function isSpanClaimed(claim: Extract<Claim, { kind: 'span' }>, seconds: number): boolean {
  const size = Math.abs(seconds)
  return size >= claim.seconds - claim.below && size < claim.seconds + claim.above + 1e-6
}
