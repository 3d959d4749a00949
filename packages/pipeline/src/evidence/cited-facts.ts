import { type Instant, type LocalStamp, type PathStep, printFieldPath, readStamp } from '@touchstone/core'
import { chartLeaves } from './chart-leaves.ts'
import { type Claim, readClaims, readNumbers } from './claims.ts'
import { leafText } from './leaf.ts'

/** A place of the chart that a cite leads to, by the cite's position among the signal's cites. */
export type CitedPlace = {
  position: number
  steps: readonly PathStep[]
  value: unknown
  excerpt: string | null
}

/** A cited leaf, read for what it says; `isDirect` when the cite names it and not only something above it. */
export type CitedFact = {
  position: number
  path: string
  isDirect: boolean
  stamp: Instant | LocalStamp | null
  number: number | null
  /** What one of the leaf's number is in seconds, where its name ends in a unit of time. */
  secondsPerUnit: number | null
  claims: readonly Claim[]
  numbers: ReadonlySet<number>
  excerptClaims: readonly Claim[]
}

const LEAVES_BELOW_MAX = 200
const FACTS_MAX = 1_000

/** Reads the leaves at and below all places a signal cites (at most 1,000, and 200 below one cite). */
export function readCitedFacts(places: readonly CitedPlace[]): CitedFact[] {
  const facts: CitedFact[] = []
  const read = rememberTextClaims()
  for (const place of places) {
    for (const leaf of chartLeaves(place, LEAVES_BELOW_MAX).leaves) {
      if (facts.length >= FACTS_MAX) return facts
      const stamp = readStamp(leaf.value)
      const text = leafText(leaf.value) ?? ''
      facts.push({
        position: place.position,
        path: printFieldPath(leaf.steps),
        isDirect: leaf.steps.length === place.steps.length,
        stamp: stamp.kind === 'not_a_stamp' ? null : stamp,
        number: typeof leaf.value === 'number' ? leaf.value : null,
        secondsPerUnit: secondsPerUnit(leaf.steps),
        ...read(text),
        excerptClaims: place.excerpt === null ? [] : readClaims(place.excerpt.slice(0, 4_000)),
      })
    }
  }
  return facts
}

function rememberTextClaims(): (text: string) => { claims: Claim[]; numbers: Set<number> } {
  const known = new Map<string, { claims: Claim[]; numbers: Set<number> }>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const read = { claims: readClaims(text), numbers: readNumbers(text) }
    known.set(text, read)
    return read
  }
}

function secondsPerUnit(steps: readonly PathStep[]): number | null {
  const last = steps.findLast((step) => 'member' in step)
  const member = last !== undefined && 'member' in last ? last.member.slice(-100) : ''
  if (/(?:^|[_\W]|(?<=[a-z])(?=[A-Z]))(?:minutes?|mins?)$/i.test(member)) return 60
  if (/hours?/i.test(member) || /_hrs?$/i.test(member)) return 3600
  return /(?:^|_)(?:seconds?|secs?)$/i.test(member) ? 1 : null
}
