import { assembleModuleVersion } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { check } from './check.ts'
import { deidentify } from './deidentify.ts'
import { type GoldLabels, grade, isUnusable } from './grade.ts'
import { parse } from './parse.ts'
import { render } from './render.ts'
import { createSummary } from './summarize.ts'
import { verify } from './verify.ts'

// What is known before anything is asked: a module, a prompt, a chart, and the right answers.

const MODULE = 'cardiology/door_time'
const NOT_BOTH = '!(status("care_refused") == "pass" && status("transferred_in") == "pass")'

const moduleVersion = assembleModuleVersion(
  {
    id: MODULE,
    name: 'Door time',
    outcome:
      'status("transferred_in") == "pass" ? "excluded" : status("in_time") == "pass" ? "met" : status("in_time") == "fail" ? "not_met" : "undetermined"',
    constraints: [NOT_BOTH],
  },
  [
    {
      module: MODULE,
      code: 'in_time',
      label: 'Artery opened in time',
      polarity: 'compliance',
      allowed_cites: ['times'],
      measure: { start: 'times.Door', end: 'times.Device', limit_minutes: 90, inclusive: true },
      rule: 'seconds_between(measure.start, measure.end) <= limit_seconds ? "pass" : "fail"',
      display_order: 1,
    },
    { module: MODULE, code: 'care_refused', label: 'Care refused', display_order: 2 },
    {
      module: MODULE,
      code: 'transferred_in',
      label: 'Transferred in',
      polarity: 'ruleout',
      search_scope: ['notes[*].text'],
      search_terms: ['transfer', 'outside hospital'],
      display_order: 3,
    },
  ],
)

const document = {
  name: 'Door time, signals',
  type: 'signal_processing' as const,
  model: 'heuristic',
  params: { temperature: 0 },
  context: ['times', 'notes[*].text'],
  output: { format: 'json_schema' as const },
  sections: [
    {
      role: 'system' as const,
      template:
        'Abstract {{ module.name }} of {{ case.number }}:{% for signal in signals %} {{ signal.code }}{% endfor %}. {% render "shared/silence" %}',
    },
    { role: 'user' as const, template: '{{ chart | json }}' },
  ],
  partials: { 'shared/silence': 'A chart that is silent is inactive.' },
}

const payload = {
  patient: { mrn: 'SYN-77' },
  times: { Door: '2025-05-01T10:00:00Z', Device: '2025-05-01T11:30:01Z' },
  notes: [
    { author: 'RN', text: 'Walked in at ten with chest pain. Declined morphine at first.' },
    { author: 'MD', text: 'Consents to catheterisation. Artery opened without delay.' },
  ],
}

const gold: GoldLabels = {
  in_time: { status: 'fail', must_cite: ['times.Door', 'times.Device'], must_pass: true, why: '1:30:01' },
  care_refused: { status: 'inactive', also_accept: ['fail'], why: 'morphine is not the care in question' },
  transferred_in: { status: 'inactive', basis: 'silent' },
}

/** What the model of this test wrote: a fence, one second overlooked, an excerpt bent, silence searched. */
const COMPLETION = `\`\`\`json
{ "signals": [
  { "id": "in_time", "status": "pass", "finding": "Opened 90 min after the door", "reason": "within the limit", "confidence": 0.8,
    "cites": [{ "path": "times.Door" }, "times.Device", { "path": "times.Needle" }] },
  { "id": "care_refused", "status": "fail", "finding": "consents",
    "cites": [{ "path": "notes[1].text", "excerpt": "Consents to catheterisation" },
              { "path": "notes[0].text", "excerpt": "Declined all care at first" },
              { "path": "patient.mrn" }] },
  { "id": "transferred_in", "status": "inactive", "cites": [{ "searched": ["notes[*].text"], "found": 0 }] },
  { "id": "chest_pain", "status": "pass" }
] }
\`\`\``

describe('one case on the whole route', () => {
  const rendered = render({ document, moduleVersion, payload, caseNumber: 'C-1' })
  const outbound = deidentify(rendered, { facility: 'synthetic', leavesHouse: true })
  const parsed = parse({ text: COMPLETION, finishReason: 'stop', refusal: null, moduleVersion })
  if (parsed.stage === 'unparsable') throw new Error('the completion of this test is readable')
  const verified = verify({ parsed, shown: rendered.shown, payload, moduleVersion })
  const checked = check({ verified, payload, moduleVersion })
  const graded = grade({ sample: verified, gold, checked, moduleVersion })

  it('is rendered: the messages, and the part of the chart that is in them', () => {
    expect(rendered.messages).toEqual([
      {
        role: 'system',
        content:
          'Abstract Door time of C-1: in_time care_refused transferred_in. A chart that is silent is inactive.',
      },
      {
        role: 'user',
        content:
          '{"notes":[{"text":"Walked in at ten with chest pain. Declined morphine at first."},{"text":"Consents to catheterisation. Artery opened without delay."}],"times":{"Device":"2025-05-01T11:30:01Z","Door":"2025-05-01T10:00:00Z"}}',
      },
    ])
    expect(rendered.shown).toEqual({
      times: payload.times,
      notes: payload.notes.map(({ text }) => ({ text })),
    })
    expect(rendered.answerFormat).toMatchObject({ format: 'json_schema', name: 'signals' })
  })

  it('is deidentified: a chart of the synthetic facility goes as it is', () => {
    expect(outbound).toMatchObject({ stage: 'outbound', deidentification: 'identity' })
    expect(outbound.messages).toEqual(rendered.messages)
    expect(JSON.stringify(outbound.messages)).not.toContain('SYN-77')
  })

  it('is parsed: one entry for each signal, and what was not asked for is beside', () => {
    expect(parsed.signals.map((signal) => [signal.code, signal.outcome])).toEqual([
      ['in_time', 'answered'],
      ['care_refused', 'answered'],
      ['transferred_in', 'answered'],
    ])
    expect(parsed.signals[0]).toEqual({
      outcome: 'answered',
      code: 'in_time',
      status: 'pass',
      finding: 'Opened 90 min after the door',
      reason: 'within the limit',
      confidence: 0.8,
      cites: [
        { kind: 'path', path: 'times.Door', excerpt: null },
        { kind: 'path', path: 'times.Device', excerpt: null },
        { kind: 'path', path: 'times.Needle', excerpt: null },
      ],
    })
    expect(parsed.unknownCodes).toEqual(['chest_pain'])
    expect(parsed.defects.map(({ kind }) => kind)).toEqual(['fence_stripped', 'unknown_signal'])
  })

  it('is verified: each cite against the chart as it was shown', () => {
    const verdicts = verified.signals.map(({ code, support, evidence }) => ({
      code,
      support,
      evidence: evidence.map((one) => [one.fieldPath, one.verification]),
    }))
    expect(verdicts).toEqual([
      {
        code: 'in_time',
        support: 'supported',
        evidence: [
          ['times.Door', 'verified'],
          ['times.Device', 'verified'],
          ['times.Needle', 'absent'],
        ],
      },
      {
        code: 'care_refused',
        support: 'partly',
        evidence: [
          ['notes[1].text', 'verified'],
          ['notes[0].text', 'altered'],
          ['patient.mrn', 'not_shown'],
        ],
      },
      { code: 'transferred_in', support: 'supported', evidence: [['notes[*].text', 'verified']] },
    ])
  })

  it('is checked: the rule sees the second that the model did not', () => {
    expect(checked).toEqual({
      stage: 'checked',
      rules: [
        { code: 'in_time', answer: { kind: 'status', status: 'fail' } },
        { code: 'care_refused', answer: { kind: 'no_rule' } },
        { code: 'transferred_in', answer: { kind: 'no_rule' } },
      ],
      outcomeByAi: 'met',
      outcomeByRule: 'not_met',
      brokenConstraints: [],
    })
  })

  it('is graded: a row for each label, and what the measure reports', () => {
    const rows = graded.signals.map((row) => [row.code, row.expected, row.got, row.grade, row.ruleAgrees])
    expect(rows).toEqual([
      ['in_time', 'fail', 'pass', 'wrong', false],
      ['care_refused', 'inactive', 'fail', 'lenient', null],
      ['transferred_in', 'inactive', 'inactive', 'correct', null],
    ])
    expect(graded.signals[0]).toMatchObject({ mustCite: 2, mustCiteHit: 2, mustPass: true })
    expect(graded).toMatchObject({
      outcomeByAi: 'met',
      outcomeByRule: 'not_met',
      outcomeByGold: 'not_met',
      isWholeCaseRight: false,
    })
    expect(isUnusable(verified)).toBe(false)
  })

  it('is summarized: from rows alone, each rate with its n and interval', () => {
    const summary = createSummary({ signals: moduleVersion.signals })
    const place = { goldCase: 'D-0001', cluster: 'P-1', repeat: 1 }
    for (const row of graded.signals) summary.add({ ...place, ...row })
    summary.addOutcome({
      ...place,
      outcomeByAi: graded.outcomeByAi,
      outcomeByRule: graded.outcomeByRule,
      outcomeByGold: graded.outcomeByGold,
      brokenConstraints: graded.brokenConstraints.length,
      isWholeCaseRight: graded.isWholeCaseRight,
      isUnusable: isUnusable(verified),
    })
    const { signals, overall } = summary.finish()

    expect(signals.map(({ signal, n, correct }) => [signal, n, correct])).toEqual([
      ['in_time', 1, 0],
      ['care_refused', 1, 0],
      ['transferred_in', 1, 1],
    ])
    const [inTime, refused] = signals
    expect(inTime?.accuracy).toMatchObject({ estimate: 0, low: 0, n: 1, clusters: 1, confidence: 0.95 })
    expect(inTime?.accuracy.high).toBeCloseTo(0.7935, 4)
    expect(inTime?.detection).toMatchObject({ estimate: 0, n: 1 })
    expect(inTime?.confusion).toMatchObject({ fail: { pass: 1 } })
    expect(inTime?.rule).toEqual({ n: 1, agrees: 0 })
    expect(inTime?.evidence).toMatchObject({
      cited: 3,
      verified: 2,
      absent: 1,
      mustCite: 2,
      mustCiteHit: 2,
    })
    expect(refused?.lenient.estimate).toBe(1)
    expect(refused?.support).toEqual({ supported: 0, partly: 1, unsupported: 0, uncited: 0 })
    expect(overall).toMatchObject({ n: 3, correct: 1, brokenConstraints: 0 })
    expect(overall.wholeCaseRight.estimate).toBe(0)
    expect(overall.outcome.reported.estimate).toBe(1)
    expect(overall.outcome.truth.estimate).toBe(0)
    expect(overall.outcome.bias.estimate).toBe(1)
  })
})
