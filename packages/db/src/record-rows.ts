import {
  type Grade,
  type RuleAnswer,
  type SignalGrade,
  signalId,
  type Unparsable,
  VERIFICATIONS,
  type VerifiedCite,
  type VerifiedSignal,
  type VerifiedSignals,
} from '@touchstone/core'
import { newId } from './new-id.ts'
import { encodeText } from './text-codec.ts'

type Row = Record<string, unknown>

/** A row with some of its texts encoded, and marked where that changed one. */
function withTexts(row: Row, texts: Readonly<Record<string, string | null>>): Row {
  let isEscaped = false
  const encoded: Row = {}
  for (const [column, text] of Object.entries(texts)) {
    if (text === null) continue
    const one = encodeText(text)
    encoded[column] = one.text
    isEscaped ||= one.escaped
  }
  return { ...row, ...encoded, is_escaped: isEscaped }
}

/** The rows of what a model answered: a result for each signal of the module and for each stray code, with the evidence of each. */
export function resultRows(answer: {
  sample: VerifiedSignals | Unparsable
  runId: string
  caseId: string
  moduleId: string
}): { results: Row[]; evidence: Row[]; idByCode: Map<string, string> } {
  const { sample, runId, caseId, moduleId } = answer
  const idByCode = new Map<string, string>()
  if (sample.stage === 'unparsable') return { results: [], evidence: [], idByCode }
  const results: Row[] = []
  const evidence: Row[] = []
  for (const signal of sample.signals) {
    const id = newId()
    idByCode.set(signal.code, id)
    const defects = sample.defects
      .filter((defect) => defect.code === signal.code)
      .map((defect) => defect.kind)
    const own = {
      id,
      run_id: runId,
      case_id: caseId,
      source: 'AI',
      signal_id: signalId(moduleId, signal.code),
      defects,
    }
    results.push(resultRow(own, signal))
    evidence.push(...signal.evidence.map((cite, position) => evidenceRow(cite, { resultId: id, position })))
  }
  for (const code of sample.unknownCodes) {
    const own = {
      id: newId(),
      run_id: runId,
      case_id: caseId,
      source: 'AI',
      outcome: 'unknown_signal',
      defects: [],
    }
    results.push(withTexts(own, { signal_code: code }))
  }
  for (const code of sample.duplicateCodes) {
    const own = {
      id: newId(),
      run_id: runId,
      case_id: caseId,
      source: 'AI',
      outcome: 'duplicate',
      defects: [],
    }
    results.push({ ...own, signal_id: signalId(moduleId, code), is_escaped: false })
  }
  return { results, evidence, idByCode }
}

function resultRow(own: Row, signal: VerifiedSignal): Row {
  switch (signal.outcome) {
    case 'answered': {
      const { status, confidence, support, finding, reason } = signal
      return withTexts({ ...own, outcome: 'answered', status, confidence, support }, { finding, reason })
    }
    case 'missing':
      return { ...own, outcome: 'missing', is_escaped: false }
    case 'invalid_status':
      return withTexts(
        { ...own, outcome: 'invalid_status' },
        { status_as_written: signal.written, finding: signal.finding },
      )
  }
}

function evidenceRow(verified: VerifiedCite, place: { resultId: string; position: number }): Row {
  const { cite } = verified
  const raw =
    cite.kind === 'path' && verified.span !== null && verified.fieldValue !== null
      ? verified.fieldValue.slice(verified.span.start, verified.span.end)
      : null
  return withTexts(
    {
      id: newId(),
      result_id: place.resultId,
      position: place.position,
      cite_type: verified.citeType,
      field_type: verified.fieldType,
      span: verified.span,
      verification: verified.verification,
      verification_note: verified.note,
    },
    {
      field_path: verified.fieldPath,
      resolved_path: verified.resolvedPath,
      field_value: verified.fieldValue,
      excerpt: cite.kind === 'path' ? cite.excerpt : null,
      raw_excerpt: raw,
    },
  )
}

/** The rows of what the module's rules decided, beside the model's. */
export function ruleRows(ruled: {
  rules: readonly { code: string; answer: RuleAnswer }[]
  runId: string
  caseId: string
  moduleId: string
}): Row[] {
  return ruled.rules.flatMap(({ code, answer }) =>
    answer.kind === 'status'
      ? [
          {
            id: newId(),
            run_id: ruled.runId,
            case_id: ruled.caseId,
            signal_id: signalId(ruled.moduleId, code),
            source: 'RULE',
            outcome: 'answered',
            status: answer.status,
            defects: [],
            is_escaped: false,
          },
        ]
      : [],
  )
}

/** Where a grade goes: its grading and its sample. */
export type GradePlace = { gradingId: string; sampleId: string; moduleId: string }

/** The row of one graded signal. */
export function gradeRow(
  place: GradePlace,
  graded: { grade: SignalGrade; resultId: string | undefined },
): Row {
  const { grade } = graded
  const counts = grade.evidenceCounts
  return {
    id: newId(),
    grading_id: place.gradingId,
    eval_sample_id: place.sampleId,
    signal_id: signalId(place.moduleId, grade.code),
    result_id: graded.resultId,
    expected: grade.expected,
    got: grade.got,
    grade: grade.grade,
    support: grade.support,
    cited: VERIFICATIONS.reduce((total, word) => total + counts[word], 0),
    ...counts,
    must_cite: grade.mustCite,
    must_cite_hit: grade.mustCiteHit,
    must_pass: grade.mustPass,
    rule_status: ruleWord(grade.rule),
    rule_agrees: grade.ruleAgrees,
  }
}

function ruleWord(rule: RuleAnswer): string | null {
  switch (rule.kind) {
    case 'status':
      return rule.status
    case 'undecided':
      return 'undecided'
    case 'no_rule':
      return null
  }
}

/** The row of what the measure reports of one sample. */
export function outcomeRow(place: GradePlace, grade: Grade): Row {
  return {
    id: newId(),
    grading_id: place.gradingId,
    eval_sample_id: place.sampleId,
    ai_outcome: grade.outcomeByAi,
    rule_outcome: grade.outcomeByRule,
    gold_outcome: grade.outcomeByGold,
    constraints_broken: grade.brokenConstraints,
    whole_case_right: grade.isWholeCaseRight,
  }
}
