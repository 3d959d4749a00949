import * as z from 'zod'
import { SUPPORTS, VERIFICATIONS } from './evidence.ts'
import { GRADES } from './grade.ts'
import { RunStatus, SampleCounts } from './run.ts'
import { OUTCOMES, Status } from './status.ts'

const Count = z.int().nonnegative()

/**
 * A rate or a difference with its interval: the one shape of every interval. `estimate`, `low` and
 * `high` are null when there is nothing to estimate from (n = 0). `method` says how it was made, and
 * says so when it is clustered.
 */
export const Estimate = z.strictObject({
  estimate: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  n: Count,
  clusters: Count,
  confidence: z.number(),
  method: z.string(),
})
export type Estimate = z.infer<typeof Estimate>

const GradeCounts = z.record(z.enum(GRADES), Count)
const SupportCounts = z.record(z.enum(SUPPORTS), Count)
const EvidenceCounts = z.record(z.enum(['cited', ...VERIFICATIONS, 'mustCite', 'mustCiteHit']), Count)

/** One signal of a run, counted and estimated. n counts graded samples, clusters the independent units. */
export const SignalSummary = z.strictObject({
  signal: z.string(),
  n: Count,
  clusters: Count,
  correct: Count,
  accuracy: Estimate,
  lenient: Estimate,
  /** The commonest gold status and its share: what "always that" would score. */
  majority: z.strictObject({ status: Status.nullable(), share: z.number().nullable() }),
  /** Of the samples whose gold is the adverse status, how many were answered so. */
  detection: Estimate,
  grades: GradeCounts,
  confusion: z.record(z.string(), z.record(z.string(), Count)),
  evidence: EvidenceCounts,
  support: SupportCounts,
  rule: z.strictObject({ n: Count, agrees: Count }),
})
export type SignalSummary = z.infer<typeof SignalSummary>

/** What the measure reports from the answers, what gold says, and the difference. Rate = met / (met + not_met). */
export const OutcomeSummary = z.strictObject({
  reported: Estimate,
  truth: Estimate,
  bias: Estimate,
  byRule: Estimate,
  counts: z.strictObject({
    ai: z.record(z.enum(OUTCOMES), Count),
    rule: z.record(z.enum(OUTCOMES), Count),
    gold: z.record(z.enum(OUTCOMES), Count),
  }),
})
export type OutcomeSummary = z.infer<typeof OutcomeSummary>

/** `run --json` and `show RUN --json`. */
export const RunSummary = z.strictObject({
  run: z.uuid(),
  grading: z.uuid().nullable(),
  suite: z.string(),
  suiteVersion: z.string(),
  goldVersion: z.int(),
  module: z.string(),
  prompt: z.string(),
  model: z.string(),
  modelReturned: z.array(z.string()),
  repeats: z.int(),
  split: z.string().nullable(),
  status: RunStatus,
  exit: z.int(),
  /** Whether the module's definitions have changed since, and in what; null while they are the same. */
  stale: z.string().nullable(),
  samples: SampleCounts,
  signals: z.array(SignalSummary),
  overall: z.strictObject({
    n: Count,
    correct: Count,
    accuracy: Estimate,
    supported: Estimate,
    wholeCaseRight: Estimate,
    unusable: Estimate,
    outcome: OutcomeSummary,
    brokenConstraints: Count,
  }),
  usage: z.strictObject({ promptTokens: Count, completionTokens: Count, cachedTokens: Count }),
  cost: z.strictObject({
    spentUsd: z.number().nullable(),
    listUsd: z.number().nullable(),
    priced: z.boolean(),
    perCaseUsd: z.number().nullable(),
  }),
  latencyMs: z.strictObject({ p50: z.number().nullable(), p95: z.number().nullable() }),
})
export type RunSummary = z.infer<typeof RunSummary>

/** A grid of runs prints them together. */
export const RunGrid = z.strictObject({ runs: z.array(RunSummary) })
export type RunGrid = z.infer<typeof RunGrid>
