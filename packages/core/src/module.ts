import * as z from 'zod'
import { ModuleId, SignalCode, SpecialtyId } from './id.ts'
import { Polarity, Status } from './status.ts'

/** A clinical specialty; groups modules. */
export const Specialty = z.strictObject({
  id: SpecialtyId,
  name: z.string().min(1),
  display_name: z.string().min(1).optional(),
  description: z.string().optional(),
  display_order: z.int().optional(),
})
export type Specialty = z.infer<typeof Specialty>

/** A limit on the span between two stamps of the chart; `inclusive` says whether the limit itself still passes. */
export const Measure = z.strictObject({
  start: z.string().min(1),
  end: z.string().min(1),
  limit_minutes: z.number().positive(),
  inclusive: z.boolean(),
})
export type Measure = z.infer<typeof Measure>

/** One question a model answers about a chart. What an optional member defaults to is said by `withSignalDefaults`. */
export const SignalDefinition = z.strictObject({
  module: ModuleId,
  code: SignalCode,
  label: z.string().min(1),
  group: z.string().min(1).optional(),
  definition: z.string().optional(),
  tooltip: z.string().optional(),
  polarity: Polarity.optional(),
  severity: z.enum(['info', 'warn', 'error']).optional(),
  critical: z.boolean().optional(),
  adverse_status: Status.optional(),
  allowed_cites: z.array(z.string().min(1)).optional(),
  measure: Measure.optional(),
  rule: z.string().min(1).optional(),
  search_scope: z.array(z.string().min(1)).optional(),
  search_terms: z.array(z.string().min(1)).optional(),
  display_order: z.int().optional(),
})
export type SignalDefinition = z.infer<typeof SignalDefinition>

/** A quality measure: its signals, what it reports (`outcome`, CEL) and what must hold between signals (`constraints`, CEL). */
export const Module = z.strictObject({
  id: ModuleId,
  name: z.string().min(1),
  display_name: z.string().min(1).optional(),
  description: z.string().optional(),
  usnwr_question_id: z.string().optional(),
  display_order: z.int().optional(),
  outcome: z.string().min(1).optional(),
  constraints: z.array(z.string().min(1)).optional(),
})
export type Module = z.infer<typeof Module>

/** A question put to a person when its condition over statuses holds (`npo_violation = pass OR extra_testing = caution`). */
export const FollowupQuestion = z.strictObject({
  module: ModuleId,
  question: z.string().min(1),
  when: z.string().min(1).optional(),
  response_type: z.enum(['TEXT', 'BOOLEAN', 'SELECT', 'MULTISELECT']).optional(),
  options: z.array(z.string().min(1)).optional(),
  display_order: z.int().optional(),
})
export type FollowupQuestion = z.infer<typeof FollowupQuestion>

/** What a model costs from a day on, in USD per million tokens. */
export const ModelPrice = z.strictObject({
  provider: z.string().min(1),
  model: z.string().min(1),
  input_per_million: z.number().nonnegative(),
  cached_input_per_million: z.number().nonnegative().optional(),
  output_per_million: z.number().nonnegative(),
  valid_from: z.iso.date(),
  source: z.string().min(1),
})
export type ModelPrice = z.infer<typeof ModelPrice>

/** A facility and the users of a demonstration. */
export const Facility = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_-]*$/),
  name: z.string().min(1),
})
export type Facility = z.infer<typeof Facility>
export const ROLES = ['viewer', 'engineer', 'quality_lead', 'admin', 'ci'] as const
export const DemoUser = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9._-]*$/),
  display_name: z.string().min(1).optional(),
  role: z.enum(ROLES),
  facilities: z.array(z.string()).optional(),
})
export type DemoUser = z.infer<typeof DemoUser>

/** A metadata file: any of these lists. */
export const Metadata = z.strictObject({
  specialties: z.array(Specialty).optional(),
  modules: z.array(Module).optional(),
  signals: z.array(SignalDefinition).optional(),
  followups: z.array(FollowupQuestion).optional(),
  prices: z.array(ModelPrice).optional(),
  facilities: z.array(Facility).optional(),
  users: z.array(DemoUser).optional(),
})
export type Metadata = z.infer<typeof Metadata>

/** A signal with every default filled in: what the route works with. No `allowedCites` means that anything in the chart may be cited. */
export const Signal = z.strictObject({
  code: SignalCode,
  label: z.string(),
  group: z.string(),
  definition: z.string(),
  polarity: Polarity,
  severity: z.enum(['info', 'warn', 'error']),
  critical: z.boolean(),
  adverseStatus: Status,
  allowedCites: z.array(z.string()).readonly(),
  measure: Measure.nullable(),
  rule: z.string().nullable(),
  searchScope: z.array(z.string()).readonly(),
  searchTerms: z.array(z.string()).readonly(),
  displayOrder: z.int(),
})
export type Signal = z.infer<typeof Signal>

/** A module with its signals as they stood when the version was made; what is approved with a prompt version. */
export const ModuleVersion = z.strictObject({
  module: ModuleId,
  name: z.string(),
  displayName: z.string(),
  description: z.string(),
  outcome: z.string().nullable(),
  constraints: z.array(z.string()).readonly(),
  signals: z.array(Signal).readonly(),
})
export type ModuleVersion = z.infer<typeof ModuleVersion>

const DEFAULTED = {
  polarity: true,
  severity: true,
  critical: true,
  adverse_status: true,
  allowed_cites: true,
  search_scope: true,
  search_terms: true,
} as const

/** A definition that leaves out nothing that has a default. */
const DefaultedDefinition = SignalDefinition.required(DEFAULTED)

/** A signal's definition with what it leaves out: polarity presence, adverse `fail` for compliance and `pass` otherwise, any cite allowed. The one place of these defaults. */
export function withSignalDefaults(definition: SignalDefinition): z.infer<typeof DefaultedDefinition> {
  const polarity = definition.polarity ?? 'presence'
  return {
    ...definition,
    polarity,
    severity: definition.severity ?? 'info',
    critical: definition.critical ?? false,
    adverse_status: definition.adverse_status ?? (polarity === 'compliance' ? 'fail' : 'pass'),
    allowed_cites: definition.allowed_cites ?? [],
    search_scope: definition.search_scope ?? [],
    search_terms: definition.search_terms ?? [],
  }
}

/** A definition as the route works with it: every default filled in. */
export function completeSignal(definition: SignalDefinition): Signal {
  const signal = withSignalDefaults(definition)
  return {
    code: signal.code,
    label: signal.label,
    group: signal.group ?? 'Core',
    definition: signal.definition ?? '',
    polarity: signal.polarity,
    severity: signal.severity,
    critical: signal.critical,
    adverseStatus: signal.adverse_status,
    allowedCites: signal.allowed_cites,
    measure: signal.measure ?? null,
    rule: signal.rule ?? null,
    searchScope: signal.search_scope,
    searchTerms: signal.search_terms,
    displayOrder: signal.display_order ?? 0,
  }
}

/** Puts a module and its signals together as one version; signals in display order, then by code. */
export function assembleModuleVersion(module: Module, signals: readonly SignalDefinition[]): ModuleVersion {
  const own = signals.filter((signal) => signal.module === module.id).map(completeSignal)
  own.sort((a, b) => a.displayOrder - b.displayOrder || (a.code < b.code ? -1 : 1))
  return {
    module: module.id,
    name: module.name,
    displayName: module.display_name ?? module.name,
    description: module.description ?? '',
    outcome: module.outcome ?? null,
    constraints: module.constraints ?? [],
    signals: own,
  }
}
