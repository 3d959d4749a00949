import type { Support, Verification } from './evidence.ts'
import type { Answered, Outcome, Status } from './status.ts'

/** How an answer compares with gold. `correct` is the one best answer, `lenient` an accepted other one. */
export const GRADES = [
  'correct',
  'lenient',
  'wrong',
  'missing',
  'invalid',
  'unparsable',
  'refused',
  'truncated',
] as const
export type GradeWord = (typeof GRADES)[number]

/** What the module's rule says of a signal: a status, undecided, or nothing because there is no rule. */
export type RuleAnswer = { kind: 'status'; status: Status } | { kind: 'undecided' } | { kind: 'no_rule' }

/** A sample held against the module's own rules, before gold comes in. */
export type CheckedSample = {
  stage: 'checked'
  /** By signal code, in the module's order. */
  rules: { code: string; answer: RuleAnswer }[]
  /** What the measure would report from the model's answers, and from the rules where they decide. */
  outcomeByAi: Outcome
  outcomeByRule: Outcome
  /** The constraints (CEL text) that the model's answers break. */
  brokenConstraints: string[]
}

/** One signal of one sample, graded. Signals without gold have no row. */
export type SignalGrade = {
  code: string
  expected: Status
  alsoAccept: readonly Status[]
  got: Answered
  grade: GradeWord
  support: Support | null
  evidenceCounts: Readonly<Record<Verification, number>>
  /** Groups of must_cite, and how many of them a verified cite hits. */
  mustCite: number
  mustCiteHit: number
  mustPass: boolean
  rule: RuleAnswer
  /** Whether model and rule say the same; null where either says nothing. */
  ruleAgrees: boolean | null
}

/** A sample graded: its signals, and what the measure reports by AI, by rule and by gold. */
export type Grade = {
  stage: 'graded'
  signals: SignalGrade[]
  outcomeByAi: Outcome
  outcomeByRule: Outcome
  outcomeByGold: Outcome
  brokenConstraints: string[]
  /** Every signal with gold answered correctly; null where no signal has gold. */
  isWholeCaseRight: boolean | null
}
