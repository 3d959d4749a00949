import type { TextSpan } from './find-excerpt.ts'
import { normaliseText } from './normal-text.ts'
import {
  HARMLESS,
  HEDGING_NEGATION,
  PRESENT,
  SENSES,
  TRIGGERS,
  TURNS,
  type TurnedSense,
} from './sense-triggers.ts'
import { sentenceEnd, sentenceStart } from './sentence.ts'

/** How many words a trigger reaches to its right. */
const REACH_WORDS = 10
/** An excerpt that brings its own trigger among its first words is quoted in its own sense. */
const OWN_TRIGGER_WORDS = 3

const DENIED_AFTER =
  /^[\s:,-]{0,3}(?:(?:was|were|is|are|has been|have been) )?(?:none(?![\p{L}\p{N}])|no(?= ?(?:[.;,]|$))|denied|ruled out|absent|excluded|not (?:present|seen|noted|identified|found|reported|observed))/u

/**
 * How what stands left of a passage, within its sentence, turns its sense; null when it stands in its own sense.
 * A trigger counts when it comes at most ten words before the passage and neither a contrast nor a new clause lies
 * between; it does not when the passage brings a trigger of the same kind among its own first three words.
 */
export function turnedSense(text: string, passage: TextSpan): TurnedSense | null {
  const quoted = normaliseText(text.slice(passage.start, Math.min(passage.end, passage.start + 200))).text
  const start = sentenceStart(text, passage.start)
  const left = normaliseText(`${text.slice(start, passage.start)}`).text
  if (left === '' || isHarmlessAcross(left, quoted)) return null
  if (/(?:^|[\s("])\?$/.test(left)) return 'hedged'
  const head = firstWords(quoted, OWN_TRIGGER_WORDS)
  return SENSES.find((sense) => reaches(sense, left, quoted) && !hasTrigger(sense, head)) ?? null
}

/** Whether a passage is denied: by a negation left of it, or by what follows at once ("none", "denied", "was ruled out"). */
export function isNegated(text: string, passage: TextSpan): boolean {
  if (turnedSense(text, passage) === 'negated') return true
  const after = normaliseText(text.slice(passage.end, sentenceEnd(text, passage.end))).text
  return DENIED_AFTER.test(after)
}

function isHarmlessAcross(left: string, quoted: string): boolean {
  return /(?<![\p{L}\p{N}])not$/u.test(left) && /^(?:only|just|merely|simply)(?![\p{L}\p{N}])/u.test(quoted)
}

function reaches(sense: TurnedSense, left: string, quoted: string): boolean {
  const clause = lastClause(sense, left, quoted)
  return hasTrigger(sense, lastWords(clause, REACH_WORDS))
}

/** What is left of the passage after the last turn; a turn may begin right at the passage ("…, but", ", patient"). */
function lastClause(sense: TurnedSense, left: string, quoted: string): string {
  const whole = `${left} ${firstWords(quoted, 4)}`
  const turns = [...whole.matchAll(TURNS)]
  if (sense === 'past' || sense === 'family') turns.push(...whole.matchAll(PRESENT))
  let from = 0
  for (const turn of turns) {
    if (turn.index <= left.length + 1) from = Math.max(from, turn.index + turn[0].length)
  }
  return left.slice(Math.min(from, left.length))
}

function hasTrigger(sense: TurnedSense, words: string): boolean {
  const plain = words.replace(HARMLESS, '_')
  if (sense === 'hedged' && plain.search(HEDGING_NEGATION) !== -1) return true
  return plain.replace(HEDGING_NEGATION, '_').search(TRIGGERS[sense]) !== -1
}

function firstWords(text: string, count: number): string {
  return text.split(' ').slice(0, count).join(' ')
}

function lastWords(text: string, count: number): string {
  return text.split(' ').slice(-count).join(' ')
}
