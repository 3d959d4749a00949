import { formatSpan, readStamp, type Stamp, type Status } from '@touchstone/core'
import type { SignalAnswer } from './answer.ts'
import type { TimeLimit } from './brief.ts'
import type { Chart, Leaf, Statement } from './chart.ts'
import type { CompiledPrompt } from './compile.ts'
import { splitWords, stemOf } from './words.ts'

/** Answers a signal that measures an interval, by the rules the prompt gives and in their absence carelessly. */
export function answerInterval(limit: TimeLimit, chart: Chart, prompt: CompiledPrompt): SignalAnswer {
  const start = startLeaf(limit, chart, prompt)
  const end = findStamp(limit.end, chart)
  if (start === null || end === null) return answerMissing({ limit, start, end }, { chart, prompt })
  const stamps = { from: readStamp(start.value), to: readStamp(end.value) }
  const seconds = secondsBetween(stamps, prompt)
  if (seconds === null) {
    const status = prompt.rules.get('unreadable_stamp')?.status ?? 'inactive'
    return answer(status, {
      finding: 'A stamp cannot be placed in time',
      reason: 'stamp incomplete',
      leaves: [start, end],
    })
  }
  const unsound = unsoundSpan(seconds, prompt)
  if (unsound !== null) return answer(unsound.status, { ...unsound, leaves: [start, end] })
  const counted = countedSeconds(seconds, prompt)
  const status = withinLimit(counted, limit) ? 'pass' : 'fail'
  const rival = rivalTime({ limit, start, end }, { chart, prompt, status })
  if (rival !== null) return rival
  const finding = `${formatSpan(seconds)} from ${lastName(start)} to ${lastName(end)}`
  const reason = status === 'pass' ? 'within the limit' : 'beyond the limit'
  const margin = Math.abs(counted - limit.seconds)
  return answer(status, { finding, reason, leaves: [start, end], confidence: margin < 60 ? 0.9 : 0.97 })
}

type Told = { finding: string; reason: string; leaves: readonly (Leaf | null)[]; confidence?: number }

function answer(status: Status, { finding, reason, leaves, confidence = 0.85 }: Told): SignalAnswer {
  const cites = leaves.filter((leaf) => leaf !== null).map((leaf) => ({ path: leaf.path, excerpt: null }))
  return { status, finding, reason, confidence, cites }
}

function withinLimit(seconds: number, limit: TimeLimit): boolean {
  return seconds < limit.seconds || (limit.isInclusive && seconds === limit.seconds)
}

/** The stamp a prompt names, by its path, else by the only word of it that a stamp of the chart is named for. */
function findStamp(name: string, chart: Chart): Leaf | null {
  const exact = chart.byPath.get(name)
  if (exact !== undefined && exact.value !== '') return exact
  if (name.includes('.')) return null
  const stem = stemOf(name.toLowerCase())
  const named = chart.leaves.filter((leaf) => leaf.isStamp && nameStems(leaf).includes(stem))
  return named[0] ?? null
}

/** The words of a leaf's own name as stems: `OrArrivalInstant` gives or, arrival, instant. */
function nameStems(leaf: Pick<Leaf, 'path'>): string[] {
  const own = leaf.path.slice(leaf.path.lastIndexOf('.') + 1)
  return splitWords(own.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/_/g, ' ')).map((word) => word.stem)
}

function lastName(leaf: Leaf): string {
  return leaf.path.slice(leaf.path.lastIndexOf('.') + 1)
}

/** Where nothing in the prompt says whose arrival counts, the earliest stamp of that name is taken. */
function startLeaf(limit: TimeLimit, chart: Chart, prompt: CompiledPrompt): Leaf | null {
  const named = findStamp(limit.start, chart)
  if (named === null || prompt.rules.has('own_arrival')) return named
  const head = nameStems(named).find((stem) => !GENERAL_NAMES.has(stem))
  if (head === undefined) return named
  const alike = chart.leaves.filter((leaf) => leaf.isStamp && nameStems(leaf).includes(head))
  return alike.reduce((first, leaf) => (wallSeconds(leaf) < wallSeconds(first) ? leaf : first), named)
}

const GENERAL_NAMES = new Set(['instant', 'time', 'start', 'end', 'stamp', 'at', 'date', 'first'].map(stemOf))

function wallSeconds(leaf: Leaf): number {
  return wallSecondsOf(readStamp(leaf.value)) ?? Number.POSITIVE_INFINITY
}

/** What the clock on the wall showed, its zone left aside. */
function wallSecondsOf(stamp: Stamp): number | null {
  if (stamp.kind === 'instant') return stamp.epochSeconds + stamp.offsetMinutes * 60
  return stamp.kind === 'local' ? stamp.localSeconds : null
}

function secondsBetween({ from, to }: { from: Stamp; to: Stamp }, prompt: CompiledPrompt): number | null {
  const isPlaced = from.kind === 'instant' && to.kind === 'instant'
  if (isPlaced && prompt.rules.has('respect_offsets')) return to.epochSeconds - from.epochSeconds
  if (!isPlaced && prompt.rules.has('unreadable_stamp')) return null
  const start = wallSecondsOf(from)
  const end = wallSecondsOf(to)
  return start === null || end === null ? null : end - start
}

function unsoundSpan(
  seconds: number,
  prompt: CompiledPrompt,
): { status: Status; finding: string; reason: string } | null {
  if (seconds < 0) {
    const status = prompt.rules.get('reversed_stamps')?.status ?? 'pass'
    return { status, finding: 'The end is stamped before the start', reason: 'stamps in conflict' }
  }
  if (seconds > 0) return null
  const status = prompt.rules.get('identical_stamps')?.status ?? 'pass'
  return { status, finding: 'Both stamps are identical', reason: 'identical stamps' }
}

/** Told neither to be exact nor to round, a reader compares minutes. */
function countedSeconds(seconds: number, prompt: CompiledPrompt): number {
  return prompt.rules.has('exact_seconds') ? seconds : Math.round(seconds / 60) * 60
}

type Ends = { limit: TimeLimit; start: Leaf | null; end: Leaf | null }

function answerMissing(
  { limit, start, end }: Ends,
  { chart, prompt }: { chart: Chart; prompt: CompiledPrompt },
): SignalAnswer {
  const rule = prompt.rules.get('missing_stamp')
  const missing = start === null ? limit.start : limit.end
  const finding = `No stamp at ${missing}`
  if (rule !== undefined)
    return answer(rule.status ?? 'caution', { finding, reason: 'stamp missing', leaves: [start, end] })
  const guess = end === null ? guessEnd(start, chart) : null
  if (start === null || guess === null) {
    return answer('inactive', {
      finding,
      reason: 'nothing to compare',
      leaves: [start, end],
      confidence: 0.4,
    })
  }
  const from = wallSeconds(start)
  const status = withinLimit(countedSeconds(wallSeconds(guess) - from, prompt), limit) ? 'pass' : 'fail'
  return answer(status, {
    finding: `Judged by ${lastName(guess)}`,
    reason: 'nearest stamp taken',
    leaves: [start, guess],
    confidence: 0.4,
  })
}

/** What a careless reader takes for a missing end: the last stamp beside the start. */
function guessEnd(start: Leaf | null, chart: Chart): Leaf | null {
  if (start === null) return null
  const folder = start.path.slice(0, start.path.lastIndexOf('.') + 1)
  const later = chart.leaves.filter(
    (leaf) => leaf.isStamp && leaf.path.startsWith(folder) && wallSeconds(leaf) > wallSeconds(start),
  )
  return later.reduce<Leaf | null>(
    (last, leaf) => (last === null || wallSeconds(leaf) > wallSeconds(last) ? leaf : last),
    null,
  )
}

const CLOCK = /\b([01]?\d|2[0-3]):?([0-5]\d)(?::([0-5]\d))?\b(?!\s*(?:mg|ml|kg|cc|mcg|%|\/))/g
const WRITTEN =
  /\b(?:addend(?:um|a)|late entry|charted|documented|dictated|entered|signed|filed|written|authored)\b/i

/** A note's own time for an end of the interval, where it would put the case on the other side of the limit. */
function rivalTime(
  { limit, start, end }: { limit: TimeLimit; start: Leaf; end: Leaf },
  { chart, prompt, status }: { chart: Chart; prompt: CompiledPrompt; status: Status },
): SignalAnswer | null {
  const rule = prompt.rules.get('other_time_in_note')
  if (rule === undefined) return null
  for (const statement of chart.statements) {
    for (const own of [start, end]) {
      const seconds = clockSaid(statement, { own, prompt })
      if (seconds === null) continue
      const shift = seconds - (wallSeconds(own) % 86_400)
      const nearest = shift > 43_200 ? shift - 86_400 : shift < -43_200 ? shift + 86_400 : shift
      if (Math.abs(nearest) < 60) continue
      const span = spanOf(start, end, prompt) + (own === end ? nearest : -nearest)
      if (span > 0 && (withinLimit(span, limit) ? 'pass' : 'fail') === status) continue
      const cites = [start, end].map((leaf) => ({ path: leaf.path, excerpt: null }))
      cites.push()
      return {
        status: rule.status ?? 'caution',
        finding: `A note gives another time for ${lastName(own)}`,
        reason: 'stamp and note in conflict',
        confidence: 0.7,
        cites: [...cites, { path: statement.leaf.path, excerpt: statement.sentence.text }],
      }
    }
  }
  return null
}

function spanOf(start: Leaf, end: Leaf, prompt: CompiledPrompt): number {
  return secondsBetween({ from: readStamp(start.value), to: readStamp(end.value) }, prompt) ?? 0
}

/** The clock time a statement gives for the event a stamp is named for, in seconds of the day; null where it gives none. */
function clockSaid(
  { clause, leaf }: Statement,
  { own, prompt }: { own: Leaf; prompt: CompiledPrompt },
): number | null {
  if (leaf === own || clause.senses.has('other_patient') || clause.senses.has('family')) return null
  const head = nameStems(own).find((stem) => !GENERAL_NAMES.has(stem))
  const word = clause.words.findIndex((said) => said.stem === head)
  if (word === -1 || clause.negated[word] || (clause.isHedged && clause.senses.has('planned'))) return null
  if (clause.senses.has('planned') || clause.senses.has('conditional')) return null
  const said = clause.words[word]
  const text = leaf.value
  if (said === undefined || typeof text !== 'string') return null
  const place = clause.text.toLowerCase().indexOf(said.lower)
  let best: { seconds: number; distance: number } | null = null
  for (const match of clause.text.matchAll(CLOCK)) {
    const lead = clause.text.slice(Math.max(0, match.index - 25), match.index)
    if (!match[0].includes(':') && !/\b(?:at|@|time)\s*$/i.test(lead)) continue
    if (prompt.rules.has('event_time') && WRITTEN.test(lead)) continue
    const distance = match.index >= place ? match.index - place : (place - match.index) * 2
    const seconds = Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0)
    if (distance < 60 && (best === null || distance < best.distance)) best = { seconds, distance }
  }
  return best === null ? null : best.seconds
}
