import { isPathCoveredBy, type Status } from '@touchstone/core'
import type { Chart, Leaf, Statement } from './chart.ts'
import type { CompiledPrompt, CompiledSignal } from './compile.ts'
import { isDelayStem, statusOfLean, type Term } from './vocabulary.ts'
import { isContentStem, OPERATING_ROOM, stemOf, type Word } from './words.ts'

/** A statement of the chart that says something of a signal; `status` is null where it only mentions it. */
export type Mention = {
  statement: Statement
  status: Exclude<Status, 'inactive'> | null
  strength: number
  isNegated: boolean
}

/** The mentions of every signal of a prompt, by the signal's place in it. */
export type Mentions = readonly Mention[][]

type Hit = { term: Term; isNegated: boolean; from: number; to: number }

const LEAN_BOUND = 0.45
const TELLING_LEAN_MIN = 0.6
const TELLING_WORDS_MIN = 2
const HIT_LEAN_MAX = 2
const NEUTRAL_SHARE = 0.35
const DOUBT_BOUND = 0.9
const BLANKET =
  /\bnothing (?:\w+ )?(?:delayed|held up|slowed|postponed)\b|\b(?:no|without(?: any)?) delays?(?: (?:to|in|of|before) (?:the )?(?:surgery|operating|operation|OR|theat\w+|incision|care|case))?\s*(?:[.,;:]|$)/i
const PLAIN_LEAN = 0.8
const TOPIC_BOUND = 0.9
const SHORT_CHARS_MAX = 60
const DELAY_CUE =
  /\b(?:delay\w*|(?<!ready and )wait\w*|await\w*|held (?:up|for|until|off|pending)|on hold|lost (?:time|hours|(?:our|the|its) slot)|time lost|short(?:age)? of|short[- ]staffed|behind (?:\w+ ){0,2}(?:cases?|patients?)|postpone\w*|push(?:ed|ing)? (?:back|to|until)|defer(?:red)?|bumped|put off|moved (?:back|to)|reschedul\w*|backlog|unavailab\w*|no \w+ (?:available|free)|not available|unable to (?:start|proceed|go)|(?:(?:could|will|would|can) ?not|won['’]t|can['’]t) (?:start|proceed|begin|go|get in|run)|gave way|given (?:over|up)|(?:lost|losing) (?:the|our|its|a) (?:night|slot|day|evening|place)|no (?:room|case|slot) (?:\w+ )?(?:sooner|till|until|before)|not before|holding (?:the )?(?:\S+ )?(?:start|case|surgery)|stalled|slowed|set back)\b/i
const NO_DELAY =
  /\b(?:no|not|without|nothing|never|neither|nor|n['’]t|didn['’]t)\b[^.,;]{0,40}\b(?:delay\w*|wait\w*|postpone\w*|held? (?:up)?|affect\w*|slow\w*)\b/i

/** Reads every statement of a chart for all signals at once. */
export function findMentions(prompt: CompiledPrompt, chart: Chart): Mentions {
  const mentions: Mention[][] = prompt.signals.map(() => [])
  const inScope = scopeTest()
  for (const statement of chart.statements) {
    if (isOutOfSense(statement, prompt)) continue
    const hits = findHits(statement, prompt)
    const isShort = String(statement.leaf.value).length <= SHORT_CHARS_MAX
    const hasCue = DELAY_CUE.test(statement.clause.text)
    const drivers = hasCue ? delayedBy(statement, prompt) : null
    for (const signal of prompt.signals) {
      if (signal.limit !== null || !inScope(signal, statement.leaf)) continue
      const own = hits.get(signal.index) ?? []
      const isDriver = signal.isDelayDriver && prompt.rules.has('cause_needed')
      if (
        own.length === 0 &&
        !(isDriver && drivers?.has(signal.index)) &&
        !(isShort && isNamedPlace(signal, statement.leaf)) &&
        !(isDriver && isTelling(statement, signal))
      )
        continue
      const mention = judge(statement, {
        signal,
        hits: own,
        prompt,
        drivers: isDriver ? drivers : null,
        isDriver,
      })
      if (mention !== null) mentions[signal.index]?.push(mention)
    }
  }
  return mentions
}

function scopeTest(): (signal: CompiledSignal, leaf: Leaf) => boolean {
  const known = new Map<string, boolean>()
  return (signal, leaf) => {
    const key = `${signal.index} ${leaf.path}`
    const found = known.get(key)
    if (found !== undefined) return found
    const places = [...signal.scope, ...signal.allowed]
    const isIn = places.length === 0 || places.some((place) => isPathCoveredBy(leaf.steps, place.steps))
    const result = isIn && isRightKind(signal, leaf)
    known.set(key, result)
    return result
  }
}

function isRightKind(signal: CompiledSignal, leaf: Leaf): boolean {
  if (signal.noteKinds === null || signal.clauses.pass.includes(leaf.path)) return true
  const words = `${leaf.path.replace(/[._[\]]/g, ' ')} ${leaf.kind.replace(/_/g, ' ')}`
    .toLowerCase()
    .split(/\s+/)
    .map(stemOf)
  return signal.noteKinds.some(
    (kind) => words.includes(stemOf(kind)) || (kind.startsWith('operat') && words.includes('op')),
  )
}

function isNamedPlace(signal: CompiledSignal, leaf: Leaf): boolean {
  return signal.scope.some((place) => !place.text.includes('[') && place.text === leaf.path)
}

/** Statements that say nothing of this patient's present, as far as the prompt has rules for them. */
function isOutOfSense({ clause, isCopied }: Statement, { rules }: CompiledPrompt): boolean {
  if (clause.senses.has('order')) return rules.has('ignore_orders')
  if (clause.senses.has('family') && rules.has('other_person')) return true
  return isCopied && rules.has('copied_text')
}

function findHits({ clause }: Statement, prompt: CompiledPrompt): Map<number, Hit[]> {
  const hits = new Map<number, Hit[]>()
  for (const [at, word] of clause.words.entries()) {
    const prefix = word.lower.slice(0, 5)
    const keys = prefix === word.stem ? [prefix] : [prefix, word.stem]
    for (const key of keys) {
      for (const { signal, term } of prompt.termIndex.get(key) ?? []) {
        const to = matchEnd(clause.words, at, term)
        const own = hits.get(signal) ?? []
        if (to === null || own.some((hit) => hit.term === term)) continue
        // A phrase that denies by itself is turned only by a denial that is not its own.
        const isNegated = term.parts.some(
          (part, offset) => clause.negated[at + offset] === true && !part.isNegated,
        )
        own.push({ term, isNegated, from: at, to })
        hits.set(signal, own)
      }
    }
  }
  return hits
}

const FILLERS = new Set([
  'is',
  'was',
  'were',
  'are',
  'been',
  'being',
  'be',
  'the',
  'a',
  'an',
  'her',
  'his',
  'their',
  'yet',
])

/** Where a phrase that begins at a word ends (exclusive), small words between its own passed over; null where it does not stand there. */
function matchEnd(words: readonly Word[], at: number, term: Term): number | null {
  let position = at
  for (const [index, part] of term.parts.entries()) {
    if (index > 0 && FILLERS.has(words[position]?.lower ?? '') && !FILLERS.has(part.lower)) position += 1
    const word = words[position]
    if (word === undefined || !isSameWord(word, part)) return null
    position += 1
  }
  return position
}

function isSameWord(word: Word, part: { lower: string; stem: string }): boolean {
  if (part.stem === OPERATING_ROOM) return word.stem === OPERATING_ROOM
  return word.stem === part.stem || (part.lower.length >= 5 && word.lower.startsWith(part.lower))
}

/** Whether a statement without a phrase to look for still says enough in the entry's own words: two telling ones, of one lean. */
function isTelling({ clause }: Statement, signal: CompiledSignal): boolean {
  const seen = new Set<string>()
  let leans = 0
  for (const [index, { stem }] of clause.words.entries()) {
    const lean = signal.vocabulary.stance.get(stem) ?? 0
    if (Math.abs(lean) < TELLING_LEAN_MIN || seen.has(stem) || isDelayStem(stem)) continue
    seen.add(stem)
    leans += Math.sign(lean) * (clause.negated[index] ? -1 : 1)
  }
  return leans <= -TELLING_WORDS_MIN
}

/** Which delay drivers a statement of delay is about; all of them where it names none. */
function delayedBy(statement: Statement, prompt: CompiledPrompt): Set<number> {
  const drivers = prompt.signals.filter((signal) => signal.isDelayDriver)
  const scored = drivers.map((signal) => {
    const own = topicOf(statement, signal)
    const before = statement.previous === null ? 0 : topicOf(statement.previous, signal)
    const further = statement.previous?.previous ? topicOf(statement.previous.previous, signal) : 0
    return { index: signal.index, points: own >= 1 ? own : own + before * 0.6 + further * 0.3 }
  })
  const best = Math.max(0, ...scored.map(({ points }) => points))
  const isOfAll =
    BLANKET.test(statement.clause.text) || (best < TOPIC_BOUND && NO_DELAY.test(statement.clause.text))
  if (isOfAll) return new Set(drivers.map(({ index }) => index))
  if (best < TOPIC_BOUND) return new Set()
  return new Set(scored.filter(({ points }) => points >= best * 0.8).map(({ index }) => index))
}

function topicOf({ clause }: Statement, signal: CompiledSignal): number {
  const seen = new Set<string>()
  let points = 0
  for (const { stem } of clause.words) {
    if (seen.has(stem)) continue
    seen.add(stem)
    points += signal.vocabulary.topic.get(stem) ?? 0
  }
  return points
}

type Judging = {
  signal: CompiledSignal
  hits: readonly Hit[]
  prompt: CompiledPrompt
  drivers: Set<number> | null
  isDriver: boolean
}

function judge(statement: Statement, { signal, hits, prompt, drivers, isDriver }: Judging): Mention | null {
  const { clause } = statement
  if (isForeign(statement, signal, prompt)) return null
  const isNegationRead = prompt.rules.has('negation')
  const lean = leanOf(statement, { signal, hits, isNegationRead })
  const isNegated = hits.length > 0 && hits.every((hit) => hit.isNegated)
  let status = statusOfLean(
    lean.lean,
    String(statement.leaf.value).length <= SHORT_CHARS_MAX ? LEAN_BOUND / 2 : LEAN_BOUND,
  )
  if (status !== null && lean.neutral > Math.abs(lean.lean)) status = null
  if (isDriver) {
    if (drivers?.has(signal.index)) status = isNegationRead && NO_DELAY.test(clause.text) ? 'fail' : 'pass'
    else if (status === 'pass') status = null
  }
  const isDoubted = status !== null && lean.doubt >= Math.max(DOUBT_BOUND, Math.abs(lean.lean))
  if ((clause.isHedged || isDoubted) && (status !== null || Math.abs(lean.lean) >= LEAN_BOUND / 2)) {
    const rule = prompt.rules.get('hedge')
    if (rule !== undefined) return { statement, status: 'caution', strength: Math.abs(lean.lean), isNegated }
  }
  if (status === 'fail' && !prompt.rules.has('documented_absence')) status = null
  return { statement, status, strength: Math.abs(lean.lean), isNegated }
}

/** Whether a statement speaks of another patient, another time or a mere plan, and the signal does not ask for that. */
function isForeign({ clause }: Statement, signal: CompiledSignal, { rules }: CompiledPrompt): boolean {
  const { senses } = clause
  if (senses.has('other_patient') && rules.has('other_person') && !signal.ownSenses.has('other_patient'))
    return true
  if (senses.has('history') && rules.has('past_history') && !signal.ownSenses.has('history')) return true
  if (senses.has('conditional') && rules.has('not_yet_real')) return true
  return senses.has('planned') && rules.has('not_yet_real') && !signal.ownSenses.has('planned')
}

function leanOf(
  { clause }: Statement,
  { signal, hits, isNegationRead }: { signal: CompiledSignal; hits: readonly Hit[]; isNegationRead: boolean },
): { lean: number; neutral: number; doubt: number } {
  const seen = new Set<string>()
  let lean = 0
  let neutral = 0
  let doubt = 0
  for (const [index, { stem }] of clause.words.entries()) {
    if (seen.has(stem) || !isContentStem(stem)) continue
    seen.add(stem)
    if (hits.some(({ from, to }) => index >= from && index < to)) continue
    const sign = isNegationRead && clause.negated[index] ? -1 : 1
    if (signal.isDelayDriver && isDelayStem(stem)) continue
    lean += (signal.vocabulary.stance.get(stem) ?? 0) * sign
    neutral += signal.vocabulary.neutral.get(stem) ?? 0
    doubt += signal.vocabulary.doubt.get(stem) ?? 0
  }
  for (const { term, isNegated } of hits) {
    const own = Math.max(-HIT_LEAN_MAX, Math.min(HIT_LEAN_MAX, term.lean === 0 ? PLAIN_LEAN : term.lean))
    lean += own * (isNegationRead && isNegated ? -1 : 1)
  }
  return { lean, neutral: neutral * NEUTRAL_SHARE, doubt }
}
