import {
  assembleModuleVersion,
  type GoldLabel,
  type Support,
  type Unparsable,
  type Verification,
  type VerifiedCite,
  type VerifiedSignal,
  type VerifiedSignals,
} from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { check } from './check.ts'
import { grade, isUnusable } from './grade.ts'

const MODULE = 'orthopedics/timeliness_sch'
const moduleVersion = assembleModuleVersion(
  {
    id: MODULE,
    name: 'timeliness_sch',
    outcome: 'status("on_time") == "pass" ? "met" : status("on_time") == "fail" ? "not_met" : "undetermined"',
  },
  [
    { module: MODULE, code: 'on_time', label: 'On time', rule: 'has_path("late") ? "fail" : "pass"' },
    { module: MODULE, code: 'staged', label: 'Staged' },
  ],
)

function citeAt(path: string, verification: Verification): VerifiedCite {
  return {
    cite: { kind: 'path', path, excerpt: null },
    fieldPath: path,
    resolvedPath: verification === 'absent' ? null : path,
    fieldValue: null,
    fieldType: null,
    citeType: 'note',
    span: null,
    verification,
    note: '',
  }
}

function answered(
  code: string,
  status: GoldLabel['status'],
  { evidence = [], support = 'uncited' }: { evidence?: VerifiedCite[]; support?: Support } = {},
): VerifiedSignal {
  const words = { finding: null, reason: null, confidence: null, cites: [] }
  return { outcome: 'answered', code, status, ...words, evidence, support }
}

function sampleOf(...signals: VerifiedSignal[]): VerifiedSignals {
  return { stage: 'verified', signals, unknownCodes: [], duplicateCodes: [], defects: [] }
}

function gradeOf(
  sample: VerifiedSignals | Unparsable,
  gold: Record<string, GoldLabel>,
): ReturnType<typeof grade> {
  const checked = check({ verified: sample, payload: {}, moduleVersion })
  return grade({ sample, gold, checked, moduleVersion })
}

describe('grade', () => {
  const label: GoldLabel = { status: 'inactive', also_accept: ['caution'] }
  const missing: VerifiedSignal = { outcome: 'missing', code: 'staged', evidence: [], support: null }
  const invalid: VerifiedSignal = {
    outcome: 'invalid_status',
    code: 'staged',
    written: 'maybe',
    finding: null,
    cites: [],
    evidence: [],
    support: null,
  }

  it.each([
    { signal: answered('staged', 'inactive'), got: 'inactive', word: 'correct' },
    { signal: answered('staged', 'caution'), got: 'caution', word: 'lenient' },
    { signal: answered('staged', 'pass'), got: 'pass', word: 'wrong' },
    { signal: missing, got: 'missing', word: 'missing' },
    { signal: invalid, got: 'invalid', word: 'invalid' },
  ])('calls $got $word', ({ signal, got, word }) => {
    const { signals, isWholeCaseRight } = gradeOf(sampleOf(signal), { staged: label })

    expect(signals).toHaveLength(1)
    expect(signals[0]).toMatchObject({ code: 'staged', expected: 'inactive', got, grade: word })
    expect(isWholeCaseRight).toBe(word === 'correct')
  })

  it.each(['unparsable', 'refused', 'truncated'] as const)('grades every signal of a sample %s so', (why) => {
    const sample: Unparsable = { stage: 'unparsable', why, detail: '' }

    const result = gradeOf(sample, { on_time: { status: 'pass' }, staged: label })

    expect(result.signals.map((row) => row.grade)).toEqual([why, why])
    expect(result.signals[0]).toMatchObject({ got: why, support: null, ruleAgrees: null })
    expect(result).toMatchObject({
      isWholeCaseRight: false,
      outcomeByAi: 'undetermined',
      outcomeByGold: 'met',
    })
  })

  it('takes an answer that is not there at all for missing', () => {
    expect(gradeOf(sampleOf(), { staged: label }).signals[0]?.grade).toBe('missing')
  })

  it('gives no row to signals without gold, and no verdict on a case without any', () => {
    const sample = sampleOf(answered('on_time', 'pass'), answered('staged', 'pass'))

    expect(gradeOf(sample, { on_time: { status: 'pass' } }).signals.map((row) => row.code)).toEqual([
      'on_time',
    ])
    expect(gradeOf(sample, {})).toMatchObject({ signals: [], isWholeCaseRight: null })
  })

  it('keeps the order of the module', () => {
    const gold = { staged: label, on_time: { status: 'pass' as const } }

    expect(gradeOf(sampleOf(), gold).signals.map((row) => row.code)).toEqual(['on_time', 'staged'])
  })

  it('counts a group of must_cite as hit by a verified cite at or below one of its paths', () => {
    const evidence = [
      citeAt('notes[0].text', 'verified'),
      citeAt('times.Arrival', 'bare'),
      citeAt('nowhere', 'absent'),
    ]
    const must_cite = ['times.Arrival', ['notes[2].text', 'notes[0]'], 'notes[*].text', 'surgery']
    const sample = sampleOf(answered('on_time', 'pass', { evidence, support: 'partly' }))

    const row = gradeOf(sample, { on_time: { status: 'pass', must_cite } }).signals[0]

    expect(row).toMatchObject({ mustCite: 4, mustCiteHit: 2, support: 'partly' })
    expect(row?.evidenceCounts).toMatchObject({ verified: 1, bare: 1, absent: 1, altered: 0 })
  })

  it.each([
    { status: 'pass' as const, agrees: true },
    { status: 'caution' as const, agrees: false },
  ])('says whether rule and answer agree: $status', ({ status, agrees }) => {
    const row = gradeOf(sampleOf(answered('on_time', status)), { on_time: { status: 'pass' } }).signals[0]

    expect(row).toMatchObject({ rule: { kind: 'status', status: 'pass' }, ruleAgrees: agrees })
  })

  it('lets the rules say nothing when the sample was not checked', () => {
    const sample = sampleOf(answered('on_time', 'pass'))

    const result = grade({ sample, gold: { on_time: { status: 'fail' } }, checked: null, moduleVersion })

    expect(result.signals[0]).toMatchObject({ rule: { kind: 'no_rule' }, ruleAgrees: null })
    expect(result).toMatchObject({ outcomeByAi: 'undetermined', outcomeByGold: 'not_met' })
  })

  it.each([
    { sample: sampleOf(answered('on_time', 'pass'), answered('staged', 'pass')), unusable: false },
    { sample: sampleOf(answered('on_time', 'pass'), missing), unusable: true },
    { sample: sampleOf(answered('on_time', 'pass'), invalid), unusable: true },
    { sample: { stage: 'unparsable' as const, why: 'refused' as const, detail: '' }, unusable: true },
  ])('calls a sample unusable that has no status for a signal (row %#)', ({ sample, unusable }) => {
    expect(isUnusable(sample)).toBe(unusable)
  })
})
