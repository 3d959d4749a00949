import {
  type Answered,
  type Estimate,
  type GradeWord,
  type SignalSummary,
  STATUSES,
  type Status,
  type Support,
  VERIFICATIONS,
  type Verification,
} from '@touchstone/core'
import { estimateRateOfUnits, type RateUnit } from '../statistics/index.ts'
import { inOrder } from './in-order.ts'

/** One signal of one sample, graded, as a flat row: what is kept, and all a summary is made of. */
export type GradedRow = {
  goldCase: string
  cluster: string
  repeat: number
  code: string
  expected: Status
  got: Answered
  grade: GradeWord
  support: Support | null
  evidenceCounts: Readonly<Record<Verification, number>>
  mustCite: number
  mustCiteHit: number
  ruleAgrees: boolean | null
}

/** How often a case's repeats were right, found and supported for one signal. */
type CaseTally = {
  cluster: string
  expected: Status
  n: number
  correct: number
  accepted: number
  adverse: number
  detected: number
  answered: number
  supported: number
}

/** What a rate over cases counts, and out of what. */
export type Share = { of: (tally: CaseTally) => number; outOf: (tally: CaseTally) => number }

/** The shares that summaries show; each is strict or lenient as its name says. */
export const SHARES = {
  accuracy: { of: (tally) => tally.correct, outOf: (tally) => tally.n },
  lenient: { of: (tally) => tally.accepted, outOf: (tally) => tally.n },
  detection: { of: (tally) => tally.detected, outOf: (tally) => tally.adverse },
  supported: { of: (tally) => tally.supported, outOf: (tally) => tally.answered },
} as const satisfies Record<string, Share>

/** The counts of one signal; grows with the cases, not with repeats. */
export type SignalTally = {
  add: (row: GradedRow) => void
  units: (share: Share) => Iterable<RateUnit>
  finish: (confidence: number) => SignalSummary
}

/** Starts counting one signal. */
export function createSignalTally(input: { code: string; adverseStatus: Status }): SignalTally {
  const cases = new Map<string, CaseTally>()
  const counts = emptyCounts()
  const units = (share: Share): RateUnit[] =>
    inOrder(cases).map((tally) => ({
      cluster: tally.cluster,
      total: share.of(tally),
      count: share.outOf(tally),
    }))
  return {
    add: (row) => {
      addToCase(cases, row, input.adverseStatus)
      addToCounts(counts, row)
    },
    units,
    finish: (confidence) => {
      const estimate = (share: Share): Estimate => estimateRateOfUnits({ units: units(share), confidence })
      const accuracy = estimate(SHARES.accuracy)
      return {
        signal: input.code,
        n: accuracy.n,
        clusters: accuracy.clusters,
        correct: counts.grades.correct,
        accuracy,
        lenient: estimate(SHARES.lenient),
        majority: majorityOf(cases),
        detection: estimate(SHARES.detection),
        ...counts,
      }
    },
  }
}

function addToCase(cases: Map<string, CaseTally>, row: GradedRow, adverseStatus: Status): void {
  const tally = cases.get(row.goldCase) ?? emptyCase(row)
  cases.set(row.goldCase, tally)
  tally.n += 1
  if (row.grade === 'correct') tally.correct += 1
  if (row.grade === 'correct' || row.grade === 'lenient') tally.accepted += 1
  if (row.expected === adverseStatus) {
    tally.adverse += 1
    if (row.got === adverseStatus) tally.detected += 1
  }
  if (STATUSES.some((status) => status === row.got)) {
    tally.answered += 1
    if (row.support === 'supported') tally.supported += 1
  }
}

function emptyCase({ cluster, expected }: GradedRow): CaseTally {
  return {
    cluster,
    expected,
    n: 0,
    correct: 0,
    accepted: 0,
    adverse: 0,
    detected: 0,
    answered: 0,
    supported: 0,
  }
}

type Counts = Pick<SignalSummary, 'grades' | 'confusion' | 'evidence' | 'support' | 'rule'>

function emptyCounts(): Counts {
  return {
    grades: {
      correct: 0,
      lenient: 0,
      wrong: 0,
      missing: 0,
      invalid: 0,
      unparsable: 0,
      refused: 0,
      truncated: 0,
    },
    confusion: {},
    evidence: {
      cited: 0,
      verified: 0,
      bare: 0,
      altered: 0,
      cut_context: 0,
      absent: 0,
      not_shown: 0,
      out_of_scope: 0,
      contradicted: 0,
      not_searched: 0,
      mustCite: 0,
      mustCiteHit: 0,
    },
    support: { supported: 0, partly: 0, unsupported: 0, uncited: 0 },
    rule: { n: 0, agrees: 0 },
  }
}

function addToCounts(counts: Counts, row: GradedRow): void {
  counts.grades[row.grade] += 1
  const answers = counts.confusion[row.expected] ?? {}
  answers[row.got] = (answers[row.got] ?? 0) + 1
  counts.confusion[row.expected] = answers
  for (const word of VERIFICATIONS) {
    counts.evidence[word] += row.evidenceCounts[word]
    counts.evidence.cited += row.evidenceCounts[word]
  }
  counts.evidence.mustCite += row.mustCite
  counts.evidence.mustCiteHit += row.mustCiteHit
  if (row.support !== null) counts.support[row.support] += 1
  if (row.ruleAgrees !== null) {
    counts.rule.n += 1
    if (row.ruleAgrees) counts.rule.agrees += 1
  }
}

/** Each case counts once however often it was repeated, as in `accuracy`; of equals the first status in the fixed order. */
function majorityOf(cases: ReadonlyMap<string, CaseTally>): SignalSummary['majority'] {
  let best: { status: Status; n: number } | null = null
  for (const status of STATUSES) {
    const n = [...cases.values()].filter((tally) => tally.expected === status).length
    if (n > (best?.n ?? 0)) best = { status, n }
  }
  return best === null ? { status: null, share: null } : { status: best.status, share: best.n / cases.size }
}
