import {
  GRADES,
  type Grade,
  NON_ANSWERS,
  OUTCOMES,
  RunSummary,
  type SignalSummary,
  STATUSES,
  SUPPORTS,
  signalId,
  VERIFICATIONS,
} from '@touchstone/core'
import * as z from 'zod'
import { newId } from './new-id.ts'
import { RECORD_COLUMNS } from './record-columns.ts'
import { gradeRow, outcomeRow } from './record-rows.ts'
import { insertRows, type Queryable, readOnlyRow, readRow, readRows } from './rows.ts'

/** A grading: a run held against one version of the gold by one version of the grader. */
export const KeptGrading = z.object({
  id: z.uuid(),
  runId: z.uuid(),
  suiteVersionId: z.uuid(),
  moduleVersionId: z.uuid(),
})
export type KeptGrading = z.infer<typeof KeptGrading>

const COLUMNS = `id, eval_run_id AS "runId", suite_version_id AS "suiteVersionId", module_version_id AS "moduleVersionId"`

/** What a grading is made of. */
export type NewGrading = {
  facility: string
  runId: string
  suiteVersionId: string
  moduleVersionId: string
  pipelineVersion: number
  gradingVersion: number
}

/** The grading of exactly this; made when there is none. */
export async function keepGrading(
  tx: Queryable,
  grading: NewGrading,
): Promise<{ id: string; isNew: boolean }> {
  const values = [newId(), grading.runId, grading.facility, grading.suiteVersionId, grading.moduleVersionId]
  const versions = [grading.pipelineVersion, grading.gradingVersion]
  const made = await readRow(tx, z.object({ id: z.uuid() }), {
    text: `INSERT INTO gradings (id, eval_run_id, facility_id, suite_version_id, module_version_id, pipeline_version, grading_version)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id`,
    values: [...values, ...versions],
  })
  if (made) return { id: made.id, isNew: true }
  const { id } = await readOnlyRow(tx, z.object({ id: z.uuid() }), {
    text: `SELECT id FROM gradings WHERE eval_run_id = $1 AND suite_version_id = $2 AND pipeline_version = $3 AND grading_version = $4`,
    values: [grading.runId, grading.suiteVersionId, ...versions],
  })
  return { id, isNew: false }
}

/** The newest grading of a run; null before it was planned to be graded. */
export async function newestGrading(tx: Queryable, runId: string): Promise<KeptGrading | null> {
  const text = `SELECT ${COLUMNS} FROM gradings WHERE eval_run_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1`
  return readRow(tx, KeptGrading, { text, values: [runId] })
}

/** Keeps the grades of a batch of samples that were graded again; samples that have grades in it already are left. */
export async function recordGrades(
  tx: Queryable,
  place: { gradingId: string; facility: string; moduleId: string },
  batch: readonly { sampleId: string; isHoldout: boolean; grade: Grade }[],
): Promise<void> {
  const rows = batch.flatMap(({ sampleId, isHoldout, grade }) => {
    const own = { facility_id: place.facility, is_holdout: isHoldout }
    return grade.signals.map((signal) => ({
      ...own,
      ...gradeRow({ ...place, sampleId }, { grade: signal, resultId: undefined }),
    }))
  })
  const outcomes = batch.map(({ sampleId, isHoldout, grade }) => ({
    facility_id: place.facility,
    is_holdout: isHoldout,
    ...outcomeRow({ ...place, sampleId }, grade),
  }))
  const tail = 'ON CONFLICT DO NOTHING'
  await insertRows(tx, { table: 'signal_grades', columns: RECORD_COLUMNS.grades, rows, tail })
  await insertRows(tx, { table: 'case_outcomes', columns: RECORD_COLUMNS.outcomes, rows: outcomes, tail })
}

const Got = z.enum([...STATUSES, ...NON_ANSWERS])
const GradeRow = z.object({
  signal: z.string(),
  expected: z.enum(STATUSES),
  got: Got,
  grade: z.enum(GRADES),
  support: z.enum(SUPPORTS).nullable(),
  evidence: z.record(z.enum(VERIFICATIONS), z.int()),
  mustCite: z.int(),
  mustCiteHit: z.int(),
  ruleAgrees: z.boolean().nullable(),
})
const GradedSampleRow = z.object({
  shard: z.int(),
  sampleId: z.uuid(),
  goldCase: z.string(),
  cluster: z.string(),
  repeat: z.int(),
  outcomeByAi: z.enum(OUTCOMES),
  outcomeByRule: z.enum(OUTCOMES),
  outcomeByGold: z.enum(OUTCOMES),
  brokenConstraints: z.int(),
  isWholeCaseRight: z.boolean().nullable(),
  isUnusable: z.boolean(),
  grades: z.array(GradeRow),
})

/** A graded sample as its rows say. */
export type GradedSample = z.infer<typeof GradedSampleRow>

/** A page of a grading's samples with their grades: those after the mark, at most `limit`. */
export async function readGradedSamples(
  tx: Queryable,
  page: { gradingId: string; after: { shard: number; id: string }; limit: number },
): Promise<GradedSample[]> {
  return readRows(tx, GradedSampleRow, {
    text: READ_GRADED,
    values: [page.gradingId, page.after.shard, page.after.id, page.limit],
  })
}

const READ_GRADED = `SELECT s.shard, s.id AS "sampleId", g.name AS "goldCase", g.cluster_key AS cluster, s.repeat,
         o.ai_outcome AS "outcomeByAi", o.rule_outcome AS "outcomeByRule", o.gold_outcome AS "outcomeByGold",
         cardinality(o.constraints_broken) AS "brokenConstraints", o.whole_case_right AS "isWholeCaseRight",
         (a.parse_outcome <> 'parsed' OR EXISTS (SELECT 1 FROM abstraction_results r WHERE r.run_id = a.id AND r.source = 'AI'
            AND r.outcome IN ('missing', 'invalid_status'))) AS "isUnusable",
         (SELECT coalesce(jsonb_agg(jsonb_build_object('signal', f.signal_id, 'expected', f.expected, 'got', f.got, 'grade', f.grade,
            'support', f.support, 'mustCite', f.must_cite, 'mustCiteHit', f.must_cite_hit, 'ruleAgrees', f.rule_agrees,
            'evidence', jsonb_build_object(${VERIFICATIONS.map((word) => `'${word}', f.${word}`).join(', ')}))), '[]')
            FROM signal_grades f WHERE f.grading_id = o.grading_id AND f.eval_sample_id = s.id) AS grades
    FROM eval_samples s JOIN case_outcomes o ON o.eval_sample_id = s.id AND o.grading_id = $1
    JOIN gold_cases g ON g.id = s.gold_case_id JOIN abstraction_runs a ON a.id = s.abstraction_run_id
   WHERE s.eval_run_id = (SELECT d.eval_run_id FROM gradings d WHERE d.id = $1) AND (s.shard, s.id) > ($2, $3)
   ORDER BY s.shard, s.id LIMIT $4`

/** What a run used, cost and took, from its rows; cache hits are left out of the latencies. */
export const RunUsage = z.object({
  modelReturned: z.array(z.string()),
  promptTokens: z.int(),
  completionTokens: z.int(),
  cachedTokens: z.int(),
  spentUsd: z.number().nullable(),
  listUsd: z.number().nullable(),
  isPriced: z.boolean(),
  p50: z.number().nullable(),
  p95: z.number().nullable(),
})
export type RunUsage = z.infer<typeof RunUsage>

/** Adds up a run's usage. */
export async function readRunUsage(tx: Queryable, runId: string): Promise<RunUsage> {
  return readOnlyRow(tx, RunUsage, {
    text: `SELECT coalesce(array_agg(DISTINCT a.model_returned) FILTER (WHERE a.model_returned IS NOT NULL), '{}') AS "modelReturned",
                  coalesce(sum(a.tokens_prompt), 0)::float8 AS "promptTokens", coalesce(sum(a.tokens_completion), 0)::float8 AS "completionTokens",
                  coalesce(sum(a.tokens_cached), 0)::float8 AS "cachedTokens",
                  sum(a.spent_usd)::float8 AS "spentUsd", sum(a.list_usd)::float8 AS "listUsd",
                  coalesce(bool_and(a.list_usd IS NOT NULL), false) AS "isPriced",
                  percentile_disc(0.5) WITHIN GROUP (ORDER BY a.duration_ms) FILTER (WHERE NOT a.from_cache)::float8 AS p50,
                  percentile_disc(0.95) WITHIN GROUP (ORDER BY a.duration_ms) FILTER (WHERE NOT a.from_cache)::float8 AS p95
             FROM eval_samples s JOIN abstraction_runs a ON a.id = s.abstraction_run_id
            WHERE s.eval_run_id = $1 AND s.state = 'completed'`,
    values: [runId],
  })
}

/** The summary of a whole run, as it is kept beside those of its signals: all that its rows give. */
export const KeptSummary = RunSummary.pick({
  signals: true,
  overall: true,
  usage: true,
  cost: true,
  latencyMs: true,
  modelReturned: true,
})
export type KeptSummary = z.infer<typeof KeptSummary>

/** Keeps a grading's summary in place of the one before it: it is counted from rows and may be counted again. */
export async function keepSummary(
  tx: Queryable,
  target: { gradingId: string; facility: string; moduleId: string; summary: KeptSummary },
): Promise<void> {
  const { gradingId, facility, moduleId, summary } = target
  const whole = {
    signal_id: null,
    n: summary.overall.n,
    clusters: summary.overall.accuracy.clusters,
    correct: summary.overall.correct,
    summary,
  }
  const signals = summary.signals.map((signal: SignalSummary) => ({
    signal_id: signalId(moduleId, signal.signal),
    n: signal.n,
    clusters: signal.clusters,
    correct: signal.correct,
    summary: signal,
  }))
  const rows = [whole, ...signals].map((row) => ({
    id: newId(),
    grading_id: gradingId,
    facility_id: facility,
    ...row,
  }))
  // Two who finish one run at once take turns: the second counts the same rows and puts the same summary in place.
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [gradingId])
  await tx.query(`DELETE FROM signal_summaries WHERE grading_id = $1`, [gradingId])
  await insertRows(tx, {
    table: 'signal_summaries',
    columns: {
      id: 'uuid',
      grading_id: 'uuid',
      facility_id: 'text',
      signal_id: 'text',
      n: 'int',
      clusters: 'int',
      correct: 'int',
      summary: 'jsonb',
    },
    rows,
  })
}

/** A grading's kept summary; null when it has not been counted yet. */
export async function readSummary(tx: Queryable, gradingId: string): Promise<KeptSummary | null> {
  const row = await readRow(tx, z.object({ summary: KeptSummary }), {
    text: `SELECT summary FROM signal_summaries WHERE grading_id = $1 AND signal_id IS NULL AND split = 'all'`,
    values: [gradingId],
  })
  return row?.summary ?? null
}
