import { type Measure, spanBetween } from '@touchstone/core'
import { type CitedFact, type CitedPlace, readCitedFacts } from './cited-facts.ts'
import { isClockOf, isSameStamp, localDayOf } from './claim-time.ts'
import { type Claim, isSpanClaimed, readClaims } from './claims.ts'

const FINDING_MAX = 4_000
const CLAIMS_MAX = 50
const STAMPS_MAX = 60

/**
 * Holds what a finding claims against all places the signal cites, together; gives the positions of the cites
 * whose chart text says otherwise.
 *
 * A span is met by the difference of any two cited stamps, by how far such a difference lies from the measure's
 * limit, by a cited number, or by a text that says it; the measure's own limit, and what is named as a limit, may
 * always be named. A clock time, date or stamp is met by a cited stamp or text; a number with a unit by a cited
 * number or text.
 *
 * An unmet claim concerns, of the cites that meet no other claim of its kind: for a span the stamps if at least two
 * are cited, and numbers of time; for a clock time, date or stamp the stamps; for a number the numbers; and where
 * there are none of these, the excerpts that say something of the same kind. A claim that concerns no cite says
 * nothing against any.
 */
export function findDeniedCites(
  finding: string | null,
  places: readonly CitedPlace[],
  measure: Measure | null,
): Set<number> {
  const claims = finding === null ? [] : readClaims(finding.slice(0, FINDING_MAX)).slice(0, CLAIMS_MAX)
  const denied = new Set<number>()
  if (claims.length === 0 || places.length === 0) return denied
  const facts = readCitedFacts(places)
  const limit = measure === null ? null : measure.limit_minutes * 60
  const met = new Map<ClaimFamily, Set<number>>()
  const unmet: Claim[] = []
  for (const claim of claims) {
    const by = meetClaim(claim, facts, limit)
    if (by === null) unmet.push(claim)
    else met.set(familyOf(claim), new Set([...(met.get(familyOf(claim)) ?? []), ...by]))
  }
  for (const claim of unmet) {
    const elsewhere = met.get(familyOf(claim))
    for (const position of concernedCites(claim, facts)) {
      if (!elsewhere?.has(position)) denied.add(position)
    }
  }
  return denied
}

type ClaimFamily = 'span' | 'point' | 'quantity'

function familyOf(claim: Claim): ClaimFamily {
  return claim.kind === 'span' || claim.kind === 'quantity' ? claim.kind : 'point'
}

/** The positions of the cites that say what is claimed; empty when it may be said without a cite; null when none does. */
function meetClaim(claim: Claim, facts: readonly CitedFact[], limit: number | null): number[] | null {
  if ((claim.kind === 'span' || claim.kind === 'quantity') && claim.isBound) return []
  const by = facts.filter((fact) => isSaidByFact(claim, fact)).map((fact) => fact.position)
  if (claim.kind === 'span') {
    if (limit !== null && isSpanClaimed(claim, limit)) return []
    by.push(...meetSpan((seconds) => isSpanClaimed(claim, seconds), facts, limit))
  }
  if (claim.kind === 'clock' && by.length === 0) {
    // What is written 12:30 may be a span, too.
    const seconds = claim.hour * 3600 + claim.minute * 60 + (claim.second ?? 0)
    const width = claim.second === null ? 60 : 1
    if (limit !== null && seconds === limit) return []
    by.push(
      ...meetSpan((span) => Math.abs(span) >= seconds && Math.abs(span) < seconds + width, facts, limit),
    )
  }
  return by.length === 0 ? null : by
}

function isSaidByFact(claim: Claim, fact: CitedFact): boolean {
  switch (claim.kind) {
    case 'span':
      return (
        fact.number === claim.written ||
        fact.numbers.has(claim.written) ||
        (fact.number !== null &&
          fact.secondsPerUnit !== null &&
          isSpanClaimed(claim, fact.number * fact.secondsPerUnit)) ||
        fact.claims.some((own) => own.kind === 'span' && isSpanClaimed(claim, own.seconds))
      )
    case 'quantity':
      return fact.number === claim.value || fact.numbers.has(claim.value)
    case 'clock':
      return (
        (fact.stamp !== null && isClockOf(claim, fact.stamp)) ||
        fact.claims.some((own) => isPointWithClock(own, claim))
      )
    case 'date':
      return (
        (fact.stamp !== null && localDayOf(fact.stamp) === claim.day) ||
        fact.claims.some((own) => dayOf(own) === claim.day)
      )
    case 'stamp':
      return (
        (fact.stamp !== null && isSameStamp(claim, fact.stamp)) ||
        fact.claims.some((own) => own.kind === 'stamp' && isSameStamp(claim, own.stamp))
      )
  }
}

function isPointWithClock(own: Claim, claim: Extract<Claim, { kind: 'clock' }>): boolean {
  if (own.kind === 'stamp') return isClockOf(claim, own.stamp)
  if (own.kind !== 'clock' || own.minute !== claim.minute) return false
  const isHour = own.hour === claim.hour || (claim.isTwelveHour && (claim.hour + 12) % 24 === own.hour)
  return isHour && (claim.second === null || own.second === null || own.second === claim.second)
}

function dayOf(claim: Claim): string | null {
  if (claim.kind === 'date') return claim.day
  return claim.kind === 'stamp' ? localDayOf(claim.stamp) : null
}

function meetSpan(
  isClaimed: (seconds: number) => boolean,
  facts: readonly CitedFact[],
  limit: number | null,
): number[] {
  const stamps = citedStamps(facts).slice(0, STAMPS_MAX)
  const by: number[] = []
  stamps.forEach((from, index) => {
    for (const to of stamps.slice(index + 1)) {
      const span = spanBetween(from.stamp?.text, to.stamp?.text)
      if (span.kind === 'unknown') continue
      const isMet = isClaimed(span.seconds) || (limit !== null && isClaimed(Math.abs(span.seconds) - limit))
      if (isMet) by.push(from.position, to.position)
    }
  })
  return by
}

function citedStamps(facts: readonly CitedFact[]): CitedFact[] {
  const byPath = new Map<string, CitedFact>()
  for (const fact of facts) {
    if (fact.stamp !== null && !byPath.has(fact.path)) byPath.set(fact.path, fact)
  }
  return [...byPath.values()]
}

function concernedCites(claim: Claim, facts: readonly CitedFact[]): number[] {
  const direct = facts.filter((fact) => fact.isDirect)
  const stamps = direct.filter((fact) => fact.stamp !== null)
  const family = familyOf(claim)
  const concerned =
    family === 'span'
      ? [
          ...(citedStamps(stamps).length >= 2 ? stamps : []),
          ...direct.filter((fact) => fact.number !== null && fact.secondsPerUnit !== null),
        ]
      : family === 'point'
        ? stamps
        : direct.filter((fact) => fact.number !== null)
  const orElse = direct.filter((fact) => fact.excerptClaims.some((own) => familyOf(own) === family))
  return (concerned.length > 0 ? concerned : orElse).map((fact) => fact.position)
}
