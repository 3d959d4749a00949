import { readStamp, type Stamp } from '@touchstone/core'
import type { Chart, Leaf } from './chart.ts'
import { splitWords, stemOf } from './words.ts'

/** The words of a leaf's own name as stems: `OrArrivalInstant` gives or, arrival, instant. */
export function nameStems(leaf: Pick<Leaf, 'path'>): string[] {
  const own = leaf.path.slice(leaf.path.lastIndexOf('.') + 1)
  return splitWords(own.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/_/g, ' ')).map((word) => word.stem)
}

const GENERAL_NAMES = new Set(['instant', 'time', 'start', 'end', 'stamp', 'at', 'date', 'first'].map(stemOf))

/** The word of a stamp's name that says of which event it is the time; null where it has none. */
export function eventStem(leaf: Pick<Leaf, 'path'>): string | null {
  return nameStems(leaf).find((stem) => !GENERAL_NAMES.has(stem)) ?? null
}

/** The stamp a prompt names: by its path, else by a word for its event; null where the chart has none. */
export function findStamp(name: string, chart: Chart): Leaf | null {
  const exact = chart.byPath.get(name)
  if (exact !== undefined && exact.value !== '') return exact
  if (name.includes('.')) return null
  const stem = stemOf(name.toLowerCase())
  return chart.leaves.find((leaf) => leaf.isStamp && nameStems(leaf).includes(stem)) ?? null
}

/** What the clock on the wall showed at a stamp, its zone left aside; infinite where it is no stamp. */
export function wallSeconds(leaf: Leaf): number {
  return wallSecondsOf(readStamp(leaf.value)) ?? Number.POSITIVE_INFINITY
}

/** The same of a stamp that is read already; null where it is none. */
export function wallSecondsOf(stamp: Stamp): number | null {
  if (stamp.kind === 'instant') return stamp.epochSeconds + stamp.offsetMinutes * 60
  return stamp.kind === 'local' ? stamp.localSeconds : null
}
