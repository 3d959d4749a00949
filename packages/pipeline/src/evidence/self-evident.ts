import { readStamp } from '@touchstone/core'
import { isClockOf, isSameStamp, localDayOf } from './claim-time.ts'
import { readClaims, readNumbers } from './claims.ts'
import { findWhole } from './find-excerpt.ts'
import { leafKind } from './leaf.ts'
import { normaliseText } from './normal-text.ts'

const EXCERPT_MAX = 500
const NEGATION = /(?<![\p{L}\p{N}])(?:no|not|non|never|without)(?![\p{L}\p{N}])/u
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['false', false],
  ['no', false],
])

/**
 * Whether an excerpt says what a self-evident leaf holds. A stamp is met by the same point in time, or by its own
 * clock or date, to the precision written; a number by an equal number however it is written; a boolean by true,
 * yes, false or no; a code by itself; null by "null". A label before it ("ArrivalInstant: ") is allowed.
 */
export function isSaidByLeaf(value: unknown, excerpt: string): boolean {
  const said = normaliseText(excerpt.slice(0, EXCERPT_MAX)).text.replace(/^"+|"+$/g, '')
  switch (leafKind(value)) {
    case 'timestamp':
      return isStampSaid(value, excerpt.slice(0, EXCERPT_MAX))
    case 'number':
      return typeof value === 'number' && isNumberSaid(value, said)
    case 'boolean':
      return BOOLEANS.get(withoutLabel(said)) === value
    case 'null':
      return withoutLabel(said) === 'null'
    default:
      return typeof value === 'string' && isCodeSaid(value, said)
  }
}

function withoutLabel(said: string): string {
  return said.replace(/^[\p{L}\d_ .[\]"]{1,80}?\s?[:=]\s?/u, '').replace(/^"|"$/g, '')
}

function isStampSaid(value: unknown, excerpt: string): boolean {
  const stamp = readStamp(value)
  if (stamp.kind === 'not_a_stamp') return false
  if (normaliseText(excerpt).text === normaliseText(stamp.text).text) return true
  const claims = readClaims(excerpt).filter((claim) => claim.kind !== 'quantity')
  return (
    claims.length > 0 &&
    claims.every((claim) => {
      if (claim.kind === 'clock') return isClockOf(claim, stamp)
      if (claim.kind === 'date') return claim.day === localDayOf(stamp)
      return claim.kind === 'stamp' && isSameStamp(claim, stamp)
    })
  )
}

function isNumberSaid(value: number, said: string): boolean {
  const numbers = readNumbers(said)
  const own = Number(said)
  return (said !== '' && own === value) || (numbers.size === 1 && numbers.has(value))
}

function isCodeSaid(value: string, said: string): boolean {
  const code = normaliseText(value).text
  if (said === code || withoutLabel(said) === code) return true
  if (code === '' || said.split(' ').length > 6) return false
  const [place] = findWhole(said, code)
  return place !== undefined && !NEGATION.test(said.slice(0, place.start))
}
