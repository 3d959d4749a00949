import {
  type Answered,
  type CheckedSample,
  type GoldLabel,
  type Grade,
  type GradeWord,
  isPathCoveredBy,
  type ModuleVersion,
  parseFieldPath,
  type RuleAnswer,
  type Signal,
  type SignalGrade,
  type Unparsable,
  VERIFICATIONS,
  type Verification,
  type VerifiedCite,
  type VerifiedSignal,
  type VerifiedSignals,
} from '@touchstone/core'
import { compileModuleRules } from './module-rules.ts'

/** The gold labels of one case, by signal code. */
export type GoldLabels = Readonly<Record<string, GoldLabel>>

/**
 * Holds a sample against gold: a row for each signal of the module that has a label, in the module's
 * order. `correct` is the one best status, `lenient` an accepted other one; what could not be read is
 * graded by why, for every signal. A whole case is right when every row is `correct`.
 *
 * Without `checked` the rules say nothing: rows have no rule, and the outcomes by model and by rule are
 * `undetermined`. The gold outcome takes a signal without gold as "missing".
 */
export function grade(input: {
  sample: VerifiedSignals | Unparsable
  gold: GoldLabels
  checked: CheckedSample | null
  moduleVersion: ModuleVersion
}): Grade {
  const { sample, gold, checked, moduleVersion } = input
  const answers = answersByCode(sample)
  const rules = new Map(checked?.rules.map(({ code, answer }) => [code, answer]))
  const signals = moduleVersion.signals.flatMap((signal) => {
    const label = labelOf(gold, signal)
    if (label === null) return []
    const answer = answers.get(signal.code)
    const got = gotOf(sample, answer)
    const rule = rules.get(signal.code) ?? { kind: 'no_rule' as const }
    return [gradeSignal({ signal, label, got, rule, answer })]
  })
  return {
    stage: 'graded',
    signals,
    outcomeByAi: checked?.outcomeByAi ?? 'undetermined',
    outcomeByRule: checked?.outcomeByRule ?? 'undetermined',
    outcomeByGold: compileModuleRules(moduleVersion).outcome(
      (code) => (Object.hasOwn(gold, code) ? gold[code]?.status : undefined) ?? 'missing',
    ),
    brokenConstraints: checked?.brokenConstraints ?? [],
    isWholeCaseRight: signals.length === 0 ? null : signals.every((row) => row.grade === 'correct'),
  }
}

/** Whether a sample cannot be used as it is: refused, truncated, unparsable, or with a missing or invalid signal. */
export function isUnusable(sample: VerifiedSignals | Unparsable): boolean {
  return sample.stage === 'unparsable' || sample.signals.some((signal) => signal.outcome !== 'answered')
}

function labelOf(gold: GoldLabels, signal: Signal): GoldLabel | null {
  return Object.hasOwn(gold, signal.code) ? (gold[signal.code] ?? null) : null
}

function answersByCode(sample: VerifiedSignals | Unparsable): Map<string, VerifiedSignal> {
  return new Map(sample.stage === 'unparsable' ? [] : sample.signals.map((signal) => [signal.code, signal]))
}

function gotOf(sample: VerifiedSignals | Unparsable, answer: VerifiedSignal | undefined): Answered {
  if (sample.stage === 'unparsable') return sample.why
  if (answer === undefined || answer.outcome === 'missing') return 'missing'
  return answer.outcome === 'answered' ? answer.status : 'invalid'
}

function gradeSignal(input: {
  signal: Signal
  label: GoldLabel
  got: Answered
  rule: RuleAnswer
  answer: VerifiedSignal | undefined
}): SignalGrade {
  const { signal, label, got, rule, answer } = input
  const evidence = answer?.evidence ?? []
  const groups = label.must_cite ?? []
  return {
    code: signal.code,
    expected: label.status,
    alsoAccept: label.also_accept ?? [],
    got,
    grade: gradeWord(got, label),
    support: answer?.support ?? null,
    evidenceCounts: countEvidence(evidence),
    mustCite: groups.length,
    mustCiteHit: groups.filter((group) => isHit(group, evidence)).length,
    mustPass: label.must_pass ?? false,
    rule,
    ruleAgrees: agreement(rule, answer),
  }
}

function gradeWord(got: Answered, label: GoldLabel): GradeWord {
  switch (got) {
    case 'missing':
    case 'invalid':
    case 'unparsable':
    case 'refused':
    case 'truncated':
      return got
    default:
      if (got === label.status) return 'correct'
      return label.also_accept?.includes(got) === true ? 'lenient' : 'wrong'
  }
}

function agreement(rule: RuleAnswer, answer: VerifiedSignal | undefined): boolean | null {
  if (rule.kind !== 'status' || answer?.outcome !== 'answered') return null
  return rule.status === answer.status
}

function countEvidence(evidence: readonly VerifiedCite[]): Record<Verification, number> {
  const counts: Record<Verification, number> = {
    verified: 0,
    bare: 0,
    altered: 0,
    cut_context: 0,
    absent: 0,
    not_shown: 0,
    out_of_scope: 0,
    contradicted: 0,
    not_searched: 0,
  }
  for (const word of VERIFICATIONS) {
    counts[word] = evidence.filter((cite) => cite.verification === word).length
  }
  return counts
}

/** A group is hit when a verified cite lies at or below one of its paths. */
function isHit(group: string | readonly string[], evidence: readonly VerifiedCite[]): boolean {
  const wanted = (typeof group === 'string' ? [group] : group).map(parseFieldPath)
  return evidence.some((cite) => {
    if (cite.verification !== 'verified' || cite.resolvedPath === null) return false
    const path = parseFieldPath(cite.resolvedPath)
    return path !== null && wanted.some((pattern) => pattern !== null && isPathCoveredBy(path, pattern))
  })
}
