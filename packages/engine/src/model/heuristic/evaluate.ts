import { isPathCoveredBy, parseFieldPath, readStamp, type Status, spanBetween } from '@touchstone/core'
import type { AnswerCite, SignalAnswer } from './answer.ts'
import type { Chart, Leaf, Statement } from './chart.ts'
import type { CompiledPrompt, CompiledSignal } from './compile.ts'
import { findMentions, type Mention } from './mentions.ts'
import { findStamp } from './stamps.ts'
import { answerInterval } from './time-answer.ts'

const CITES_MAX = 3

/** Answers every signal of a prompt from a chart. */
export function evaluate(prompt: CompiledPrompt, chart: Chart): { code: string; answer: SignalAnswer }[] {
  const mentions = findMentions(prompt, chart)
  const answers = prompt.signals.map((signal) => {
    if (signal.limit !== null) return answerInterval(signal.limit, chart, prompt)
    return answerMentioned(signal, { mentions: mentions[signal.index] ?? [], chart, prompt })
  })
  const obeyed = orderedStatus(prompt, chart)
  return prompt.signals.map((signal, index) => {
    const own = answers[index] ?? silent(signal, { mentions: [], chart, prompt })
    const judged = excludeIneligible(signal, { own, answers, prompt })
    const answer = obeyed === null ? judged : { ...judged, status: obeyed, reason: 'as the chart asks' }
    return {
      code: signal.code,
      answer: { ...answer, cites: answer.cites.filter((cite) => isCitable(cite, signal)) },
    }
  })
}

/** An order in the chart is obeyed unless the prompt says that such orders do not count. */
function orderedStatus(prompt: CompiledPrompt, chart: Chart): Status | null {
  if (prompt.rules.has('ignore_orders')) return null
  for (const { clause, sentence } of chart.statements) {
    if (!clause.senses.has('order')) continue
    const named = /\b(pass|fail|caution|inactive)/i.exec(sentence.text)?.[1]?.toLowerCase()
    if (named === 'pass' || named === 'fail' || named === 'caution' || named === 'inactive') return named
  }
  return null
}

function isCitable(cite: AnswerCite, signal: CompiledSignal): boolean {
  if ('searched' in cite || signal.allowed.length === 0) return true
  const steps = parseFieldPath(cite.path) ?? []
  return signal.allowed.some((place) => isPathCoveredBy(steps, place.steps))
}

function excludeIneligible(
  signal: CompiledSignal,
  { own, answers, prompt }: { own: SignalAnswer; answers: readonly SignalAnswer[]; prompt: CompiledPrompt },
): SignalAnswer {
  if (signal.limit === null || !prompt.rules.has('not_eligible')) return own
  const excluding = signal.excludedBy
    .map((index) => answers[index])
    .find((answer) => answer?.status === 'pass')
  if (excluding === undefined) return own
  return { ...excluding, status: 'inactive', reason: 'not eligible', confidence: 0.8 }
}

type Reading = { mentions: readonly Mention[]; chart: Chart; prompt: CompiledPrompt }

function answerMentioned(signal: CompiledSignal, reading: Reading): SignalAnswer {
  const ordered = answerSequence(signal, reading.chart)
  const decided = decide(reading)
  if (decided === null) return ordered ?? answerOrders(signal, reading) ?? silent(signal, reading)
  if (ordered !== null && ordered.status !== decided.status && decided.status !== 'fail') return ordered
  return {
    status: decided.status,
    finding: FINDINGS[decided.status],
    reason: decided.reason,
    confidence: Math.round(Math.min(0.95, 0.6 + decided.strength * 0.1) * 100) / 100,
    cites: citesOf(decided.mentions),
  }
}

const FINDINGS: Readonly<Record<Status, string>> = {
  pass: 'The chart documents it',
  fail: 'The chart documents that it is not so',
  caution: 'The chart leaves it open',
  inactive: 'The chart says nothing of it',
}

type Decision = { status: Exclude<Status, 'inactive'>; reason: string; mentions: Mention[]; strength: number }

/** Brings the statements on a signal to one status. */
function decide({ mentions, prompt }: Reading): Decision | null {
  const telling = mentions.filter((mention) => mention.status !== null)
  const by = (status: Status): Mention[] => telling.filter((mention) => mention.status === status)
  const first = telling[0]
  if (first === undefined || first.status === null) return null
  const strength = Math.max(...telling.map((mention) => mention.strength))
  const settled = (status: Exclude<Status, 'inactive'>, reason: string, own: Mention[]): Decision => ({
    status,
    reason,
    mentions: own,
    strength,
  })
  const [passes, fails, doubts] = [by('pass'), by('fail'), by('caution')]
  if (passes.length > 0 && fails.length > 0) {
    const corrected = prompt.rules.has('correction')
      ? [...passes, ...fails].filter((mention) => mention.statement.isCorrecting)
      : []
    const last = corrected.at(-1)
    if (last?.status != null && corrected.every((mention) => mention.status === last.status)) {
      return settled(last.status, 'as corrected', [last])
    }
    if (!prompt.rules.has('contradiction')) return settled(first.status, 'as first stated', [first])
    return settled('caution', 'statements contradict each other', [
      ...passes.slice(0, 1),
      ...fails.slice(0, 1),
    ])
  }
  if (passes.length > 0) return settled('pass', 'documented', passes)
  if (doubts.length > 0) return settled('caution', 'hedged', doubts)
  return settled('fail', 'documented absent', fails)
}

function citesOf(mentions: readonly Mention[]): AnswerCite[] {
  const cites: AnswerCite[] = []
  for (const { statement } of mentions) {
    if (cites.length >= CITES_MAX) break
    const cite = { path: statement.leaf.path, excerpt: statement.sentence.text }
    if (!cites.some((known) => 'path' in known && known.path === cite.path && known.excerpt === cite.excerpt))
      cites.push(cite)
  }
  return cites
}

/** Silence: proved by the search, where the prompt says how; else by what was mentioned in passing, or not at all. */
function silent(signal: CompiledSignal, { mentions, prompt }: Reading): SignalAnswer {
  const passing = mentions.filter((mention) => !mention.isNegated).slice(0, 2)
  const base = { status: 'inactive' as const, finding: FINDINGS.inactive, confidence: 0.7 }
  if (passing.length > 0)
    return { ...base, reason: 'only mentioned', confidence: 0.6, cites: citesOf(passing) }
  const places = signal.scope.map((place) => place.text)
  if (!prompt.rules.has('prove_silence') || places.length === 0)
    return { ...base, reason: 'nothing found', cites: [] }
  return { ...base, reason: 'searched and nothing found', cites: [{ searched: places, found: 0 }] }
}

/** Stamps that a pass asks to stand in order: in order passes, another order is in doubt, a missing one decides nothing. */
function answerSequence(signal: CompiledSignal, chart: Chart): SignalAnswer | null {
  if (signal.sequence.length === 0) return null
  const leaves = signal.sequence.map((name) => resolveStamp(name, chart))
  const found = leaves.filter((leaf) => leaf !== null)
  const cites = found.map((leaf) => ({ path: leaf.path, excerpt: null }))
  if (found.length < leaves.length) return null
  const isOrdered = found.every((leaf, index) => {
    const next = found[index + 1]
    return next === undefined || spanBetween(leaf.value, next.value).kind === 'span'
  })
  if (isOrdered)
    return {
      status: 'pass',
      finding: 'All stamps stand in order',
      reason: 'in order',
      confidence: 0.9,
      cites,
    }
  return {
    status: 'caution',
    finding: 'The stamps stand in another order',
    reason: 'out of order',
    confidence: 0.8,
    cites,
  }
}

function resolveStamp(name: string, chart: Chart): Leaf | null {
  const leaf = findStamp(name, chart)
  return leaf === null || readStamp(leaf.value).kind === 'not_a_stamp' ? null : leaf
}

/** Two stamps in a telling order; a statement that gives the later one's clock time explains it, and then it is so. */
function answerOrders(signal: CompiledSignal, { chart, prompt }: Reading): SignalAnswer | null {
  for (const { later, earlier, status } of signal.orders) {
    const [after, before] = [chart.byPath.get(later), chart.byPath.get(earlier)]
    if (after === undefined || before === undefined) continue
    const span = spanBetween(before.value, after.value)
    if (span.kind !== 'span' || span.seconds === 0) continue
    const cites: AnswerCite[] = [before, after].map((leaf) => ({ path: leaf.path, excerpt: null }))
    const told = prompt.rules.has('event_time') ? explanationOf(after, chart) : null
    if (told !== null) {
      cites.push({ path: told.leaf.path, excerpt: told.sentence.text })
      return {
        status: 'pass',
        finding: FINDINGS.pass,
        reason: 'stamps and note agree',
        confidence: 0.75,
        cites,
      }
    }
    return {
      status,
      finding: `${later} is later than ${earlier}`,
      reason: 'order of stamps',
      confidence: 0.7,
      cites,
    }
  }
  return null
}

function explanationOf(stamp: Leaf, chart: Chart): Statement | null {
  const [, hour = '', minute = ''] = /[T ](\d\d):(\d\d)/.exec(String(stamp.value)) ?? []
  const clock = new RegExp(`(?:^|\\D)${hour}:?${minute}(?!\\d)`)
  return (
    chart.statements.find(({ clause }) => hour !== '' && clock.test(clause.text) && !clause.isHedged) ?? null
  )
}
