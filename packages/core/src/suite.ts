import * as z from 'zod'
import { GatePolicy } from './gate.ts'
import { ModuleId, PromptId, SignalCode, SuiteId } from './id.ts'
import { Status } from './status.ts'

export const SPLITS = ['tune', 'holdout'] as const
export const ORIGINS = ['AUTHORED', 'TWIN', 'SYNTHETIC', 'REVIEWED', 'IMPORTED'] as const
export const LABEL_BASES = ['explicit', 'silent', 'not_applicable'] as const

/** What the right answer to one signal of one case is, and why. An inner list of `must_cite` is "any of these". */
export const GoldLabel = z.strictObject({
  status: Status,
  also_accept: z.array(Status).optional(),
  basis: z.enum(LABEL_BASES).optional(),
  must_cite: z.array(z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])).optional(),
  must_pass: z.boolean().optional(),
  why: z.string().optional(),
})
export type GoldLabel = z.infer<typeof GoldLabel>

/** One case of a suite: a chart and its gold. Cases of one `cluster` are not independent of each other. */
export const GoldCase = z.strictObject({
  case: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be a name such as SCH-0007'),
  title: z.string().optional(),
  why: z.string().optional(),
  tags: z.array(z.string().min(1)).optional(),
  split: z.enum(SPLITS).optional(),
  cluster: z.string().min(1).optional(),
  origin: z.enum(ORIGINS).optional(),
  payload: z.record(z.string(), z.json()),
  gold: z.record(SignalCode, GoldLabel),
})
export type GoldCase = z.infer<typeof GoldCase>

/** A suite's own file, `suite.yaml`. */
export const SuiteDocument = z.strictObject({
  id: SuiteId.optional(),
  name: z.string().min(1),
  description: z.string().optional(),
  module: ModuleId,
  gate: GatePolicy.optional(),
  gates: z.array(z.strictObject({ prompt: PromptId, required: z.boolean() })).optional(),
})
export type SuiteDocument = z.infer<typeof SuiteDocument>

/** The independent unit a case belongs to: its cluster, or itself. */
export function clusterOf(goldCase: Pick<GoldCase, 'case' | 'cluster'>): string {
  return goldCase.cluster ?? goldCase.case
}
