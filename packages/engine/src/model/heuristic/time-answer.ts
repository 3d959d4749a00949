import { formatSpan, readStamp, type Stamp, type Status } from '@touchstone/core'
import type { SignalAnswer } from './answer.ts'
import type { TimeLimit } from './brief.ts'
import type { Chart, Leaf } from './chart.ts'
import type { CompiledPrompt } from './compile.ts'
import { findRivalTimes } from './rival-times.ts'
import { eventStem, findStamp, nameStems, wallSeconds, wallSecondsOf } from './stamps.ts'

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
  const rival = answerRival({ limit, start, end, status, seconds }, { chart, prompt })
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

function lastName(leaf: Leaf): string {
  return leaf.path.slice(leaf.path.lastIndexOf('.') + 1)
}

/** Where nothing in the prompt says whose arrival counts, the earliest stamp of that name is taken. */
function startLeaf(limit: TimeLimit, chart: Chart, prompt: CompiledPrompt): Leaf | null {
  const named = findStamp(limit.start, chart)
  if (named === null || prompt.rules.has('own_arrival')) return named
  const head = eventStem(named)
  if (head === null) return named
  const alike = chart.leaves.filter((leaf) => leaf.isStamp && nameStems(leaf).includes(head))
  return alike.reduce((first, leaf) => (wallSeconds(leaf) < wallSeconds(first) ? leaf : first), named)
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

type Judged = { limit: TimeLimit; start: Leaf; end: Leaf; status: Status; seconds: number }

/** A note's own time for an end of the interval decides nothing, unless it would put the case on the other side of the limit. */
function answerRival(
  { limit, start, end, status, seconds }: Judged,
  { chart, prompt }: { chart: Chart; prompt: CompiledPrompt },
): SignalAnswer | null {
  const rule = prompt.rules.get('other_time_in_note')
  if (rule === undefined) return null
  for (const own of [start, end]) {
    for (const { statement, shift } of findRivalTimes(own, {
      chart,
      isWritingTimeSetAside: prompt.rules.has('event_time'),
    })) {
      const span = seconds + (own === end ? shift : -shift)
      if (span > 0 && (withinLimit(span, limit) ? 'pass' : 'fail') === status) continue
      const stamps = [start, end].map((leaf) => ({ path: leaf.path, excerpt: null }))
      return {
        status: rule.status ?? 'caution',
        finding: `A note gives another time for ${lastName(own)}`,
        reason: 'stamp and note in conflict',
        confidence: 0.7,
        cites: [...stamps, { path: statement.leaf.path, excerpt: statement.sentence.text }],
      }
    }
  }
  return null
}
