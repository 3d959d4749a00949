import type { Chart, Leaf, Statement } from './chart.ts'
import { eventStem, wallSeconds } from './stamps.ts'

/** A time that a text of the chart gives for the event of a stamp, as its shift from the stamp in seconds. */
export type RivalTime = { statement: Statement; shift: number }

const DAY_SECONDS = 86_400
const CLOCK = /\b([01]?\d|2[0-3]):?([0-5]\d)(?::([0-5]\d))?\b(?!\s*(?:mg|ml|kg|cc|mcg|%|\/))/g
const WRITTEN =
  /\b(?:addend(?:um|a)|late entry|charted|documented|dictated|entered|signed|filed|written|authored)\b/i
const FAR_CHARS = 60

/** Every time by a minute or more off that a text gives for a stamp's event; a text without a date is taken to mean the nearest day. */
export function findRivalTimes(
  stamp: Leaf,
  { chart, isWritingTimeSetAside }: { chart: Chart; isWritingTimeSetAside: boolean },
): RivalTime[] {
  const event = eventStem(stamp)
  if (event === null) return []
  const rivals: RivalTime[] = []
  for (const statement of chart.statements) {
    const seconds = clockSaid(statement, { event, isWritingTimeSetAside })
    if (seconds === null || statement.leaf === stamp) continue
    const shift = seconds - (wallSeconds(stamp) % DAY_SECONDS)
    const nearest =
      shift > DAY_SECONDS / 2 ? shift - DAY_SECONDS : shift < -DAY_SECONDS / 2 ? shift + DAY_SECONDS : shift
    if (Math.abs(nearest) >= 60) rivals.push({ statement, shift: nearest })
  }
  return rivals
}

/** The clock time a statement gives for an event, in seconds of the day; null where it gives none or speaks of a plan. */
function clockSaid(
  { clause }: Statement,
  { event, isWritingTimeSetAside }: { event: string; isWritingTimeSetAside: boolean },
): number | null {
  const at = clause.words.findIndex((word) => word.stem === event)
  const said = clause.words[at]
  if (said === undefined || clause.negated[at]) return null
  const isAside = (['other_patient', 'family', 'planned', 'conditional'] as const).some((sense) =>
    clause.senses.has(sense),
  )
  if (isAside) return null
  const place = clause.text.toLowerCase().indexOf(said.lower)
  let best: { seconds: number; distance: number } | null = null
  for (const match of clause.text.matchAll(CLOCK)) {
    const lead = clause.text.slice(Math.max(0, match.index - 25), match.index)
    if (!match[0].includes(':') && !/\b(?:at|@|time)\s*$/i.test(lead)) continue
    if (isWritingTimeSetAside && WRITTEN.test(lead)) continue
    const distance = match.index >= place ? match.index - place : (place - match.index) * 2
    const seconds = Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0)
    if (distance < FAR_CHARS && (best === null || distance < best.distance)) best = { seconds, distance }
  }
  return best === null ? null : best.seconds
}
