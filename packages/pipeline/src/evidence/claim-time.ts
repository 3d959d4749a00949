import type { Instant, LocalStamp } from '@touchstone/core'
import type { Claim } from './claims.ts'

type Stamped = Instant | LocalStamp

/** A stamp's reading on the clock where it was written, in seconds as if that clock were UTC. */
function localSecondsOf(stamp: Stamped): number {
  return stamp.kind === 'instant' ? stamp.epochSeconds + stamp.offsetMinutes * 60 : stamp.localSeconds
}

/** A stamp's date on the clock where it was written, as YYYY-MM-DD. */
export function localDayOf(stamp: Stamped): string {
  return new Date(localSecondsOf(stamp) * 1000).toISOString().slice(0, 10)
}

/** Whether a claimed clock time is what a stamp's own clock shows, to the precision claimed. */
export function isClockOf(claim: Extract<Claim, { kind: 'clock' }>, stamp: Stamped): boolean {
  const ofDay = (((localSecondsOf(stamp) % 86_400) + 86_400) % 86_400) | 0
  const minuteOfDay = Math.floor(ofDay / 60)
  const claimed = claim.hour * 60 + claim.minute
  const isMinute = claimed === minuteOfDay || (claim.isTwelveHour && (claimed + 720) % 1440 === minuteOfDay)
  return isMinute && (claim.second === null || claim.second === ofDay % 60)
}

/**
 * Whether a claimed stamp is the same point in time as a stamp of the chart, to the precision claimed. Without an
 * offset on either side their clocks are compared.
 */
export function isSameStamp(claim: Extract<Claim, { kind: 'stamp' }>, stamp: Stamped): boolean {
  const areInstants = claim.stamp.kind === 'instant' && stamp.kind === 'instant'
  const claimed = areInstants ? epochOf(claim.stamp) : localSecondsOf(claim.stamp)
  const actual = areInstants ? epochOf(stamp) : localSecondsOf(stamp)
  if (claim.isToTheSecond) return claimed === actual
  return Math.floor(claimed / 60) === Math.floor(actual / 60)
}

function epochOf(stamp: Stamped): number {
  return stamp.kind === 'instant' ? stamp.epochSeconds : stamp.localSeconds
}
