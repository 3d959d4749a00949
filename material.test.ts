import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  assembleModuleVersion,
  clusterOf,
  type GoldCase,
  type ModuleVersion,
  type PromptDocument,
  promptParts,
} from './packages/core/src/index.ts'
import {
  checkCase,
  readCaseFile,
  readMetadataFile,
  readPromptFile,
  readSuiteFile,
} from './packages/formats/src/index.ts'
import {
  compileFollowupCondition,
  compileModuleRules,
  compilePrompt,
  type LintFinding,
  lintPrompt,
  lintSuite,
  render,
} from './packages/pipeline/src/index.ts'

/** What people have written, as it lies in the folders: each file is read once for all tests here. */

const SPECIALTIES = [
  'anesthesiology',
  'cardiology',
  'emergency_medicine',
  'general_surgery',
  'internal_medicine',
  'neurosurgery',
  'orthopedics',
  'pediatrics',
]

/** The orthopedic modules and their signals; these ids are in rows, prompts and gold, and do not change. */
const SIGNALS: Readonly<Record<string, string>> = {
  timeliness_sch:
    'on_time_19h dx_confirmed_sch competing_priority non_ortho_admit npo_violation extra_testing resource_delay multi_procedure_same_session clearance_sequence_documented non_op_or_elective miscode_possible planned_staged_return',
  timeliness_other:
    'urgent_target_met urgent_antibiotics open_contaminated stabilization_other_injury correct_dx_confirmed not_urgent_by_protocol',
  ssi: 'clinical_signs_doc operative_debridement index_site_linked culture_supports_dx non_ssi_antibiotics not_within_window',
  return_to_or:
    'unplanned_related hardware_action indication_documented staged_planned_rto unrelated_procedure',
  readmit_ed: 'revisit_related index_site_imaging cast_or_wound_issue scheduled_followup unrelated_diagnosis',
  neurovascular:
    'new_postop_deficit preop_nv_doc consult_vascular preexisting_deficit transient_block_effect',
  functional_outcome: 'rom_or_function_limited pt_ot_notes_referenced baseline_variation',
  hardware_complication: 'implant_failure_present revision_or_removal expected_removal_planned',
  vte: 'vte_confirmed prophylaxis_appropriate risk_strat_documented not_vte_event',
  compartment_syndrome: 'diagnosed_cs fasciotomy_done symptoms_documented alternative_explains_findings',
  mortality: 'ortho_related_death clear_attribution_text unrelated_cause',
}

/** How many follow-up questions each module has. */
const FOLLOWUPS: Readonly<Record<string, number>> = {
  timeliness_sch: 10,
  timeliness_other: 6,
  ssi: 4,
  return_to_or: 4,
}
const FOLLOWUPS_ELSEWHERE = 3

const metadata = globSync('seeds/*.yaml')
  .sort()
  .map((file) => readMetadataFile({ text: readFileSync(file, 'utf8'), file }))
const specialties = metadata.flatMap((one) => one.specialties ?? [])
const modules = metadata.flatMap((one) => one.modules ?? [])
const signals = metadata.flatMap((one) => one.signals ?? [])
const followups = metadata.flatMap((one) => one.followups ?? [])
const prices = metadata.flatMap((one) => one.prices ?? [])
const moduleVersions = new Map(modules.map((module) => [module.id, assembleModuleVersion(module, signals)]))

const partials = Object.fromEntries(
  globSync('prompts/shared/*.liquid').map((file) => [nameBelow('prompts', file), readFileSync(file, 'utf8')]),
)
const prompts = new Map(
  globSync('prompts/*/*/*/*.md')
    .sort()
    .map((file) => [
      nameBelow('prompts', file),
      readPromptFile({ text: readFileSync(file, 'utf8'), file, partials }),
    ]),
)

const SUITE = 'eval-suites/orthopedics/timeliness_sch'
const suite = readSuiteFile({
  text: readFileSync(`${SUITE}/suite.yaml`, 'utf8'),
  file: `${SUITE}/suite.yaml`,
})
const caseFiles = globSync(`${SUITE}/cases/*.yaml`).sort()
const cases = caseFiles.map((file) => readCaseFile({ text: readFileSync(file, 'utf8'), file }))
const charts = cases.map(({ payload }) => payload)
const flagship = moduleVersionOf(suite.module)

function nameBelow(folder: string, file: string): string {
  return file.slice(folder.length + 1).replace(/\.(liquid|md)$/, '')
}

function moduleVersionOf(id: string): ModuleVersion {
  const found = moduleVersions.get(id)
  if (found === undefined) throw new Error(`there is no module ${id}`)
  return found
}

function promptNamed(name: string): PromptDocument {
  const found = prompts.get(name)
  if (found === undefined) throw new Error(`there is no prompt ${name}`)
  return found
}

describe('the metadata', () => {
  it('has the eight specialties', () => {
    expect(specialties.map(({ id }) => id).sort()).toEqual(SPECIALTIES)
  })

  it('has the orthopedic modules with exactly their signals, in order', () => {
    expect(modules.map(({ id }) => id).sort()).toEqual(
      Object.keys(SIGNALS)
        .map((name) => `orthopedics/${name}`)
        .sort(),
    )
    for (const [name, codes] of Object.entries(SIGNALS)) {
      const found = moduleVersionOf(`orthopedics/${name}`).signals.map(({ code }) => code)
      expect(found, name).toEqual(codes.split(' '))
    }
    expect(signals).toHaveLength(56)
  })

  it.each([...moduleVersions])(
    'has rules, an outcome and constraints that compile: %s',
    (_id, moduleVersion) => {
      expect(moduleVersion.outcome).not.toBeNull()
      const rules = compileModuleRules(moduleVersion)
      // With nothing known, no measure may claim to be met, and nothing is broken.
      expect(['undetermined', 'excluded', 'not_met']).toContain(rules.outcome(() => 'missing'))
      expect(rules.brokenConstraints(() => 'missing')).toEqual([])
      for (const signal of moduleVersion.signals) {
        expect(rules.answer(signal, {}).kind, signal.code).toBe(
          signal.rule === null ? 'no_rule' : 'undecided',
        )
      }
    },
  )

  it.each([...moduleVersions])(
    'says of each signal what it means and what is adverse: %s',
    (_id, { signals: own }) => {
      for (const { code, definition, group } of own) {
        expect(definition.length, code).toBeGreaterThan(40)
        expect(['Core', 'Delay Drivers', 'Documentation', 'Ruleouts'], code).toContain(group)
      }
      expect(own.some(({ critical }) => critical)).toBe(true)
    },
  )

  it.each([...moduleVersions])(
    'has follow-up questions whose conditions compile: %s',
    (id, moduleVersion) => {
      const own = followups.filter(({ module }) => module === id)
      expect(own).toHaveLength(FOLLOWUPS[id.slice('orthopedics/'.length)] ?? FOLLOWUPS_ELSEWHERE)
      for (const { when } of own) {
        if (when === undefined) continue
        const condition = compileFollowupCondition({ when, moduleVersion })
        expect(condition.codes.length).toBeGreaterThan(0)
      }
      expect(followups.every(({ module }) => moduleVersions.has(module))).toBe(true)
    },
  )

  it('has prices with a source and a day, each model once a day', () => {
    expect(prices.length).toBeGreaterThan(10)
    expect(prices.filter(({ source }) => source.trim().length < 10)).toEqual([])
    const keys = prices.map(({ provider, model, valid_from }) => `${provider} ${model} ${valid_from}`)
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('the prompts', () => {
  it('are there for every step of the flagship route but its own default', () => {
    expect([...prompts.keys()]).toEqual([
      'global/default/default/v1',
      'orthopedics/default/default/v1',
      'orthopedics/timeliness_sch/abstraction_help/v1',
      'orthopedics/timeliness_sch/signal_processing/v1',
      'orthopedics/timeliness_sch/signal_processing/v2',
    ])
  })

  it.each([...prompts])('compile and render for a real case: %s', (name, document) => {
    expect(compilePrompt(document).faults).toEqual([])
    const [goldCase] = cases
    if (goldCase === undefined) throw new Error('the flagship suite has no cases')
    const { messages, shown } = render({
      document,
      moduleVersion: flagship,
      payload: goldCase.payload,
      caseNumber: 'C-1',
    })
    const text = messages.map(({ content }) => content).join('\n')
    expect(messages.map(({ role }) => role)).toContain('user')
    expect(text).toContain('"ArrivalInstant":"')
    expect(text).not.toMatch(/\{\{|\{%|undefined|\[object/)
    expect(Object.keys(Object(shown)).length).toBeGreaterThan(1)
    expect(document.type).toBe(promptParts(name).type.replace(/\/.*/, ''))
  })

  it('show the chart of every case without a leak of its answers', () => {
    for (const [name, document] of prompts) {
      const shown = document.context.map((path) => path.split(/[.[]/)[0])
      expect(shown, name).not.toContain('derived')
      expect(shown, name).not.toContain('flags')
      expect(shown, name).not.toContain('outcomes')
      expect(shown, name).not.toContain('patient')
    }
  })
})

describe('the two versions of the flagship prompt', () => {
  const name = 'orthopedics/timeliness_sch/signal_processing'
  const findingsOf = (version: string): LintFinding[] =>
    lintPrompt({ document: promptNamed(`${name}/${version}`), moduleVersion: flagship, payloads: charts })
  const bad = (findings: LintFinding[]): LintFinding[] => findings.filter(({ level }) => level !== 'info')

  it('v1 names eight of the twelve signals, and the linter says which are missing', () => {
    const missing = findingsOf('v1').filter(({ code }) => code === 'signal_missing')
    const named = flagship.signals.filter(({ code }) =>
      missing.every(({ message }) => !message.includes(code)),
    )
    expect(named).toHaveLength(8)
    expect(flagship.signals.filter((signal) => !named.includes(signal)).map(({ code }) => code)).toEqual([
      'competing_priority',
      'non_ortho_admit',
      'clearance_sequence_documented',
      'planned_staged_return',
    ])
  })

  it('v1 has no rule for missing stamps and no word on proving silence; v2 has both', () => {
    const textOf = (version: string): string => {
      const { sections, partials: pieces } = promptNamed(`${name}/${version}`)
      const own = sections.map(({ template }) => template).join('\n')
      const used = Object.entries(pieces).filter(([piece]) => own.includes(`'${piece}'`))
      return [own, ...used.map(([, piece]) => piece)].join('\n')
    }
    expect(textOf('v1')).not.toMatch(/missing|searched/i)
    expect(textOf('v2')).toMatch(/stamp[^.]* is missing/i)
    expect(textOf('v2')).toMatch(/searched/i)
  })

  it('v2 gives the linter nothing to complain of', () => {
    expect(bad(findingsOf('v2'))).toEqual([])
  })
})

describe('the flagship suite', () => {
  it('has at least eighty cases, each by itself in order', () => {
    expect(cases.length).toBeGreaterThanOrEqual(80)
    for (const [index, goldCase] of cases.entries()) {
      const file = caseFiles[index] ?? ''
      expect(() => checkCase({ goldCase, file, moduleVersion: flagship }), goldCase.case).not.toThrow()
      expect(file).toBe(`${SUITE}/cases/${goldCase.case}.yaml`)
    }
  })

  it('gives the linter no error', () => {
    const findings = lintSuite({ suite, cases, moduleVersion: flagship })
    expect(findings.filter(({ level }) => level === 'error')).toEqual([])
  })

  it.each(flagship.signals.map((signal) => ({ code: signal.code, signal })))(
    'has gold for $code in at least 73 independent cases, and 22 adverse ones where it is critical',
    ({ code, signal }) => {
      const labelled = cases.filter(({ gold }) => gold[code] !== undefined)
      expect(new Set(labelled.map(clusterOf)).size).toBeGreaterThanOrEqual(73)
      const adverse = labelled.filter(({ gold }) => gold[code]?.status === signal.adverseStatus)
      if (signal.critical) expect(new Set(adverse.map(clusterOf)).size).toBeGreaterThanOrEqual(22)
      expect(adverse.length).toBeGreaterThan(0)
      expect(new Set(labelled.map(({ gold }) => gold[code]?.status)).size).toBeGreaterThan(1)
    },
  )

  it('gives for every label why it is so and what it rests on', () => {
    const bare = cases.flatMap((goldCase) =>
      Object.entries(goldCase.gold)
        .filter(([, { why, basis }]) => why === undefined || why.trim() === '' || basis === undefined)
        .map(([code]) => `${goldCase.case} ${code}`),
    )
    expect(bare).toEqual([])
  })

  it('gives no answers away in flags, derived fields or outcomes, unless the case is about that', () => {
    const leaking = cases.filter(({ payload }) =>
      ['flags', 'derived', 'outcomes'].some((key) => key in payload),
    )
    expect(leaking.filter((goldCase) => !isAboutLeaks(goldCase)).map((goldCase) => goldCase.case)).toEqual([])
    expect(leaking.length).toBeGreaterThan(0)
  })

  it('keeps every cluster in one split', () => {
    const splits = new Map<string, Set<string>>()
    for (const goldCase of cases) {
      const cluster = clusterOf(goldCase)
      splits.set(cluster, (splits.get(cluster) ?? new Set()).add(goldCase.split ?? 'tune'))
    }
    expect([...splits].filter(([, names]) => names.size > 1)).toEqual([])
  })

  it('has only charts that are made up', () => {
    const numbers = cases.map(({ payload }) => JSON.stringify(payload.patient ?? null))
    expect(numbers.filter((patient) => patient !== 'null' && !/"mrn":"SYN-/.test(patient))).toEqual([])
  })
})

function isAboutLeaks(goldCase: GoldCase): boolean {
  return (goldCase.tags ?? []).some((tag) => tag.startsWith('leak'))
}
