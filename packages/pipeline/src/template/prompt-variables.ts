import type { JsonValue, Measure, ModuleVersion, Signal } from '@touchstone/core'
import { lastPart, TouchstoneError } from '@touchstone/core'
import { Drop } from 'liquidjs'

/** The variables a template may use; everything else is unknown. */
export const PROMPT_VARIABLES = ['chart', 'module', 'signals', 'case'] as const

export const MODULE_FIELDS = ['id', 'name', 'code', 'display_name', 'description'] as const
export const CASE_FIELDS = ['number'] as const
export const SIGNAL_FIELDS = [
  'code',
  'label',
  'group',
  'definition',
  'polarity',
  'adverse_status',
  'severity',
  'critical',
  'allowed_cites',
  'search_scope',
  'search_terms',
  'measure',
] as const
const MEASURE_FIELDS = ['start', 'end', 'limit_minutes', 'limit_hours', 'inclusive'] as const

/** An object of known fields: to ask it for any other field is an error even inside a condition. */
class KnownFields extends Drop {
  readonly #what: string

  constructor(what: string, fields: Readonly<Record<string, unknown>>) {
    super()
    this.#what = what
    Object.assign(this, fields)
  }

  override liquidMethodMissing(field: string | number): never {
    throw new TouchstoneError('template_invalid', `${this.#what} has no field "${field}"`)
  }
}

/** The variables of one case: `chart` is the payload already cut to the prompt's context, `caseNumber` a pseudonym. */
export function promptVariables(
  moduleVersion: ModuleVersion,
  { chart, caseNumber }: { chart: JsonValue; caseNumber: string },
): Record<(typeof PROMPT_VARIABLES)[number], unknown> {
  return {
    chart,
    module: new KnownFields('module', moduleFields(moduleVersion)),
    signals: moduleVersion.signals.map((signal) => new KnownFields('a signal', signalFields(signal))),
    case: new KnownFields('case', { number: caseNumber } satisfies Record<
      (typeof CASE_FIELDS)[number],
      string
    >),
  }
}

function moduleFields(moduleVersion: ModuleVersion): Record<(typeof MODULE_FIELDS)[number], string> {
  return {
    id: moduleVersion.module,
    name: moduleVersion.name,
    code: lastPart(moduleVersion.module),
    display_name: moduleVersion.displayName,
    description: moduleVersion.description,
  }
}

function signalFields(signal: Signal): Record<(typeof SIGNAL_FIELDS)[number], unknown> {
  return {
    code: signal.code,
    label: signal.label,
    group: signal.group,
    definition: signal.definition,
    polarity: signal.polarity,
    adverse_status: signal.adverseStatus,
    severity: signal.severity,
    critical: signal.critical,
    allowed_cites: signal.allowedCites,
    search_scope: signal.searchScope,
    search_terms: signal.searchTerms,
    measure: signal.measure === null ? null : new KnownFields('a measure', measureFields(signal.measure)),
  }
}

function measureFields(measure: Measure): Record<(typeof MEASURE_FIELDS)[number], unknown> {
  const { start, end, limit_minutes, inclusive } = measure
  return { start, end, limit_minutes, limit_hours: limit_minutes / 60, inclusive }
}
