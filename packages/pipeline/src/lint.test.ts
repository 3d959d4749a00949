import {
  assembleModuleVersion,
  type GoldCase,
  type JsonValue,
  type PromptDocument,
  type SuiteDocument,
} from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import type { LintFinding } from './lint/finding.ts'
import { lintPrompt, lintSuite } from './lint.ts'

const MODULE = 'orthopedics/timeliness_sch'
const PROMPT = `${MODULE}/signal_processing`
const moduleVersion = assembleModuleVersion(
  {
    id: MODULE,
    name: 'timeliness_sch',
    constraints: ['!(status("on_time_19h") == "pass" && status("staged") == "pass")'],
  },
  [
    {
      module: MODULE,
      code: 'on_time_19h',
      label: 'On time',
      measure: { start: 'times.a', end: 'times.b', limit_minutes: 1140, inclusive: true },
      allowed_cites: ['times'],
      rule: 'has_path("times.b") ? dyn("pass") : dyn(null)',
      display_order: 1,
    },
    {
      module: MODULE,
      code: 'staged',
      label: 'Staged',
      allowed_cites: ['notes[*]'],
      search_scope: ['notes[*].text'],
      display_order: 2,
    },
  ],
)
const LOOP = 'Decide:\n{% for signal in signals %}{{ signal.code }}: {{ signal.definition }}\n{% endfor %}\n'
const CHART = '{{ chart | json }}'

function promptOf(system: string, rest: Partial<PromptDocument> = {}): PromptDocument {
  return {
    name: 'SCH',
    type: 'signal_processing',
    model: 'heuristic',
    params: {},
    context: ['times', 'notes'],
    output: { format: 'json_schema' },
    sections: [
      { role: 'system', template: system },
      { role: 'user', template: CHART },
    ],
    partials: {},
    ...rest,
  }
}

function lintOf(
  document: PromptDocument,
  rest: Partial<Parameters<typeof lintPrompt>[0]> = {},
): LintFinding[] {
  return lintPrompt({ document, moduleVersion, ...rest })
}

function marks(findings: readonly LintFinding[]): string[] {
  return findings.map(({ level, code }) => `${level} ${code}`)
}

describe('lintPrompt', () => {
  it('finds nothing in a prompt that takes its signals from the module', () => {
    expect(lintOf(promptOf(LOOP))).toEqual([])
  })

  it('finds nothing in a prompt that names every signal itself', () => {
    const text = '- `on_time_19h`: incision within 19 hours (1140 min)\n- `staged`: a planned stage'

    expect(lintOf(promptOf(text))).toEqual([])
  })

  it.each([
    { format: 'json_schema' as const, level: 'warning' },
    { format: 'text' as const, level: 'error' },
  ])('names the signals that are left out, as $level under $format', ({ format, level }) => {
    const findings = lintOf(promptOf('- `on_time_19h`: on time', { output: { format } }))

    expect(marks(findings)).toEqual([`${level} signal_missing`])
    expect(findings[0]?.message).toContain('"staged"')
  })

  it('does not take a longer code for a shorter one', () => {
    const text = '- `on_time_19h`: on time\nThe note staged_return is not meant.'

    expect(marks(lintOf(promptOf(text)))).toEqual(['warning signal_missing'])
  })

  it.each([
    'Also `npo_violation`.',
    '- npo_violation: the child ate',
    'Example: {"signals": [{"id": "npo_violation", "status": "pass"}]}',
  ])('reports a code that the module does not have in: %s', (line) => {
    const findings = lintOf(promptOf(`\`on_time_19h\` and \`staged\`.\n\n${line}`), {
      places: { file: 'v1.md', sectionLines: [10, 20] },
    })

    expect(findings).toEqual([
      expect.objectContaining({
        level: 'error',
        code: 'signal_unknown',
        file: 'v1.md',
        line: 12,
        field: 'sections[0].template',
      }),
    ])
  })

  it('takes members of charts for what they are', () => {
    const text = `${LOOP}Read \`operative_note\` first.`
    const payloads = [{ times: {}, notes: [], surgery: { operative_note: 'x' } }]

    expect(marks(lintOf(promptOf(text)))).toEqual(['warning signal_unknown'])
    expect(lintOf(promptOf(text), { payloads })).toEqual([])
  })

  it.each([
    { text: '`on_time_19h`: incision within 18 hours', level: 'error', said: '18 hours' },
    { text: '`on_time_19h`: within 19 hours (1080 min)', level: 'warning', said: '1080 min' },
    { text: '`on_time_19h`: pass up to\n19 h 30 min after arrival', level: 'error', said: '19 h 30 min' },
    { text: '`on_time_19h`: within 18.5h', level: 'error', said: '18.5h' },
  ])('holds "$text" against the limit of the signal', ({ text, level, said }) => {
    const findings = lintOf(promptOf(`- ${text}\n- \`staged\`: within 30 days or 6 hours`))

    expect(marks(findings)).toEqual([`${level} threshold_differs`])
    expect(findings[0]?.message).toContain(`"${said}"`)
  })

  it.each([
    '`on_time_19h`: within 19 hours',
    '`on_time_19h`: within 19-hour limit, 1140 minutes',
    '`on_time_19h`: at 19:00:00 it passes',
    'Wait 30 min.\n\n`on_time_19h`: on time\n\nNotes come 2 h late.',
  ])('accepts %j', (text) => {
    expect(lintOf(promptOf(`${text}\n- \`staged\`: planned`))).toEqual([])
  })

  it('places an unknown variable by section and line of the file', () => {
    const findings = lintOf(promptOf(`${LOOP}{{ patient.name }}`), {
      places: { file: 'v1.md', sectionLines: [10, 20] },
    })

    expect(findings).toEqual([
      expect.objectContaining({ level: 'error', code: 'template_fault', file: 'v1.md', line: 13 }),
    ])
    expect(findings[0]?.message).toContain('patient')
  })

  it('asks for the chart', () => {
    const document = promptOf(LOOP, { sections: [{ role: 'user', template: LOOP }] })

    expect(marks(lintOf(document))).toEqual(['error chart_not_shown'])
    expect(marks(lintOf({ ...document, type: 'abstraction_help' }))).toEqual(['warning chart_not_shown'])
  })

  it.each(['flags', 'derived.arrival_to_surgery_min', 'outcomes', 'notes[*].derived'])(
    'refuses to show %s, which gives the answer away',
    (path) => {
      const findings = lintOf(promptOf(LOOP, { context: ['times', 'notes', path] }))

      expect(findings).toEqual([
        expect.objectContaining({ level: 'error', code: 'context_leaks_answer', field: 'context[2]' }),
      ])
    },
  )

  it('reports a context path that no chart has, and one that is none', () => {
    const payloads: Record<string, JsonValue>[] = [{ times: {} }, { notes: [] }]
    const document = promptOf(LOOP, { context: ['times', 'notes', 'timess', 'a['] })

    expect(marks(lintOf(document, { payloads }))).toEqual([
      'warning context_path_absent',
      'error context_path_invalid',
    ])
    expect(marks(lintOf(document))).toEqual(['error context_path_invalid'])
  })

  it('says which signals the context leaves without evidence', () => {
    expect(marks(lintOf(promptOf(LOOP, { context: ['times.a'] })))).toEqual([
      'warning cites_not_shown',
      'warning search_scope_not_shown',
    ])
    expect(marks(lintOf(promptOf(LOOP, { context: ['times', 'notes[*].author'] })))).toEqual([
      'warning search_scope_not_shown',
    ])
    expect(lintOf(promptOf(LOOP, { context: ['times', 'notes[*].text'] }))).toEqual([])
  })

  it.each([
    { text: 'Give a reason of at most 10 words.', limit: 10, expected: [] },
    { text: 'Give a reason of at most 50 words.', limit: 10, expected: ['warning reason_limit_differs'] },
    { text: 'At most 50 words for each reason.', limit: undefined, expected: ['info reason_limit_differs'] },
    { text: 'Give a reason.', limit: 10, expected: ['info reason_limit_unstated'] },
    { text: 'Give a reason.', limit: undefined, expected: [] },
  ])('holds "$text" against a limit of $limit', ({ text, limit, expected }) => {
    const words = limit === undefined ? {} : { reason_words_max: limit }

    expect(
      marks(lintOf(promptOf(`${LOOP}${text}`, { output: { format: 'json_schema', ...words } }))),
    ).toEqual(expected)
  })

  it('reports two files for one version, and names that differ only in writing', () => {
    const others = [
      { prompt: PROMPT, version: 1, file: 'elsewhere/v1.md' },
      { prompt: PROMPT, version: 2, file: null },
      { prompt: 'orthopedics/timelinesssch/signal_processing', version: 1, file: null },
    ]

    expect(marks(lintOf(promptOf(LOOP), { routing: { prompt: PROMPT, version: 1, others } }))).toEqual([
      'error route_collision',
      'warning route_near_collision',
    ])
  })

  it('reports a prompt that lies in the folder of another type or module', () => {
    const prompt = 'orthopedics/vte/abstraction_help'

    expect(marks(lintOf(promptOf(LOOP), { routing: { prompt, version: 1, others: [] } }))).toEqual([
      'error prompt_type_differs',
      'error prompt_module_differs',
    ])
  })

  it('says when a prompt of another type would answer in its place', () => {
    const others = [{ prompt: 'global/default/default', version: 1, file: null }]

    expect(marks(lintOf(promptOf(LOOP), { routing: { prompt: PROMPT, version: 1, others } }))).toEqual([
      'info route_crosses_type',
    ])
  })
})

describe('lintSuite', () => {
  const suite: SuiteDocument = { name: 'SCH', module: MODULE }
  const payload = { times: { a: '2025-03-01T12:00:00Z' }, notes: [{ text: 'First operation.' }] }

  function caseOf(name: string, rest: Partial<GoldCase> = {}): GoldCase {
    const gold = { on_time_19h: { status: 'pass' as const }, staged: { status: 'inactive' as const } }
    return { case: name, payload, gold, ...rest }
  }
  const many = Array.from({ length: 10 }, (_, index) => caseOf(`SCH-${index}`))

  function lintWith(...cases: GoldCase[]): LintFinding[] {
    return lintSuite({ suite, cases: [...many, ...cases], moduleVersion })
  }

  it('finds nothing in sound gold', () => {
    expect(lintWith()).toEqual([])
  })

  it('names the case, its file and the field at fault', () => {
    const bad = caseOf('SCH-BAD', { gold: { npo: { status: 'pass' } } })
    const places = new Map([['SCH-BAD', { file: 'cases.jsonl', line: 11 }]])

    expect(lintSuite({ suite, cases: [...many, bad], moduleVersion, places })).toEqual([
      {
        level: 'error',
        code: 'gold_signal_unknown',
        message: expect.stringContaining('SCH-BAD'),
        file: 'cases.jsonl',
        line: 11,
        field: 'gold.npo',
      },
    ])
  })

  it('reports labels that break a constraint of the module', () => {
    const bad = caseOf('X', { gold: { on_time_19h: { status: 'pass' }, staged: { status: 'pass' } } })

    expect(marks(lintWith(bad))).toEqual(['error gold_breaks_constraint'])
  })

  it.each([
    { must_cite: ['notes[0].text'], expected: [] },
    { must_cite: [['notes[0].text', 'notes[0]']], expected: [] },
    { must_cite: ['notes[3].text'], expected: ['error must_cite_absent'] },
    { must_cite: [['notes[0].text', 'notes[3].text']], expected: ['error must_cite_absent'] },
    { must_cite: ['notes['], expected: ['error must_cite_invalid'] },
    { must_cite: ['times.a'], expected: ['error must_cite_not_allowed'] },
    { must_cite: [['times.a', 'notes[0].text']], expected: [] },
  ])('holds must_cite $must_cite against the chart and what may be cited', ({ must_cite, expected }) => {
    const bad = caseOf('X', { gold: { staged: { status: 'fail', must_cite } } })

    expect(marks(lintWith(bad))).toEqual(expected)
  })

  it('allows one label in ten to accept a second status, and no more', () => {
    const lenient = { staged: { status: 'fail' as const, also_accept: ['caution' as const] } }
    const two = ['L1', 'L2'].map((name) => caseOf(name, { gold: lenient }))

    expect(lintWith(...two)).toEqual([])
    expect(marks(lintWith(...two, caseOf('L3', { gold: lenient })))).toEqual(['warning lenient_labels_many'])
  })

  it('reports a label that accepts its own status', () => {
    const bad = caseOf('X', { gold: { staged: { status: 'fail', also_accept: ['fail'] } } })

    expect(marks(lintWith(bad))).toEqual(['warning gold_accepts_twice'])
  })

  it('points at labels that the rule of the signal contradicts', () => {
    const bad = caseOf('X', {
      payload: { times: { b: '2025-03-02T12:00:00Z' } },
      gold: { on_time_19h: { status: 'caution' } },
    })

    expect(marks(lintWith(bad))).toEqual(['info gold_differs_from_rule'])
  })

  it('reports repeated names and patients in both splits', () => {
    const twins = [
      caseOf('X', { cluster: 'p1', split: 'holdout' }),
      caseOf('X', { cluster: 'p1' }),
      caseOf('Y', { cluster: 'p2' }),
      caseOf('Z', { cluster: 'p2' }),
    ]

    expect(marks(lintWith(...twins))).toEqual(['error case_repeated', 'warning cluster_in_both_splits'])
  })

  it('counts independent cases with gold, not cases', () => {
    const ofOne = Array.from({ length: 20 }, (_, index) => caseOf(`T${index}`, { cluster: 'p1' }))

    const findings = lintSuite({ suite, cases: [...many.slice(0, 8), ...ofOne], moduleVersion })

    expect(marks(findings)).toEqual(['info gold_cases_few', 'info gold_cases_few'])
    expect(findings[0]?.message).toContain('on_time_19h has gold in 9 independent cases')
  })

  it('refuses a suite of another module', () => {
    const other = { ...suite, module: 'orthopedics/vte' }

    expect(marks(lintSuite({ suite: other, cases: many, moduleVersion }))).toEqual([
      'error suite_module_differs',
    ])
  })
})
