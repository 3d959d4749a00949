import type { Sentence } from './sentences.ts'
import { isContentStem, type Word } from './words.ts'

/** Why a statement may say nothing of this patient now: what NegEx calls experiencer and temporality, and what is not yet real. */
export type Sense = 'family' | 'other_patient' | 'history' | 'conditional' | 'planned' | 'order'

/** A clause of a sentence in its sense: which of its words are negated, whether it is hedged, of whom and when it speaks. */
export type Clause = {
  words: readonly Word[]
  negated: readonly boolean[]
  isHedged: boolean
  senses: ReadonlySet<Sense>
  text: string
}

const CLAUSE_BREAK = /\b(?:but|however|although|though|whereas|nevertheless|except)\b|;|\s[—–-]\s/gi

const NEGATION_WORDS = new Set(
  `no not without denies denied deny denying never neither nor none nothing nobody cannot absence lack lacked lacking
  unable negative`.split(/\s+/),
)
const POST_NEGATION =
  /\b(?:(?:was|were|is|are|been)\s+)?(?:ruled out|denied|negative|absent|excluded|mistaken|erroneous|in error|not (?:indicated|needed|required|necessary|done|performed|obtained|documented|recommended|warranted|found|seen|identified))\b/i
const UNFINISHED_NEGATION =
  /\b(?:not|cannot|can't|could not|never)(?: be| been| yet| fully| completely)? (?:excluded?|ruled? out|certain|sure|clear|known|confirmed)\b/i
const PSEUDO_NEGATION = /^(?:only|just|least|uncommonly|surprisingly|uncommon)$/
const SCOPE_WORDS_MAX = 12
const SCOPE_END = new Set(
  'because until then so therefore due secondary since as while after before despite'.split(' '),
)

const HEDGE =
  /\b(?:might|possib(?:le|ly|ility)|probabl[ey]|likely|unlikely|perhaps|maybe|suspect(?:ed|s)?|suspicio(?:n|us)|questionable|unclear|unsure|uncertain|unknown|presum(?:ed|ptive|ably)|apparently|appears?|seems?|versus|vs|query|equivocal|concern(?:s|ing)? (?:for|that)|differential|unconfirmed|not (?:sure|certain|clear)|cannot (?:say|recall|be determined)|indeterminate)\b|(?:^|\s)\?\s?[a-z]/i
const HEDGE_MODAL = /(?<!\bin |\d )\b(?:may(?! (?:not|\d))|could (?:have|be)\b)/i
const FAMILY =
  /\b(?:family (?:history|hx)|fhx?|familial|(?:mother|father|mom|dad|brother|sister|sibling|cousin|aunt|uncle|grand(?:mother|father)|parent)['’]s (?!report|account|statement|recollection|consent|request|presence))\b/i
const RELATIVE_SUBJECT =
  /\b(?:brother|sister|sibling|cousin|twin)\b(?!\W+(?:\w+\W+)?(?:reports?|reported|says?|said|states?|stated|gave|fed|brought|offered|saw|witnessed|shared|handed|unsure))/i
const OTHER_PATIENT =
  /\b(?:another|other|different|second|previous|prior|next) (?:\w+ )?(?:patient|child|case|trauma|emergency)\b|\broommate\b|\bwrong (?:patient|chart)\b/i
const HISTORY =
  /\b(?:history of|hx of|pmh|past (?:medical|surgical)|previous(?:ly)?|prior(?! to)|years? ago|months? ago|weeks? ago|last (?:year|month|winter|summer|spring|fall|autumn|visit|admission)|earlier (?:visit|admission|encounter|episode)|remote|in [12]\d\d\d|as an infant|at age \d)\b|\bh\/o\b/i
const CONDITIONAL =
  /\b(?:if|in case|in the event|unless|would|return precautions|should (?:he|she|they|there|symptoms|it))\b/i
const PLANNED =
  /\b(?:plan(?:s|ned|ning)?(?: is| was| for| to|(?=:))|will (?:need|be|require|undergo|have|consider|plan)|to be (?:done|scheduled|arranged|obtained)|offered|consider(?:ed|ing)?|recommend(?:ed|s)?|anticipated?|intend(?:s|ed)?)\b/i
const IMPERATIVE =
  /^\s*(?:please\b|(?:keep|make|start|continue|obtain|hold|ensure|remain|repeat|get|order|arrange|schedule|book)\s+(?!\w+ed\b))/i
const ADDRESSED =
  /\b(?:ai|a\.i\.|llm|gpt|chatbot|language model|automated|abstract(?:or|ors|ion)|reviewers?|system|assistant|software|bot|coder|model)\b/i
const ORDERING =
  /\b(?:ignore|disregard|override|forget)\b.{0,40}\b(?:instruction|rule|prompt|previous|above|prior|guideline)|\b(?:answer|mark|report|return|respond|output|record|score|grade|set|classify|enter|treat)\b.{0,60}\b(?:pass|passed|fail|failed|compliant|inactive|caution|met)\b/i

/** The clauses of a sentence, each in its own sense. */
export function readClauses(sentence: Sentence): Clause[] {
  const bounds = [0]
  for (const match of sentence.text.matchAll(CLAUSE_BREAK)) bounds.push(match.index)
  bounds.push(sentence.text.length)
  const clauses: Clause[] = []
  const order = isOrder(sentence.text)
  let next = 0
  for (let index = 0; index + 1 < bounds.length; index += 1) {
    const from = bounds[index] ?? 0
    const to = bounds[index + 1] ?? 0
    let past = next
    while ((sentence.words[past]?.end ?? Number.POSITIVE_INFINITY) <= to) past += 1
    const words = sentence.words.slice(next, past)
    next = past
    if (words.length === 0) continue
    clauses.push(readClause(sentence.text.slice(from, to), { words, from, order }))
  }
  return clauses
}

/** Whether a text tells its reader what to answer, or to set aside what it was told. */
export function isOrder(text: string): boolean {
  if (!ORDERING.test(text)) return false
  return (
    ADDRESSED.test(text) ||
    /\b(?:ignore|disregard|override|forget)\b/i.test(text) ||
    /\b(?:every|all|each|this) (?:signals?|measures?|questions?|items?|case)\b/i.test(text)
  )
}

function readClause(
  text: string,
  { words, from, order }: { words: readonly Word[]; from: number; order: boolean },
): Clause {
  const negated = negatedWords(text, words, from)
  const senses = new Set<Sense>()
  if (order) senses.add('order')
  if (FAMILY.test(text) || RELATIVE_SUBJECT.test(text)) senses.add('family')
  if (OTHER_PATIENT.test(text)) senses.add('other_patient')
  if (HISTORY.test(text)) senses.add('history')
  if (CONDITIONAL.test(text)) senses.add('conditional')
  if (PLANNED.test(text) || IMPERATIVE.test(text)) senses.add('planned')
  const isHedged = HEDGE.test(text) || HEDGE_MODAL.test(text) || UNFINISHED_NEGATION.test(text)
  return { words, negated, isHedged, senses, text }
}

function negatedWords(text: string, words: readonly Word[], from: number): boolean[] {
  const negated = new Array<boolean>(words.length).fill(false)
  const unfinished = UNFINISHED_NEGATION.exec(text)
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]
    if (word === undefined || !isNegation(word)) continue
    const place = word.start - from
    const isUnfinished =
      unfinished !== null && place >= unfinished.index && place < unfinished.index + unfinished[0].length
    if (isUnfinished || PSEUDO_NEGATION.test(words[index + 1]?.lower ?? '')) continue
    markScope(text, { words, negated, index, from })
  }
  markBackwards(text, { words, negated, from, isUnfinished: unfinished !== null })
  return negated
}

function isNegation(word: Word): boolean {
  return NEGATION_WORDS.has(word.lower) || /n['’]t$/.test(word.lower)
}

type Scope = { words: readonly Word[]; negated: boolean[]; index: number; from: number }

/** Marks what a negation word governs: up to a word that ends the scope, or a comma that does not go on as a list. */
function markScope(text: string, { words, negated, index, from }: Scope): void {
  let previousEnd = (words[index]?.end ?? from) - from
  let marked = 0
  for (let next = index + 1; next < words.length && marked < SCOPE_WORDS_MAX; next += 1) {
    const word = words[next]
    if (word === undefined || SCOPE_END.has(word.lower)) return
    const gap = text.slice(previousEnd, word.start - from)
    if (/[.:()]/.test(gap)) return
    if (
      gap.includes(',') &&
      !/^[^.;:]*?\b(?:or|nor)\b/i.test(text.slice(word.start - from, word.start - from + 80))
    )
      return
    negated[next] = true
    previousEnd = word.end - from
    if (isContentStem(word.stem)) marked += 1
  }
}

/** "A fracture was ruled out": what follows its subject turns it. */
function markBackwards(
  text: string,
  {
    words,
    negated,
    from,
    isUnfinished,
  }: { words: readonly Word[]; negated: boolean[]; from: number; isUnfinished: boolean },
): void {
  const match = isUnfinished ? null : POST_NEGATION.exec(text)
  if (match === null || /^\s*(?:for|any|having|pain)\b/i.test(text.slice(match.index + match[0].length)))
    return
  for (let index = words.length - 1, marked = 0; index >= 0 && marked < 5; index -= 1) {
    const word = words[index]
    if (word === undefined || word.start - from >= match.index) continue
    if (/,/.test(text.slice(word.end - from, match.index))) return
    negated[index] = true
    marked += 1
  }
}
