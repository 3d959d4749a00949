import { type Answered, type GradeWord, type Outcome, RunSummary, type Status } from '@touchstone/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wilson } from './statistics/index.ts'
import type { OutcomeRow } from './summarize/sample-tally.ts'
import type { GradedRow } from './summarize/signal-tally.ts'
import { createSummary } from './summarize.ts'

const SIGNALS = [
  { code: 'on_time', adverseStatus: 'fail' as const },
  { code: 'staged', adverseStatus: 'pass' as const },
]

function rowOf(goldCase: string, rest: Partial<GradedRow> = {}): GradedRow {
  const expected: Status = rest.expected ?? 'pass'
  const got: Answered = rest.got ?? expected
  const grade: GradeWord = got === expected ? 'correct' : 'wrong'
  return {
    goldCase,
    cluster: goldCase,
    repeat: 1,
    code: 'on_time',
    expected,
    got,
    grade,
    support: 'supported',
    evidenceCounts: { ...emptyEvidence(), verified: 1 },
    mustCite: 0,
    mustCiteHit: 0,
    ruleAgrees: null,
    ...rest,
  }
}

function emptyEvidence(): GradedRow['evidenceCounts'] {
  return {
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
}

function outcomeOf(goldCase: string, rest: Partial<OutcomeRow> = {}): OutcomeRow {
  return {
    goldCase,
    cluster: goldCase,
    repeat: 1,
    outcomeByAi: 'met',
    outcomeByRule: 'met',
    outcomeByGold: 'met',
    brokenConstraints: 0,
    isWholeCaseRight: true,
    isUnusable: false,
    ...rest,
  }
}

function summarize(rows: readonly GradedRow[], outcomes: readonly OutcomeRow[] = []) {
  const summary = createSummary({ signals: SIGNALS, confidence: 0.95 })
  for (const row of rows) summary.add(row)
  for (const row of outcomes) summary.addOutcome(row)
  return summary.finish()
}

describe('a signal of a summary', () => {
  const rows = [
    rowOf('a', { mustCite: 2, mustCiteHit: 1, ruleAgrees: true }),
    rowOf('b', { got: 'caution', grade: 'lenient', support: 'uncited', ruleAgrees: false }),
    rowOf('c', { expected: 'fail', got: 'fail', support: 'partly' }),
    rowOf('d', { expected: 'fail', got: 'pass' }),
    rowOf('e', { got: 'missing', grade: 'missing', support: null, evidenceCounts: emptyEvidence() }),
  ]

  it('counts strict and lenient answers over all graded samples', () => {
    const [signal] = summarize(rows).signals

    expect(signal).toMatchObject({ signal: 'on_time', n: 5, clusters: 5, correct: 2 })
    expect(signal?.accuracy).toMatchObject(wilson({ successes: 2, n: 5 }))
    expect(signal?.lenient).toMatchObject(wilson({ successes: 3, n: 5 }))
    expect(signal?.grades).toMatchObject({ correct: 2, lenient: 1, wrong: 1, missing: 1, invalid: 0 })
  })

  it('says what always answering the commonest gold status would score', () => {
    expect(summarize(rows).signals[0]?.majority).toEqual({ status: 'pass', share: 3 / 5 })
  })

  it('finds the share of adverse cases that were answered so', () => {
    expect(summarize(rows).signals[0]?.detection).toMatchObject({ estimate: 0.5, n: 2, clusters: 2 })
  })

  it('tells gold from answers, and evidence, support and rules apart', () => {
    const [signal] = summarize(rows).signals

    expect(signal?.confusion).toEqual({
      pass: { pass: 1, caution: 1, missing: 1 },
      fail: { fail: 1, pass: 1 },
    })
    expect(signal?.evidence).toMatchObject({ cited: 4, verified: 4, bare: 0, mustCite: 2, mustCiteHit: 1 })
    expect(signal?.support).toEqual({ supported: 2, partly: 1, unsupported: 0, uncited: 1 })
    expect(signal?.rule).toEqual({ n: 2, agrees: 1 })
  })

  it('is there with nulls when it has no row', () => {
    expect(summarize(rows).signals[1]).toMatchObject({
      signal: 'staged',
      n: 0,
      clusters: 0,
      correct: 0,
      accuracy: { estimate: null, n: 0 },
      majority: { status: null, share: null },
    })
  })

  it('averages repeats within their case and clusters by patient', () => {
    const repeated = [
      rowOf('a', { cluster: 'p1' }),
      rowOf('a', { cluster: 'p1', repeat: 2 }),
      rowOf('a', { cluster: 'p1', repeat: 3, got: 'fail' }),
      rowOf('b', { cluster: 'p1' }),
      rowOf('c', { cluster: 'p2' }),
    ]

    const accuracy = summarize(repeated).signals[0]?.accuracy

    expect(accuracy).toMatchObject({ n: 5, clusters: 2 })
    expect(accuracy?.estimate).toBeCloseTo((2 / 3 + 1 + 1) / 3, 12)
    expect(accuracy?.method).toContain('clustered')
  })
})

describe('the whole of a summary', () => {
  it('takes the signals of a case as one cluster', () => {
    const rows = ['a', 'b', 'c'].flatMap((goldCase) => [
      rowOf(goldCase),
      rowOf(goldCase, { code: 'staged', got: 'fail' }),
    ])

    const { overall } = summarize(rows)

    expect(overall).toMatchObject({ n: 6, correct: 3 })
    expect(overall.accuracy).toMatchObject({ estimate: 0.5, n: 6, clusters: 3 })
    expect(overall.accuracy.low).toBeCloseTo(wilson({ successes: 1.5, n: 3 }).low ?? -1, 12)
  })

  it('counts support among answers that have a status', () => {
    const rows = [
      rowOf('a'),
      rowOf('b', { support: 'partly' }),
      rowOf('c', { got: 'refused', grade: 'refused', support: null }),
      rowOf('d', { got: 'invalid', grade: 'invalid', support: 'unsupported' }),
    ]

    expect(summarize(rows).overall.supported).toMatchObject({ estimate: 0.5, n: 2 })
  })

  it('compares what the measure reports with what is true', () => {
    const outcomes = [
      outcomeOf('a'),
      outcomeOf('b', { outcomeByGold: 'not_met', outcomeByRule: 'not_met', isWholeCaseRight: false }),
      outcomeOf('c', { outcomeByAi: 'excluded', outcomeByGold: 'not_met', brokenConstraints: 2 }),
      outcomeOf('d', { outcomeByAi: 'undetermined', isWholeCaseRight: null, isUnusable: true }),
    ]

    const { overall } = summarize([], outcomes)

    expect(overall.outcome.reported).toMatchObject({ estimate: 1, n: 2 })
    expect(overall.outcome.truth).toMatchObject({ estimate: 0.5, n: 4 })
    expect(overall.outcome.byRule).toMatchObject({ estimate: 0.75, n: 4 })
    expect(overall.outcome.bias).toMatchObject({ estimate: 0.5, n: 4 })
    expect(overall.outcome.counts.ai).toEqual({ excluded: 1, met: 2, not_met: 0, undetermined: 1 })
    expect(overall.wholeCaseRight).toMatchObject({ estimate: 2 / 3, n: 3 })
    expect(overall.unusable).toMatchObject({ estimate: 0.25, n: 4 })
    expect(overall.brokenConstraints).toBe(2)
  })

  it('counts gold once for a case, however often it is repeated', () => {
    const outcomes = [
      ...[1, 2, 3].map((repeat) => outcomeOf('a', { repeat, outcomeByGold: 'not_met' })),
      outcomeOf('b'),
    ]

    expect(summarize([], outcomes).overall.outcome.truth).toMatchObject({ estimate: 0.5, n: 2 })
  })

  it('has the shape that is printed', () => {
    const { signals, overall } = summarize([rowOf('a')], [outcomeOf('a')])

    expect(RunSummary.shape.signals.safeParse(signals).error).toBeUndefined()
    expect(RunSummary.shape.overall.safeParse(overall).error).toBeUndefined()
    expect(RunSummary.shape.overall.safeParse(summarize([]).overall).error).toBeUndefined()
  })

  it('refuses a row for a signal that is none of the module', () => {
    expect(() => summarize([rowOf('a', { code: 'elsewhere' })])).toThrow(/"elsewhere"/)
  })

  it('keeps grades and confusion summing to n, and does not depend on the order of rows', () => {
    const outcomeWords = fc.constantFrom<Outcome[]>('excluded', 'met', 'not_met', 'undetermined')
    const drawnRows = fc.array(
      fc.record({
        goldCase: fc.constantFrom('a', 'b', 'c', 'd'),
        code: fc.constantFrom('on_time', 'staged'),
        got: fc.constantFrom<Answered[]>('pass', 'fail', 'caution', 'missing', 'refused'),
        ai: outcomeWords,
      }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(drawnRows, (drawn) => {
        const rows = drawn.map(({ goldCase, ...rest }) => rowOf(goldCase, rest))
        const outcomes = drawn.map(({ goldCase, ai }) => outcomeOf(goldCase, { outcomeByAi: ai }))

        const forward = summarize(rows, outcomes)
        const backward = summarize([...rows].reverse(), [...outcomes].reverse())

        for (const signal of forward.signals) {
          const answers = Object.values(signal.confusion).flatMap((row) => Object.values(row))
          expect(Object.values(signal.grades).reduce((sum, count) => sum + count, 0)).toBe(signal.n)
          expect(answers.reduce((sum, count) => sum + count, 0)).toBe(signal.n)
        }
        expect(backward.overall.correct).toBe(forward.overall.correct)
        expect(backward.overall.accuracy.low ?? 0).toBeCloseTo(forward.overall.accuracy.low ?? 0, 10)
        expect(backward.overall.outcome.bias.low ?? 0).toBeCloseTo(forward.overall.outcome.bias.low ?? 0, 10)
      }),
    )
  })

  it('gives the very same figures to the last digit in whatever order the samples come (regression)', () => {
    const outcomes = Array.from({ length: 97 }, (_, index) =>
      outcomeOf(`case ${Math.floor(index / 3)}`, {
        cluster: `patient ${Math.floor(index / 3) % 11}`,
        repeat: (index % 3) + 1,
        outcomeByAi: index % 4 === 0 ? 'not_met' : index % 7 === 0 ? 'excluded' : 'met',
        outcomeByGold: Math.floor(index / 3) % 5 === 0 ? 'not_met' : 'met',
        isUnusable: index % 13 === 0,
      }),
    )
    const rows = outcomes.map(({ goldCase, cluster, repeat }, index) =>
      rowOf(goldCase, { cluster, repeat, got: index % 4 === 0 ? 'fail' : 'pass' }),
    )
    const summaryOf = (order: readonly number[]): unknown => {
      const summary = createSummary({ signals: SIGNALS })
      for (const index of order) {
        const [row, outcome] = [rows[index], outcomes[index]]
        if (row) summary.add(row)
        if (outcome) summary.addOutcome(outcome)
      }
      return summary.finish()
    }
    const forwards = outcomes.map((_, index) => index)
    const shuffled = [...forwards].sort((a, b) => ((a * 53) % 97) - ((b * 53) % 97))
    expect(summaryOf(shuffled)).toEqual(summaryOf(forwards))
    expect(summaryOf([...forwards].reverse())).toEqual(summaryOf(forwards))
  })
})
