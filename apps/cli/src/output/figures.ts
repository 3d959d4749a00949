import type { Estimate } from '@touchstone/core'

// Under this many samples an interval spans nearly everything, so the counts are said instead.
const TELLING_MIN = 5

/** A rate with its interval: `92.5 % (80–97 · n 40)`; in words where there is too little to tell. */
export function writeRate({ estimate, low, high, n }: Estimate): string {
  if (n === 0) return 'nothing to count'
  if (estimate === null) return `not known (n ${n})`
  if (n < TELLING_MIN || low === null || high === null) {
    return `${Math.round(estimate * n)} of ${n}, too few to tell`
  }
  return `${percent(estimate)} (${whole(low)}–${whole(high)} · n ${n})`
}

/** A difference of rates in percentage points with its sign and interval: `−2.5 (−4.6 … −0.4)`. */
export function writeDifference({ estimate, low, high, n }: Estimate): string {
  if (n === 0 || estimate === null) return 'nothing to compare'
  const points = `${signed(estimate)} points`
  if (low === null || high === null || n < TELLING_MIN) return `${points}, too few to tell (n ${n})`
  return `${points} (${signed(low)} … ${signed(high)})`
}

/** A share as a percentage with one decimal: `92.5 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

/** A part of a whole as a percentage without decimals; the given words where the whole is empty. */
export function writeShare({
  part,
  whole: all,
  none,
}: {
  part: number
  whole: number
  none: string
}): string {
  return all === 0 ? none : `${Math.round((part / all) * 100)} %`
}

/** Money: `$0.0042`, more decimals the smaller it is. */
export function writeMoney(amount: number | null): string {
  if (amount === null) return 'not known'
  if (amount === 0) return '$0'
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`
}

/** A time: `12 ms`, `1.2 s`. */
export function writeTime(milliseconds: number | null): string {
  if (milliseconds === null) return 'not known'
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}

/** A count with its thousands apart: `1,204`. */
export function writeCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

function whole(share: number): string {
  return String(Math.round(share * 100))
}

function signed(share: number): string {
  const points = Math.abs(share * 100).toFixed(1)
  if (Number(points) === 0) return points
  return share < 0 ? `−${points}` : `+${points}`
}
