import {
  assembleModuleVersion,
  type JsonValue,
  type ModuleVersion,
  type SignalDefinition,
  type Status,
  type VerifiedSignals,
} from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { check } from './check.ts'

const ON_TIME = `
  seconds_between(measure.start, measure.end) == null ? dyn(null)
  : seconds_between(measure.start, measure.end) <= 0 ? dyn("caution")
  : seconds_between(measure.start, measure.end) < limit_seconds ? dyn("pass")
  : seconds_between(measure.start, measure.end) == limit_seconds && inclusive ? dyn("pass")
  : dyn("fail")`
const MODULE = 'orthopedics/timeliness_sch'
const MEASURE = { start: 'times.Arrival', end: 'times.Incision', limit_minutes: 1140, inclusive: true }

function moduleOf(
  signals: Omit<SignalDefinition, 'module' | 'label'>[],
  rest: { outcome?: string; constraints?: string[] } = {},
): ModuleVersion {
  const definitions = signals.map((signal) => ({ ...signal, module: MODULE, label: signal.code }))
  return assembleModuleVersion({ id: MODULE, name: 'timeliness_sch', ...rest }, definitions)
}

function answersOf(statuses: Record<string, Status | null>): VerifiedSignals {
  const signals = Object.entries(statuses).map(([code, status]) =>
    status === null
      ? { outcome: 'missing' as const, code, evidence: [], support: null }
      : {
          outcome: 'answered' as const,
          code,
          status,
          finding: null,
          reason: null,
          confidence: null,
          cites: [],
          evidence: [],
          support: 'uncited' as const,
        },
  )
  return { stage: 'verified', signals, unknownCodes: [], duplicateCodes: [], defects: [] }
}

function ruleOn(rule: string, payload: Record<string, JsonValue>): unknown {
  const moduleVersion = moduleOf([{ code: 'on_time', rule, measure: MEASURE }])
  return check({ verified: answersOf({}), payload, moduleVersion }).rules[0]?.answer
}

describe('a rule on a span', () => {
  const arrival = '2025-03-01T12:00:00-05:00'
  const pass = { kind: 'status', status: 'pass' }
  const fail = { kind: 'status', status: 'fail' }
  const caution = { kind: 'status', status: 'caution' }
  const undecided = { kind: 'undecided' }

  it.each([
    { incision: '2025-03-02T06:59:59-05:00', says: pass, why: '18:59:59' },
    { incision: '2025-03-02T07:00:00-05:00', says: pass, why: '19:00:00, inclusive' },
    { incision: '2025-03-02T07:00:01-05:00', says: fail, why: '19:00:01' },
    { incision: '2025-03-02T12:00:00Z', says: pass, why: '19:00:00 in another offset' },
    { incision: '2025-03-01T11:59:59-05:00', says: caution, why: 'reversed by a second' },
    { incision: '2025-03-02T07:00:00', says: undecided, why: 'without an offset' },
    { incision: '2025-02-30T07:00:00Z', says: undecided, why: 'no date' },
    { incision: '', says: undecided, why: 'blank' },
    { incision: null, says: undecided, why: 'null' },
  ])('answers at $why', ({ incision, says }) => {
    expect(ruleOn(ON_TIME, { times: { Arrival: arrival, Incision: incision } })).toEqual(says)
  })

  it('leaves a chart without the stamp undecided', () => {
    expect(ruleOn(ON_TIME, { times: { Arrival: arrival } })).toEqual(undecided)
  })

  it('leaves a span between several places undecided', () => {
    const rule = 'seconds_between("times.Arrival", "or[*].start") == null ? dyn(null) : dyn("pass")'
    const starts = [{ start: arrival }, { start: arrival }]

    expect(ruleOn(rule, { times: { Arrival: arrival }, or: starts })).toEqual(undecided)
    expect(ruleOn(rule, { times: { Arrival: arrival }, or: starts.slice(1) })).toEqual(pass)
  })

  it('excludes the limit itself when it is not inclusive', () => {
    const moduleVersion = moduleOf([
      { code: 'on_time', rule: ON_TIME, measure: { ...MEASURE, inclusive: false } },
    ])
    const payload = { times: { Arrival: arrival, Incision: '2025-03-02T07:00:00-05:00' } }

    expect(check({ verified: answersOf({}), payload, moduleVersion }).rules[0]?.answer).toEqual(fail)
  })
})

describe('what a rule sees', () => {
  const payload = {
    labs: { wbc: 12.5, count: 3 },
    notes: [{ text: 'First' }, { text: 'Second' }],
    consults: [],
    blank: '  ',
    nothing: null,
  }

  it.each([
    'has_path("labs.wbc")',
    'has_path("notes[*].text")',
    '!has_path("consults")',
    '!has_path("blank")',
    '!has_path("nothing")',
    '!has_path("labs.__proto__")',
    'value("labs.count") == 3',
    'value("labs.wbc") > 12',
    'value("labs.absent") == null',
    'text_at("notes[*].text") == "First\\nSecond"',
    'text_at("labs.wbc") == "12.5"',
    'text_at("labs") == ""',
    'chart.labs.wbc > 12.0',
    'chart.notes.exists(note, note.text == "Second")',
    'limit_seconds == 68400',
    'measure.limit_minutes == 1140',
    'inclusive',
  ])('holds: %s', (condition) => {
    expect(ruleOn(`${condition} ? "pass" : "fail"`, payload)).toEqual({ kind: 'status', status: 'pass' })
  })

  it('is undecided where the expression fails on the chart', () => {
    expect(ruleOn('chart.absent.deeper == 1 ? "pass" : "fail"', payload)).toEqual({ kind: 'undecided' })
  })

  it('is undecided where the chart itself supplies a word that is no status', () => {
    expect(ruleOn('value("notes[0].text")', payload)).toEqual({ kind: 'undecided' })
  })

  it('knows nothing of the chart before it', () => {
    const moduleVersion = moduleOf([{ code: 'a', rule: 'has_path("x") ? "pass" : "fail"' }])
    const answerOn = (chart: Record<string, JsonValue>): unknown =>
      check({ verified: answersOf({}), payload: chart, moduleVersion }).rules[0]?.answer

    expect(answerOn({ x: 1 })).toEqual({ kind: 'status', status: 'pass' })
    expect(answerOn({})).toEqual({ kind: 'status', status: 'fail' })
  })

  it('is no rule where the signal has none', () => {
    const moduleVersion = moduleOf([{ code: 'a' }])

    expect(check({ verified: answersOf({}), payload, moduleVersion }).rules).toEqual([
      { code: 'a', answer: { kind: 'no_rule' } },
    ])
  })
})

describe('what the measure reports', () => {
  const moduleVersion = moduleOf(
    [
      { code: 'on_time', display_order: 1 },
      { code: 'excluded', rule: 'has_path("cast") ? dyn("pass") : dyn(null)' },
    ],
    {
      outcome: `status("excluded") == "pass" ? "excluded" : status("on_time") == "pass" ? "met"
        : status("on_time") == "fail" ? "not_met" : "undetermined"`,
      constraints: ['!(status("excluded") == "pass" && status("on_time") == "pass")'],
    },
  )

  it.each([
    { on_time: 'pass' as const, excluded: 'fail' as const, ai: 'met' },
    { on_time: 'fail' as const, excluded: 'fail' as const, ai: 'not_met' },
    { on_time: null, excluded: 'fail' as const, ai: 'undetermined' },
    { on_time: null, excluded: 'pass' as const, ai: 'excluded' },
  ])('is $ai for $on_time and $excluded', ({ ai, ...statuses }) => {
    expect(check({ verified: answersOf(statuses), payload: {}, moduleVersion }).outcomeByAi).toBe(ai)
  })

  it('goes by the rules where they decide and by the answers elsewhere', () => {
    const verified = answersOf({ on_time: 'pass', excluded: 'fail' })

    expect(check({ verified, payload: { cast: 'long arm' }, moduleVersion })).toMatchObject({
      outcomeByAi: 'met',
      outcomeByRule: 'excluded',
    })
    expect(check({ verified, payload: {}, moduleVersion }).outcomeByRule).toBe('met')
  })

  it('names the constraints that the answers break', () => {
    const verified = answersOf({ on_time: 'pass', excluded: 'pass' })

    expect(check({ verified, payload: {}, moduleVersion }).brokenConstraints).toEqual([
      '!(status("excluded") == "pass" && status("on_time") == "pass")',
    ])
  })

  it('still asks the rules when the answer could not be read', () => {
    const verified = { stage: 'unparsable' as const, why: 'refused' as const, detail: '' }

    expect(check({ verified, payload: { cast: 'long arm' }, moduleVersion })).toMatchObject({
      outcomeByAi: 'undetermined',
      outcomeByRule: 'excluded',
      brokenConstraints: [],
    })
  })

  it('is undetermined for a module that states no outcome', () => {
    const verified = answersOf({ on_time: 'pass' })

    expect(check({ verified, payload: {}, moduleVersion: moduleOf([{ code: 'on_time' }]) })).toMatchObject({
      outcomeByAi: 'undetermined',
      outcomeByRule: 'undetermined',
    })
  })
})
