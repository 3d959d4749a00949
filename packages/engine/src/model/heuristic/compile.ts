import { type Place, readBrief, type SignalBrief } from './brief.ts'
import { partPrompt } from './entries.ts'
import { type Instruction, type InstructionKind, readInstructions } from './instructions.ts'
import type { Sense } from './sense.ts'
import {
  buildTerm,
  buildVocabularies,
  isDelayStem,
  signedStems,
  type Term,
  type Vocabulary,
} from './vocabulary.ts'

/** A signal ready to be looked for in a chart. */
export type CompiledSignal = SignalBrief & {
  index: number
  vocabulary: Vocabulary
  terms: readonly Term[]
  /** Whether the thing counts only as a cause of delay. */
  isDelayDriver: boolean
  /** Senses in which a statement counts all the same, because the entry asks for them. */
  ownSenses: ReadonlySet<Sense>
  /** Kinds of note that alone can tell, as words of their type; null where any can. */
  noteKinds: readonly string[] | null
  /** Signals whose pass makes this one not applicable. */
  excludedBy: readonly number[]
}

/** What an answer is to look like. */
type AnswerShape = { isJson: boolean; reasonWordsMax: number }

/** A prompt's text, read once: what to answer, by which rules, in which shape. */
export type CompiledPrompt = {
  signals: readonly CompiledSignal[]
  instructions: readonly Instruction[]
  rules: ReadonlyMap<InstructionKind, Instruction>
  shape: AnswerShape
  places: readonly Place[]
  /** Terms of all signals, by the first five letters of their first word. */
  termIndex: ReadonlyMap<string, readonly { signal: number; term: Term }[]>
}

/** Reads a prompt's text (all messages without the chart) into signals and rules. Pure; cached by text. */
export function compilePrompt(text: string): CompiledPrompt {
  const { entries, rest } = partPrompt(text)
  const briefs = mergeByCode(entries.map(readBrief))
  const vocabularies = buildVocabularies(briefs)
  const signals = briefs.map((brief, index) => {
    const vocabulary = vocabularies[index] ?? {
      stance: new Map(),
      neutral: new Map(),
      topic: new Map(),
      named: new Set<string>(),
      doubt: new Map(),
    }
    return compileSignal(brief, { index, vocabulary })
  })
  const linked = signals.map((signal) => ({ ...signal, excludedBy: excludingSignals(signal, signals) }))
  const instructions = readInstructions(rest)
  const rules = new Map<InstructionKind, Instruction>()
  for (const instruction of instructions) {
    const known = rules.get(instruction.kind)
    if (known === undefined || known.status === null) rules.set(instruction.kind, instruction)
  }
  return {
    signals: linked,
    instructions,
    rules,
    shape: readShape(text),
    places: linked.flatMap((signal) => [...signal.allowed, ...signal.scope]),
    termIndex: indexTerms(linked),
  }
}

/** Entries of one code become one: the first, with what later ones add. */
function mergeByCode(briefs: readonly SignalBrief[]): SignalBrief[] {
  const byCode = new Map<string, SignalBrief>()
  for (const brief of briefs) {
    const known = byCode.get(brief.code)
    if (known === undefined) byCode.set(brief.code, brief)
    else if (
      brief.intro.length + brief.clauses.pass.length >
      known.intro.length + known.clauses.pass.length
    ) {
      byCode.set(brief.code, {
        ...brief,
        label: known.label || brief.label,
        limit: brief.limit ?? known.limit,
      })
    }
  }
  return [...byCode.values()]
}

function compileSignal(
  brief: SignalBrief,
  { index, vocabulary }: { index: number; vocabulary: Vocabulary },
): CompiledSignal {
  const phrases = brief.phrases.length > 0 ? brief.phrases : keywordsOf(brief, vocabulary)
  const terms = phrases.map((phrase) => buildTerm(phrase, vocabulary)).filter((term) => term !== null)
  return {
    ...brief,
    index,
    vocabulary,
    terms,
    isDelayDriver: isDelayDriver(brief),
    ownSenses: ownSensesOf(brief),
    noteKinds: noteKindsOf(brief),
    excludedBy: [],
  }
}

/** Without phrases to look for, the telling words of the entry are looked for. */
function keywordsOf(brief: SignalBrief, vocabulary: Vocabulary): string[] {
  const words = [
    ...signedStems(`${brief.label} ${brief.intro} ${brief.clauses.pass} ${brief.clauses.fail}`).keys(),
  ]
  return words.filter((stem) => stem.length > 2 && (vocabulary.topic.get(stem) ?? 0) > 0.5).slice(0, 60)
}

function isDelayDriver(brief: SignalBrief): boolean {
  if (brief.limit !== null) return false
  const text = `${brief.label}. ${brief.intro} ${brief.clauses.pass}`
  if (/\bno delay need\b/i.test(text) || /\bno delay need\b/i.test(brief.exclusions)) return false
  return [...signedStems(text.replace(/"[^"]*"/g, ' ')).keys()].some(
    (stem) => isDelayStem(stem) && !/^(?:surg|surgery|hold|late|later|cause|push|take)/.test(stem),
  )
}

function ownSensesOf(brief: SignalBrief): Set<Sense> {
  const text = `${brief.label}. ${brief.intro} ${brief.clauses.pass}`
  const senses = new Set<Sense>()
  if (/\b(?:plan\w*|elective|intend\w*)\b/i.test(text)) senses.add('planned')
  if (/\b(?:another|other) (?:patient|child)|higher[- ]priority\b/i.test(text)) senses.add('other_patient')
  if (/\b(?:earlier|previous|prior|history)\b/i.test(text)) senses.add('history')
  return senses
}

const NOTE_KIND = /\b(\w+) (?:note|notes|report|record)\b/gi
const ALONE = /\b(?:itself|alone|only)\b/i

/** Where an entry says that one kind of note itself must tell, that kind. */
function noteKindsOf(brief: SignalBrief): string[] | null {
  if (!ALONE.test(brief.intro) && !/\balone (?:never|does not)\b/i.test(brief.exclusions)) return null
  const named = [...`${brief.intro} ${brief.clauses.pass}`.matchAll(NOTE_KIND)].map((match) =>
    (match[1] ?? '').toLowerCase(),
  )
  const kinds = named.filter((kind) => !/^(?:a|an|the|any|one|no|this|that|of|in|or|its|each)$/.test(kind))
  return kinds.length === 0 ? null : [...new Set(kinds)]
}

/** Ruleouts whose pass says what this measure's inactive clause says. */
function excludingSignals(signal: CompiledSignal, signals: readonly CompiledSignal[]): number[] {
  if (signal.limit === null || signal.clauses.inactive.trim() === '') return []
  const own = new Set(signedStems(signal.clauses.inactive).keys())
  return signals
    .filter((other) => other.index !== signal.index && other.limit === null)
    .filter(
      (other) => other.polarity === 'ruleout' || !signals.some(({ polarity }) => polarity === 'ruleout'),
    )
    .filter((other) => {
      const pass = [...signedStems(`${other.label}. ${other.intro} ${other.clauses.pass}`).keys()]
      const telling = pass.filter((stem) => own.has(stem) && (other.vocabulary.topic.get(stem) ?? 0) > 0.4)
      return telling.length >= 3 || telling.length >= pass.length / 3
    })
    .map((other) => other.index)
}

function readShape(text: string): AnswerShape {
  const limit =
    /\b(?:at most|no more than|up to|max(?:imum)?(?: of)?|within|under|≤|not exceed(?:ing)?) (\d{1,3}) words/i.exec(
      text,
    )
  const isJson = /\bjson\b/i.test(text) || /"(?:signals|status)"\s*:/.test(text)
  return { isJson, reasonWordsMax: limit === null ? 25 : Number(limit[1]) }
}

function indexTerms(signals: readonly CompiledSignal[]): Map<string, { signal: number; term: Term }[]> {
  const index = new Map<string, { signal: number; term: Term }[]>()
  for (const signal of signals) {
    for (const term of signal.terms) {
      const first = term.parts[0]
      if (first === undefined) continue
      for (const key of new Set([first.stem, first.lower.slice(0, 5)])) {
        const own = index.get(key) ?? []
        own.push({ signal: signal.index, term })
        index.set(key, own)
      }
    }
  }
  return index
}
