import type { Status } from '@touchstone/core'
import type { SignalBrief } from './brief.ts'
import { readClauses } from './sense.ts'
import { splitSentences } from './sentences.ts'
import { isContentStem, OPERATING_ROOM, splitWords, stemOf } from './words.ts'

/** How the words of a signal's entry lean: for each stem, above 0 towards pass and below 0 towards fail. */
export type Vocabulary = {
  stance: ReadonlyMap<string, number>
  /** Words that mark what neither passes nor fails. */
  neutral: ReadonlyMap<string, number>
  /** Words that tell what the signal is about, without those of delay. */
  topic: ReadonlyMap<string, number>
  /** Words of the signal's label. */
  named: ReadonlySet<string>
  /** Words that only the caution clause uses. */
  doubt: ReadonlyMap<string, number>
}

/** A phrase to look for: the stems of its words, and which way it leans by itself. */
export type Term = { text: string; parts: TermPart[]; lean: number; isDenial: boolean }
type TermPart = { lower: string; stem: string; isNegated: boolean }

const DELAY_STEMS = new Set(
  'delay delays delayed wait waited waiting hold postpone postponed defer deferred late later push pushed bump bumped cause surgery slow'
    .split(' ')
    .map(stemOf),
)

/** Words of body, person and time that tell no topic from another. */
const GENERAL_STEMS = new Set(
  'child patient elbow arm hand wrist limb leg side time hour day morning case plan document note chart injury first need say decision'
    .split(' ')
    .map(stemOf),
)

/** Whether a stem speaks of delay or waiting. */
export function isDelayStem(stem: string): boolean {
  return DELAY_STEMS.has(stem)
}

const PHRASE_LEAN_MIN = 0.5

type SignedStems = Map<string, number>

/** The stems of a text with their sign: −1 where a negation governs them. The first sign of a stem holds. */
export function signedStems(text: string): SignedStems {
  const signs: SignedStems = new Map()
  for (const sentence of splitSentences(text)) {
    for (const clause of readClauses(sentence)) {
      for (const [index, word] of clause.words.entries()) {
        if (isContentStem(word.stem) && !signs.has(word.stem))
          signs.set(word.stem, clause.negated[index] ? -1 : 1)
      }
    }
  }
  return signs
}

type Sided = {
  pass: SignedStems
  fail: SignedStems
  intro: SignedStems
  label: SignedStems
  neutral: SignedStems
  caution: SignedStems
  phrases: SignedStems
}

/** Builds the vocabularies of all signals of a prompt together: a word that many signals use says little of any. */
export function buildVocabularies(briefs: readonly SignalBrief[]): Vocabulary[] {
  const sided = briefs.map(sidesOf)
  const spread = new Map<string, number>()
  for (const sides of sided) {
    for (const stem of new Set([...sides.pass.keys(), ...sides.fail.keys(), ...sides.intro.keys()])) {
      spread.set(stem, (spread.get(stem) ?? 0) + 1)
    }
  }
  const count = briefs.length
  const weigh = (stem: string): number =>
    count < 2 ? 1 : Math.max(0.1, Math.log(count / (spread.get(stem) ?? 1)) / Math.log(count))
  return sided.map((sides) => buildVocabulary(sides, weigh))
}

function sidesOf(brief: SignalBrief): Sided {
  return {
    pass: signedStems(brief.clauses.pass),
    fail: signedStems(brief.clauses.fail),
    intro: signedStems(`${brief.label}. ${brief.intro}`),
    label: signedStems(brief.label),
    neutral: signedStems(`${brief.clauses.inactive} ${brief.exclusions}`),
    caution: signedStems(brief.clauses.caution),
    phrases: signedStems(brief.phrases.join('. ')),
  }
}

function buildVocabulary(sides: Sided, weigh: (stem: string) => number): Vocabulary {
  const stance = new Map<string, number>()
  const topic = new Map<string, number>()
  const neutral = new Map<string, number>()
  for (const stem of new Set([...sides.pass.keys(), ...sides.fail.keys()])) {
    // A word of the question itself that only the fail clause repeats says little by itself.
    const share = sides.pass.has(stem) || !sides.label.has(stem) ? 1 : 0.1
    const lean = ((sides.pass.get(stem) ?? 0) - (sides.fail.get(stem) ?? 0)) * share
    if (lean !== 0) stance.set(stem, lean * weigh(stem))
  }
  for (const [stem, sign] of sides.intro) {
    if (!sides.pass.has(stem) && !sides.fail.has(stem)) stance.set(stem, sign * weigh(stem) * 0.5)
  }
  for (const stem of [...sides.intro.keys(), ...sides.pass.keys(), ...sides.phrases.keys()]) {
    if (!isDelayStem(stem) && !GENERAL_STEMS.has(stem)) topic.set(stem, weigh(stem))
  }
  for (const stem of sides.neutral.keys()) {
    if (!sides.pass.has(stem) && !sides.fail.has(stem)) neutral.set(stem, weigh(stem))
  }
  const doubt = new Map<string, number>()
  for (const stem of sides.caution.keys()) {
    const isElsewhere = sides.pass.has(stem) || sides.fail.has(stem) || sides.intro.has(stem)
    if (!isElsewhere) doubt.set(stem, weigh(stem))
  }
  return { stance, neutral, topic, doubt, named: new Set(sides.label.keys()) }
}

/** Makes a phrase ready to be looked for; its lean comes from the words it shares with the signal's clauses. */
export function buildTerm(text: string, vocabulary: Vocabulary): Term | null {
  const signs = signedStems(text)
  const parts = splitWords(text).map((word) => ({
    lower: word.lower,
    // In a phrase to look for, "or" is the room: a conjunction would not be looked for.
    stem: word.lower === 'or' ? OPERATING_ROOM : word.stem,
    isNegated: signs.get(word.stem) !== 1,
  }))
  if (parts.length === 0) return null
  let lean = 0
  for (const [stem, sign] of signs) lean += (vocabulary.stance.get(stem) ?? 0) * sign
  const isDenial = [...signs.values()].some((sign) => sign < 0)
  const isOwnName = [...signs].every(
    ([stem, sign]) => sign > 0 && vocabulary.topic.has(stem) && vocabulary.named.has(stem),
  )
  if (isOwnName && lean < 0.5) lean = 0.5
  return { text, parts, lean: strengthen(lean, isDenial), isDenial }
}

/** A phrase one is told to look for tells something: the least lean counts, and a denial without one leans to fail. */
function strengthen(lean: number, isDenial: boolean): number {
  if (Math.abs(lean) < 0.15) return isDenial ? -PHRASE_LEAN_MIN : 0
  return Math.sign(lean) * Math.max(Math.abs(lean), PHRASE_LEAN_MIN)
}

/** Which status a lean speaks for; null where it speaks for neither. */
export function statusOfLean(lean: number, bound: number): Extract<Status, 'pass' | 'fail'> | null {
  if (lean >= bound) return 'pass'
  return lean <= -bound ? 'fail' : null
}
