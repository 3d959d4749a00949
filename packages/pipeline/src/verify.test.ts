import {
  completeSignal,
  type JsonValue,
  type ModuleVersion,
  type ParsedSignal,
  type SignalDefinition,
  VERIFICATIONS,
} from '@touchstone/core'
import {
  array,
  assert,
  constantFrom,
  jsonValue,
  nat,
  oneof,
  option,
  property,
  string,
  tuple,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { supportOf, verify } from './verify.ts'

/** Incision is 19 h 06 min 00 s (68,760 s; 1,146 min; 19.1 h) after arrival, and 22.1 h after the outside arrival. */
const chart: JsonValue = {
  patient: { mrn: 'MRN-0000', age: 7, weight_kg: 24.5, name: 'Testchild Example' },
  times: {
    ArrivalInstant: '2024-03-01T20:00:00-05:00',
    IncisionStartInstant: '2024-03-02T15:06:00-05:00',
    OrthoConsultInstant: '2024-03-02T01:30:45Z',
    OutsideArrivalInstant: '2024-03-01 17:00',
    LastOralIntakeInstant: null,
  },
  encounter: { admit_service: 'Pediatric Orthopedics', location: 'ED', disposition: '', dx_code: 'S42.412A' },
  surgery: {
    procedure: 'Closed reduction and percutaneous pinning, left elbow',
    cpt: '24538',
    operative_note:
      'Indication: Gartland type III supracondylar fracture.\nFindings: fracture reduced anatomically, 2 pins of 1.6 mm placed.',
    urgent: true,
  },
  derived: { arrival_to_surgery_min: 1146, hours_to_surgery: 19.1 },
  imaging: [
    { ts: '2024-03-01T20:40:00-05:00', impression: 'Displaced supracondylar fracture without other injury.' },
  ],
  labs: [
    { name: 'Hgb', value: 12.5, unit: 'g/dL' },
    { name: 'INR', value: 1140, flag: false },
  ],
  notes: [
    {
      ts: '2024-03-01T20:30:00-05:00',
      source: 'ED',
      text: 'No NPO violation documented. NPO since 02:00 per Dr. Lee, confirmed with mother.',
    },
    {
      ts: '2024-03-02T09:00:00-05:00',
      source: 'Ortho',
      text: 'Surgery delayed: OR bumped for trauma case at 09:15.\n“Plan” –\u00a0go to the OR when room opens; waited 6 hours.',
    },
    {
      ts: '2024-03-02T10:00:00-05:00',
      source: 'RN',
      text: 'Possible sip of water at 07:30, mother unsure. Family history of malignant hyperthermia. History of forearm fracture in 2021.',
    },
    { ts: '2024-03-02T11:00:00-05:00', source: 'ED', text: 'Café visit before the injury; ate 2.5 mg' },
    {
      ts: '2024-03-02T12:00:00-05:00',
      source: 'Anes',
      text: 'The child drank juice. No fever, chills or vomiting, but child drank juice at 08:00. The child drank juice?',
    },
  ],
  'odd key': { 'a.b': 'stable' },
  empty: [],
}

type SignalShape = Partial<SignalDefinition>

const measure = {
  start: 'times.ArrivalInstant',
  end: 'times.IncisionStartInstant',
  limit_minutes: 1140,
  inclusive: true,
}

function moduleWith(shape: SignalShape): ModuleVersion {
  const signal = completeSignal({
    module: 'orthopedics/timeliness_sch',
    code: 'probe',
    label: 'Probe',
    ...shape,
  })
  return {
    module: 'orthopedics/timeliness_sch',
    name: 'timeliness_sch',
    displayName: 'SCH',
    description: '',
    outcome: null,
    constraints: [],
    signals: [signal],
  }
}

type PathPair = string | readonly [path: string, excerpt: string]
type Probe = { finding?: string; signal?: SignalShape; shown?: JsonValue; payload?: JsonValue }

function answerWith(cites: readonly PathPair[], finding?: string): ParsedSignal {
  return {
    outcome: 'answered',
    code: 'probe',
    status: 'pass',
    finding: finding ?? null,
    reason: null,
    confidence: null,
    cites: cites.map((cite) =>
      typeof cite === 'string'
        ? { kind: 'path', path: cite, excerpt: null }
        : { kind: 'path', path: cite[0], excerpt: cite[1] },
    ),
  }
}

function verifyAnswer(signal: ParsedSignal, probe: Probe = {}) {
  const payload = probe.payload ?? chart
  const verified = verify({
    parsed: { stage: 'parsed', signals: [signal], unknownCodes: [], duplicateCodes: [], defects: [] },
    shown: probe.shown ?? payload,
    payload,
    moduleVersion: moduleWith(probe.signal ?? {}),
  }).signals[0]
  if (verified === undefined) throw new Error('verify dropped the signal')
  return verified
}

function judge(cites: readonly PathPair[], probe: Probe = {}) {
  return verifyAnswer(answerWith(cites, probe.finding), probe).evidence
}

function verdicts(cites: readonly PathPair[], probe: Probe = {}): string[] {
  return judge(cites, probe).map(({ verification }) => verification)
}

function search(searched: string[], probe: Probe & { found?: number | null } = {}) {
  const cite = { kind: 'search', searched, found: probe.found === undefined ? 0 : probe.found } as const
  const answer = { ...answerWith([]), cites: [cite] }
  const evidence = verifyAnswer(answer, probe).evidence[0]
  if (evidence === undefined) throw new Error('verify dropped the search')
  return evidence
}

describe('a cite that says nothing but where to look', () => {
  it.each([
    ['times.ArrivalInstant', 'verified', 'timestamp', 'timestamp'],
    ['$.times.ArrivalInstant', 'verified', 'timestamp', 'timestamp'],
    ['patient_payload.times.ArrivalInstant', 'verified', 'timestamp', 'timestamp'],
    ['times.OutsideArrivalInstant', 'verified', 'timestamp', 'timestamp'],
    ['times.LastOralIntakeInstant', 'verified', 'null', 'timestamp'],
    ['patient.age', 'verified', 'number', 'other'],
    ['surgery.urgent', 'verified', 'boolean', 'operative'],
    ['labs[1].flag', 'verified', 'boolean', 'lab'],
    ['labs[0].value', 'verified', 'number', 'lab'],
    ['surgery.cpt', 'verified', 'string', 'operative'],
    ['encounter.dx_code', 'verified', 'string', 'other'],
    ['encounter.location', 'verified', 'string', 'other'],
    ['encounter.disposition', 'verified', 'string', 'other'],
    ['derived.arrival_to_surgery_min', 'verified', 'number', 'computed'],
    ['notes[0].ts', 'verified', 'timestamp', 'timestamp'],
    ['["odd key"]["a.b"]', 'verified', 'string', 'other'],
    ['encounter.admit_service', 'bare', 'string', 'other'],
    ['surgery.procedure', 'bare', 'string', 'operative'],
    ['surgery.operative_note', 'bare', 'string', 'operative'],
    ['notes[1].text', 'bare', 'string', 'note'],
    ['imaging[0].impression', 'bare', 'string', 'image'],
    ['notes[1]', 'bare', 'container', 'note'],
    ['notes', 'bare', 'container', 'note'],
    ['notes[*]', 'bare', 'container', 'note'],
    ['notes[*].text', 'bare', 'container', 'note'],
    ['times', 'bare', 'container', 'timestamp'],
    ['empty', 'bare', 'container', 'other'],
    ['times.DischargeInstant', 'absent', null, 'timestamp'],
    ['notes[5].text', 'absent', null, 'note'],
    ['notes[0].body', 'absent', null, 'note'],
    ['notes[*].body', 'absent', null, 'note'],
    ['notes.text', 'absent', null, 'note'],
    ['times.ArrivalInstant.hour', 'absent', null, 'timestamp'],
    ['patient.__proto__', 'absent', null, 'other'],
    ['constructor', 'absent', null, 'other'],
    ['notes[', 'absent', null, 'other'],
    ['', 'absent', null, 'other'],
    ['projected', 'absent', null, 'other'],
  ])('%s is %s, a %s', (path, verification, fieldType, citeType) => {
    const [evidence] = judge([path])

    expect(evidence).toMatchObject({ fieldPath: path, verification, fieldType, citeType })
  })
})

describe('an excerpt of a leaf that speaks for itself', () => {
  it.each([
    ['times.ArrivalInstant', '2024-03-01T20:00:00-05:00', 'verified'],
    ['times.ArrivalInstant', '2024-03-02T01:00:00Z', 'verified'],
    ['times.ArrivalInstant', '2024-03-01T20:00-05:00', 'verified'],
    ['times.ArrivalInstant', '2024-03-01 20:00', 'verified'],
    ['times.ArrivalInstant', '20:00', 'verified'],
    ['times.ArrivalInstant', '8:00 pm', 'verified'],
    ['times.ArrivalInstant', '2024-03-01', 'verified'],
    ['times.ArrivalInstant', 'ArrivalInstant: 2024-03-01T20:00:00-05:00', 'verified'],
    ['times.ArrivalInstant', '20:01', 'altered'],
    ['times.ArrivalInstant', '8:00 am', 'altered'],
    ['times.ArrivalInstant', '01:00', 'altered'],
    ['times.ArrivalInstant', '2024-03-02T20:00:00-05:00', 'altered'],
    ['times.ArrivalInstant', '2024-03-01T20:00:00Z', 'altered'],
    ['times.ArrivalInstant', '2024-03-02', 'altered'],
    ['times.ArrivalInstant', 'soon after lunch', 'altered'],
    ['times.OrthoConsultInstant', '01:30', 'verified'],
    ['times.OrthoConsultInstant', '01:30:45', 'verified'],
    ['times.OrthoConsultInstant', '01:30:44', 'altered'],
    ['times.OutsideArrivalInstant', '17:00', 'verified'],
    ['labs[1].value', '1140', 'verified'],
    ['labs[1].value', '1,140', 'verified'],
    ['labs[1].value', '1140.0', 'verified'],
    ['labs[1].value', 'INR: 1140 min', 'verified'],
    ['labs[1].value', '1141', 'altered'],
    ['labs[0].value', '12.50', 'verified'],
    ['labs[0].value', '2.5', 'altered'],
    ['surgery.urgent', 'true', 'verified'],
    ['surgery.urgent', 'urgent: Yes', 'verified'],
    ['surgery.urgent', 'false', 'altered'],
    ['labs[1].flag', 'no', 'verified'],
    ['surgery.cpt', 'CPT 24538', 'verified'],
    ['surgery.cpt', '24535', 'altered'],
    ['encounter.dx_code', 's42.412a', 'verified'],
    ['encounter.dx_code', 'S42.41', 'altered'],
    ['encounter.location', 'not ED', 'altered'],
    ['times.LastOralIntakeInstant', 'null', 'verified'],
    ['times.LastOralIntakeInstant', '07:30', 'altered'],
  ])('%s quoted as "%s" is %s', (path, excerpt, expected) => {
    expect(verdicts([[path, excerpt]])).toEqual([expected])
  })
})

describe('an excerpt of free text', () => {
  it.each([
    ['notes[0].text', 'No NPO violation documented', 'verified'],
    ['notes[0].text', 'NO   npo\nVIOLATION documented', 'verified'],
    ['notes[0].text', '"NPO since 02:00 per Dr. Lee"', 'verified'],
    ['notes[0].text', '...NPO since 02:00 per Dr. Lee…', 'verified'],
    ['notes[0].text', 'NPO since 02:00.', 'verified'],
    ['notes[0].text', 'NPO violation documented', 'cut_context'],
    ['notes[0].text', 'NPO violation', 'cut_context'],
    ['notes[0].text', 'NPO since', 'bare'],
    ['notes[0].text', 'PO violation documented', 'altered'],
    ['notes[0].text', 'NPO violation document', 'altered'],
    ['notes[0].text', 'NPO since 02:15 per Dr. Lee', 'altered'],
    ['notes[0].text', 'NPO since 2:00', 'altered'],
    ['notes[0].text', 'No NPO violation', 'verified'],
    ['notes[1].text', '"Plan" - go to the OR', 'verified'],
    ['notes[1].text', 'at 09:15. "Plan" — go to', 'verified'],
    ['notes[1].text', 'OR bumped for trauma', 'verified'],
    ['notes[1].text', 'OR bumped … room opens', 'altered'],
    ['notes[1].text', 'ate crackers before surgery', 'altered'],
    ['notes[2].text', 'sip of water at 07:30', 'cut_context'],
    ['notes[2].text', 'Possible sip of water at 07:30', 'verified'],
    ['notes[2].text', 'malignant hyperthermia', 'cut_context'],
    ['notes[2].text', 'Family history of malignant hyperthermia', 'verified'],
    ['notes[2].text', 'forearm fracture in 2021', 'cut_context'],
    ['notes[2].text', 'History of forearm fracture', 'verified'],
    ['notes[3].text', 'Cafe\u0301 visit before the injury', 'verified'],
    ['notes[3].text', 'Cafe visit before the injury', 'altered'],
    ['notes[3].text', '5 mg', 'altered'],
    ['notes[4].text', 'child drank juice at 08:00', 'verified'],
    ['notes[4].text', 'chills or vomiting, but', 'cut_context'],
    ['encounter.admit_service', 'pediatric orthopedics', 'verified'],
    ['encounter.admit_service', 'orthopedics', 'bare'],
    ['encounter.admit_service', 'Hospital Medicine', 'altered'],
    [
      'surgery.operative_note',
      'Gartland type III supracondylar fracture. Findings: fracture reduced',
      'verified',
    ],
    ['surgery.operative_note', 'pins of 1.6 mm placed', 'verified'],
    ['surgery.operative_note', '6 mm placed', 'altered'],
    ['imaging[0].impression', 'other injury.', 'cut_context'],
    ['imaging[0].impression', 'Displaced supracondylar fracture', 'verified'],
    ['imaging[0].impression', '   ', 'bare'],
    ['imaging[0].impression', '…', 'bare'],
    ['notes[1]', 'OR bumped for trauma', 'verified'],
    ['notes[*].text', 'OR bumped for trauma', 'verified'],
    ['notes', 'NPO violation documented', 'cut_context'],
    ['notes', 'patient left against advice', 'altered'],
    ['empty', 'patient left against advice', 'altered'],
  ])('%s quoted as "%s" is %s', (path, excerpt, expected) => {
    expect(verdicts([[path, excerpt]])).toEqual([expected])
  })

  it('is placed in the original text', () => {
    const [evidence] = judge([['notes[1].text', '"plan" - go to']])

    const { start, end } = evidence?.span ?? { start: 0, end: 0 }
    expect(evidence?.fieldValue?.slice(start, end)).toBe('“Plan” –\u00a0go to'.slice(1))
  })

  it('found below a cited container leads to the text it stands in', () => {
    const [evidence] = judge([['notes[*]', 'OR bumped for trauma']])

    expect(evidence).toMatchObject({ resolvedPath: 'notes[1].text', fieldType: 'string', citeType: 'note' })
  })

  it('is taken where it stands in its own sense, if it stands more than once', () => {
    const text = 'No pain on arrival. Later: pain on arrival at the OR.'

    const [evidence] = judge([['note', 'pain on arrival']], { payload: { note: text } })

    expect(evidence).toMatchObject({ verification: 'verified', span: { start: 27, end: 42 } })
  })

  it('may stand whole in the finding instead', () => {
    const finding = 'Admitted to Pediatric Orthopedics from the ED'

    expect(verdicts(['encounter.admit_service'], { finding })).toEqual(['verified'])
  })

  it('is never repeated in a note of the verdict, wherever it stands', () => {
    const cites: PathPair[] = [
      ['notes[0].text', 'NPO violation documented'],
      ['notes[0].text', 'hyperthermia in brother'],
      ['notes[1].text', 'OR bumped for trauma'],
    ]

    for (const { note } of judge(cites)) expect(note).not.toMatch(/NPO|hyperthermia|bumped/)
  })
})

const BOTH = ['times.ArrivalInstant', 'times.IncisionStartInstant']

describe('what a finding claims of two cited stamps', () => {
  it.each([
    ['Incision 19.1 h after arrival', 'verified'],
    ['Incision 19 hours after arrival', 'verified'],
    ['Incision 19h06 after arrival', 'verified'],
    ['Incision 19 h 06 min after arrival', 'verified'],
    ['19 hours and 6 minutes', 'verified'],
    ['1146 min', 'verified'],
    ['1,146 minutes from arrival', 'verified'],
    ['68760 s', 'verified'],
    ['19:06:00 from arrival to incision', 'verified'],
    ['Six minutes (6 min) over the 19 h limit', 'verified'],
    ['Over the limit of 19 h', 'verified'],
    ['More than 19.0 hours', 'verified'],
    ['Arrived 20:00, incision 15:06 on 2024-03-02', 'verified'],
    ['Arrived 8:00 pm, incision at 3:06 PM', 'verified'],
    ['Incision 2024-03-02T20:06:00Z', 'verified'],
    ['Incision after arrival', 'verified'],
    ['8 of 12 signals, Gartland 3', 'verified'],
    ['Exceeds the 24 h benchmark', 'verified'],
    ['About 19.5 hours after arrival', 'altered'],
    ['Incision 12.0 h after arrival', 'altered'],
    ['Incision 19.2 h after arrival', 'altered'],
    ['Incision 18 hours after arrival', 'altered'],
    ['Incision 19h16 after arrival', 'altered'],
    ['1145 min', 'altered'],
    ['18:59:29 from arrival to incision', 'altered'],
    ['Arrived 20:00, incision 15:06, that is 12 h', 'altered'],
  ])('"%s" leaves both %s', (finding, expected) => {
    expect(verdicts(BOTH, { finding, signal: { measure } })).toEqual([expected, expected])
  })

  it('alters only the stamp whose clock time is told wrong', () => {
    const finding = 'Arrived 20:00, incision 14:05'

    expect(verdicts(BOTH, { finding })).toEqual(['verified', 'altered'])
  })

  it('is no limit where the signal has no measure', () => {
    expect(verdicts(BOTH, { finding: '19.0 h to incision' })).toEqual(['altered', 'altered'])
  })

  it('holds against all cites together, not each alone', () => {
    const cites = ['times.ArrivalInstant', 'times.OrthoConsultInstant', 'times.IncisionStartInstant']

    expect(verdicts(cites, { finding: '19.1 h after arrival' })).toEqual(['verified', 'verified', 'verified'])
  })

  it('outweighs the scope: an altered cite is altered though it is not allowed', () => {
    const probe = { finding: '12.0 h', signal: { allowed_cites: ['notes'] } }

    expect(verdicts(BOTH, probe)).toEqual(['altered', 'altered'])
  })
})

describe('what a finding claims of other cites', () => {
  it.each([
    ['one stamp and a span', ['times.ArrivalInstant'], '12.0 h after arrival', ['verified']],
    ['one stamp and its clock time', ['times.ArrivalInstant'], 'Arrived at 20:00', ['verified']],
    ['one stamp and another clock time', ['times.ArrivalInstant'], 'Arrived at 21:00', ['altered']],
    ['one stamp and another date', ['times.ArrivalInstant'], 'Arrived on 2024-03-04', ['altered']],
    ['minutes computed', ['derived.arrival_to_surgery_min'], '19.1 h to surgery', ['verified']],
    ['minutes computed wrongly told', ['derived.arrival_to_surgery_min'], '925 min to surgery', ['altered']],
    ['hours computed', ['derived.hours_to_surgery'], '1146 min to surgery', ['verified']],
    ['a weight', ['patient.weight_kg'], 'weighs 24.5 kg', ['verified']],
    ['a weight wrongly told', ['patient.weight_kg'], 'weighs 42.5 kg', ['altered']],
    ['a time in a quoted text', [['notes[0].text', 'NPO since 02:00']], 'NPO since 02:00', ['verified']],
    ['another time than quoted', [['notes[0].text', 'NPO since 02:00']], 'NPO since 04:00', ['altered']],
    ['a time elsewhere in the text', [['notes[1].text', 'waited 6 hours']], 'bumped at 09:15', ['verified']],
    ['a span in a quoted text', [['notes[1].text', 'waited 6 hours']], 'Waited 6 h', ['verified']],
    ['another span than quoted', [['notes[1].text', 'waited 6 hours']], 'Waited 8 h', ['altered']],
    [
      'a quote without any time',
      [['notes[1].text', 'OR bumped for trauma']],
      'Bumped at 10:00',
      ['verified'],
    ],
    ['a text not quoted', ['notes[1].text'], 'Bumped at 10:00', ['bare']],
    ['a container with the stamps', ['times'], '19.1 h after arrival', ['bare']],
    ['a cite that is absent', ['times.Nowhere'], '12.0 h after arrival', ['absent']],
    ['another number of no unit', ['patient.age'], 'Child of 12', ['verified']],
  ] satisfies [string, PathPair[], string, string[]][])('%s', (_name, cites, finding, expected) => {
    expect(verdicts(cites, { finding })).toEqual(expected)
  })
})

describe('what was not shown', () => {
  const shown: JsonValue = {
    times: { ArrivalInstant: '2024-03-01T20:00:00-05:00' },
    notes: [null, { text: 'Surgery delayed: OR bumped for trauma case at 09:15.' }],
  }

  it.each([
    ['times.ArrivalInstant', 'verified'],
    ['times.IncisionStartInstant', 'not_shown'],
    ['derived', 'not_shown'],
    ['notes[0]', 'not_shown'],
    ['notes[0].text', 'not_shown'],
    ['notes[1].ts', 'not_shown'],
    ['notes[*].ts', 'not_shown'],
    ['notes[*].text', 'bare'],
    ['times.DischargeInstant', 'absent'],
  ])('%s is %s', (path, expected) => {
    expect(verdicts([path], { shown })).toEqual([expected])
  })

  it('gives no value away', () => {
    const [evidence] = judge(['derived.hours_to_surgery'], { shown })

    expect(evidence).toMatchObject({
      resolvedPath: 'derived.hours_to_surgery',
      fieldValue: null,
      fieldType: null,
    })
  })

  it('cannot carry a claim', () => {
    expect(verdicts(BOTH, { shown, finding: '19.1 h after arrival' })).toEqual(['verified', 'not_shown'])
  })
})

describe('what a signal allows to be cited', () => {
  it.each([
    [['times.ArrivalInstant'], 'times.ArrivalInstant', 'verified'],
    [['times'], 'times.ArrivalInstant', 'verified'],
    [['times.ArrivalInstant'], 'times', 'out_of_scope'],
    [['times.ArrivalInstant'], 'times.IncisionStartInstant', 'out_of_scope'],
    [['notes[*]'], 'notes[3].ts', 'verified'],
    [['notes[*].text'], 'notes[3].ts', 'out_of_scope'],
    [['notes[*].text'], 'notes[3].text', 'bare'],
    [['notes[*].text'], 'notes[*].text', 'bare'],
    [['notes[1]'], 'notes[*].text', 'out_of_scope'],
    [['notes'], 'notes[*]', 'bare'],
    [['notes', 'surgery'], 'surgery.procedure', 'bare'],
    [['notes', 'surgery'], 'imaging[0].impression', 'out_of_scope'],
    [['notes'], 'imaging[7].impression', 'absent'],
    [['['], 'surgery.cpt', 'out_of_scope'],
    [[], 'surgery.cpt', 'verified'],
  ])('%j lets %s be %s', (allowed_cites, path, expected) => {
    expect(verdicts([path], { signal: { allowed_cites } })).toEqual([expected])
  })

  it('does not excuse an excerpt that is not there', () => {
    const cites: PathPair[] = [['notes[0].text', 'ate crackers before surgery']]

    expect(verdicts(cites, { signal: { allowed_cites: ['times'] } })).toEqual(['altered'])
  })
})

describe('a search', () => {
  const scope = ['notes[*].text', 'surgery.operative_note', 'mar[*].text']
  const everywhere = ['notes[*].text', 'surgery.operative_note']

  it.each([
    ['no term stands there', ['miscod'], everywhere, 'verified'],
    ['there are no terms', [], everywhere, 'verified'],
    ['wider places were searched', ['miscod'], ['notes', 'surgery'], 'verified'],
    [
      'the note was searched by elements',
      ['miscod'],
      [0, 1, 2, 3, 4].map((n) => `notes[${n}]`).concat('surgery'),
      'verified',
    ],
    ['a place is missing', ['miscod'], ['notes[*].text'], 'not_searched'],
    ['one note is missing', ['miscod'], ['notes[0]', 'notes[1]', 'surgery'], 'not_searched'],
    ['only unreadable places are named', ['miscod'], ['the notes ['], 'not_searched'],
    ['nothing is named', ['miscod'], [], 'not_searched'],
    ['a term stands there', ['bumped'], everywhere, 'contradicted'],
    ['a term of two words stands there', ['trauma case'], everywhere, 'contradicted'],
    ['a term stands only negated', ['npo violation'], everywhere, 'verified'],
    ['a term that is a negation stands there', ['no npo'], everywhere, 'contradicted'],
    ['a hedged term stands there', ['sip of water'], everywhere, 'contradicted'],
    ['a short term stands only inside a word', ['ct', 'sch'], everywhere, 'verified'],
    ['a short term stands in the plural', ['pin'], everywhere, 'contradicted'],
    ['a stem goes on', ['supracondyl'], everywhere, 'contradicted'],
    ['a short stem is marked with a star', ['pla*'], everywhere, 'contradicted'],
    ['a short stem is not marked', ['pla'], everywhere, 'verified'],
    ['a stem stands only inside a word', ['atomically'], everywhere, 'verified'],
  ])('when %s: %j over %j is %4$s', (_name, search_terms, searched, expected) => {
    expect(search(searched, { signal: { search_scope: scope, search_terms } }).verification).toBe(expected)
  })

  it('names the hit by path and term', () => {
    const evidence = search(everywhere, { signal: { search_scope: scope, search_terms: ['bumped'] } })

    expect(evidence).toMatchObject({ citeType: 'search', fieldPath: 'notes[*].text, surgery.operative_note' })
    expect(evidence.note).toBe('"bumped" stands at notes[1].text, so the chart is not silent.')
  })

  it('of a signal without a scope proves nothing', () => {
    expect(search(everywhere).verification).toBe('not_searched')
  })

  it.each([
    [0, 'verified'],
    [null, 'verified'],
    [2, 'not_searched'],
    [-1, 'not_searched'],
    [Number.NaN, 'not_searched'],
  ])('that found %s is %s', (found, expected) => {
    expect(search(everywhere, { found, signal: { search_scope: scope } }).verification).toBe(expected)
  })

  it('proves nothing of what was not shown', () => {
    const shown = { notes: [null, { text: 'short' }, null, null, null] }

    expect(search(everywhere, { shown, signal: { search_scope: scope } }).verification).toBe('not_searched')
  })

  it('does not see a term where the model saw nothing', () => {
    const shown = { surgery: {} }
    const signal = { search_scope: scope, search_terms: ['bumped'] }

    expect(search(everywhere, { shown, signal }).verification).toBe('not_searched')
  })

  it('is proved where the chart has none of the places', () => {
    const evidence = search(['mar'], { signal: { search_scope: ['mar[*].text'], search_terms: ['a'] } })

    expect(evidence.verification).toBe('verified')
  })

  it('covers a note that is no list', () => {
    const payload = { notes: { text: 'Nothing to report.' } }

    expect(
      search(['notes[*].text'], { payload, signal: { search_scope: ['notes[*].text'] } }).verification,
    ).toBe('verified')
  })
})

describe('support', () => {
  it.each([
    [[], 'uncited'],
    [['verified'], 'supported'],
    [['verified', 'bare', 'absent', 'not_shown', 'out_of_scope', 'not_searched'], 'supported'],
    [['verified', 'altered'], 'partly'],
    [['verified', 'cut_context'], 'partly'],
    [['verified', 'contradicted'], 'partly'],
    [['bare'], 'unsupported'],
    [['altered'], 'unsupported'],
    [['absent', 'not_searched'], 'unsupported'],
  ] as const)('of %j is %s', (verifications, expected) => {
    expect(supportOf(verifications.map((verification) => ({ verification })))).toBe(expected)
  })

  it('is null without an answer, though the cites are judged', () => {
    const cites = [{ kind: 'path', path: 'patient.age', excerpt: null } as const]
    const signal = {
      outcome: 'invalid_status',
      code: 'probe',
      written: 'maybe',
      finding: null,
      cites,
    } as const

    const verified = verifyAnswer({ ...signal, cites: [...cites] })

    expect(verified.support).toBeNull()
    expect(verified.evidence).toMatchObject([{ verification: 'verified' }])
  })

  it('is null for a signal that is missing', () => {
    expect(verifyAnswer({ outcome: 'missing', code: 'probe' })).toEqual({
      outcome: 'missing',
      code: 'probe',
      evidence: [],
      support: null,
    })
  })
})

describe('on whatever a model writes', () => {
  const anyPath = oneof(
    string({ maxLength: 30 }),
    string({ unit: 'binary', maxLength: 30 }),
    constantFrom(
      'notes[*].text',
      'notes[0].text',
      'notes[99999999999].text',
      '[*][*][*]',
      '["',
      '__proto__.x',
      'times',
    ),
    array(constantFrom('notes', '.', '[', ']', '*', '0', '"', '\\', 'text'), { maxLength: 8 }).map((parts) =>
      parts.join(''),
    ),
  )
  const anyText = oneof(
    string({ unit: 'grapheme', maxLength: 60 }),
    string({ unit: 'binary', maxLength: 60 }),
    array(
      constantFrom('no ', 'NPO ', '19', ':', '30 ', '.', 'h ', '\n', '?', '“', '2024-13-40', 'violation '),
      {
        maxLength: 20,
      },
    ).map((parts) => parts.join('')),
  )

  it('gives every cite exactly one verdict and never throws', () => {
    const anyCite = tuple(anyPath, option(anyText, { nil: '' }))
    const input = tuple(
      array(anyCite, { maxLength: 5 }),
      anyText,
      oneof(jsonValue(), constantFrom(chart)),
      array(anyPath, { maxLength: 3 }),
    )
    assert(
      property(input, ([cites, finding, payload, scope]) => {
        const json: JsonValue = JSON.parse(JSON.stringify(payload))
        const probe = { finding, payload: json, signal: { search_scope: scope, search_terms: scope } }

        const evidence = judge(cites, probe)
        const searched = search(scope, probe)

        expect(evidence.map(({ fieldPath }) => fieldPath)).toEqual(cites.map(([path]) => path))
        for (const { verification } of [...evidence, searched]) expect(VERIFICATIONS).toContain(verification)
      }),
      { numRuns: 500 },
    )
  })

  it('verifies every excerpt of three words that is cut from a text without turning words', () => {
    const words = array(
      constantFrom('child', 'elbow', 'reduced', 'pinned', 'splint', 'room', '09:15', 'Dr.', 'opened', '\n'),
      {
        minLength: 6,
        maxLength: 40,
      },
    )
    assert(
      property(words, nat({ max: 50 }), (written, seed) => {
        const text = written.join(' ')
        const tokens = text.split(/\s+/).filter((token) => token !== '')
        const from = seed % Math.max(1, tokens.length - 3)
        const excerpt = tokens
          .slice(from, from + 4)
          .join('  ')
          .toUpperCase()
        if (tokens.length < 4) return

        expect(verdicts([['note', excerpt]], { payload: { note: text } })).toEqual(['verified'])
      }),
    )
  })

  it('stands charts that are nested ten thousand deep', () => {
    let deep: JsonValue = 'bottom'
    for (let depth = 0; depth < 10_000; depth += 1) deep = { a: deep }
    const signal = { search_scope: ['deep'], search_terms: ['bottom'] }

    expect(search(['deep'], { payload: { deep }, signal }).verification).toBe('not_searched')
    expect(verdicts([['deep', 'not to be found']], { payload: { deep } })).toEqual(['altered'])
  })

  it('judges two hundred cites on a chart of 200 KB within two seconds', () => {
    const line =
      'No NPO violation documented at 09:15 per Dr. Lee, child seen by the team and kept in the room. '
    const notes = Array.from({ length: 20 }, (_, index) => ({
      ts: '2024-03-01T20:00:00Z',
      text: `${index} ${line.repeat(105)}`,
    }))
    const cites = Array.from({ length: 200 }, (_, index): PathPair => {
      const excerpts = ['NPO violation documented at', 'child seen by the team and went', 'kept in the room']
      return [index % 3 === 0 ? 'notes' : `notes[${index % 20}].text`, excerpts[index % 3] ?? '']
    })
    const started = performance.now()

    const evidence = judge(cites, { payload: { notes }, finding: 'Seen at 09:15, 12 h after arrival' })

    expect(performance.now() - started).toBeLessThan(2_000)
    expect(new Set(evidence.map(({ verification }) => verification))).toEqual(
      new Set(['cut_context', 'altered', 'verified']),
    )
  })
})
