import * as z from 'zod'
import { SignalCode } from './id.ts'

const Signals = z.union([z.literal('all'), z.literal('critical'), z.array(SignalCode).min(1)])
const Share = z.number().min(0).max(1)

/** One criterion of a gate policy; each is an object with exactly one key. */
export const GateCriterion = z.union([
  z.strictObject({ accuracy: z.strictObject({ signals: Signals, low_at_least: Share }) }),
  z.strictObject({
    detect: z.strictObject({ signals: Signals, low_at_least: Share, min_n: z.int().positive() }),
  }),
  z.strictObject({
    non_inferior: z.strictObject({
      signals: Signals,
      margin: z.union([Share, z.strictObject({ default: Share, critical: Share })]),
    }),
  }),
  z.strictObject({ no_proven_harm: z.strictObject({ signals: Signals }) }),
  z.strictObject({ supported: z.strictObject({ of: z.literal('answers'), low_at_least: Share }) }),
  z.strictObject({ must_pass: z.strictObject({ in: z.enum(['all', 'majority']) }) }),
  z.strictObject({ unusable: z.strictObject({ high_at_most: Share }) }),
  z.strictObject({ reported_rate_bias: z.strictObject({ within: Share }) }),
  z.strictObject({ cost_per_case: z.strictObject({ ratio_at_most: z.number().positive() }) }),
])
export type GateCriterion = z.infer<typeof GateCriterion>

/** A written rule for when a prompt version may be promoted; only `criteria` is required. */
export const GatePolicy = z.strictObject({
  baseline: z.string().min(1).default('current'),
  split: z.enum(['holdout', 'tune', 'all']).optional(),
  confidence: z.number().gt(0.5).lt(1).default(0.95),
  models: z.array(z.string().min(1)).min(1).default(['declared']),
  criteria: z.array(GateCriterion).min(1),
  max_verdict_age_days: z.number().positive().default(14),
  count_synthetic: z.boolean().default(false),
})
export type GatePolicy = z.infer<typeof GatePolicy>
