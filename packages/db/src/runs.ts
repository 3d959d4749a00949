import { ModelParams, RunStatus, type SampleCounts, TouchstoneError } from '@touchstone/core'
import * as z from 'zod'
import { newId } from './new-id.ts'
import { type Queryable, readOnlyRow, readRow, readRows } from './rows.ts'

/** Which cases of the suite a run walks; null or absent is no restriction. `failingOf` takes those an earlier run got wrong. */
export const RunSelection = z.object({
  limit: z.int().positive().optional(),
  tags: z.array(z.string()).optional(),
  pattern: z.string().optional(),
  failingOf: z.uuid().optional(),
})
export type RunSelection = z.infer<typeof RunSelection>

/** A run as it is kept. */
export const KeptRun = z.object({
  id: z.uuid(),
  facility: z.string(),
  suiteVersionId: z.uuid(),
  moduleVersionId: z.uuid(),
  promptVersionId: z.uuid(),
  model: z.string(),
  params: ModelParams,
  repeats: z.int(),
  split: z.enum(['tune', 'holdout']).nullable(),
  selection: RunSelection,
  status: RunStatus,
  stopReason: z.string().nullable(),
  concurrency: z.int().nullable(),
  digest: z.string(),
  startedAt: z.date().nullable(),
})
export type KeptRun = z.infer<typeof KeptRun>

const COLUMNS = `r.id, r.facility_id AS facility, r.suite_version_id AS "suiteVersionId", r.module_version_id AS "moduleVersionId",
  r.prompt_version_id AS "promptVersionId", r.model, r.model_params AS params, r.repeats, r.split, r.selection, r.status,
  r.stop_reason AS "stopReason", r.concurrency, r.digest, r.started_at AS "startedAt"`

/** What a run is planned from. `digestPrefix` stands for all of its inputs but the cases, which the database adds. */
export type NewRun = Pick<
  KeptRun,
  | 'facility'
  | 'suiteVersionId'
  | 'moduleVersionId'
  | 'promptVersionId'
  | 'model'
  | 'params'
  | 'repeats'
  | 'split'
  | 'selection'
> & { digestPrefix: string; concurrency: number; usesCache: boolean; budgetUsd: number | null }

const SHARD_SIZE = 32

/**
 * Plans a run with all of its samples in one statement, whatever the suite's size; throws `not_found`
 * when the selection leaves no case. A DRAFT prompt version becomes TESTING in the same transaction.
 */
export async function planRun(tx: Queryable, run: NewRun): Promise<string> {
  const id = newId()
  const { selection } = run
  const { planned } = await readOnlyRow(tx, z.object({ planned: z.int() }), {
    text: PLAN_RUN,
    values: [
      id,
      run.facility,
      run.suiteVersionId,
      run.moduleVersionId,
      run.promptVersionId,
      run.model,
      JSON.stringify(run.params),
      run.repeats,
      run.split,
      JSON.stringify(selection),
      run.concurrency,
      run.usesCache,
      run.budgetUsd,
      run.digestPrefix,
      selection.tags ?? null,
      selection.pattern ?? null,
      selection.failingOf ?? null,
      selection.limit ?? null,
      SHARD_SIZE,
    ],
  })
  if (planned > 0) return id
  throw new TouchstoneError(
    'not_found',
    'No case of the suite fits the selection, so there is nothing to run.',
  )
}

const PLAN_RUN = `WITH chosen AS MATERIALIZED (
    SELECT c.*, row_number() OVER (ORDER BY c.ordinality) AS place
      FROM gold_case_ids($3) WITH ORDINALITY AS c
     WHERE ($9::text IS NULL OR c.is_holdout = ($9 = 'holdout'))
       AND ($15::text[] IS NULL OR EXISTS (SELECT 1 FROM gold_cases g WHERE g.id = c.gold_case_id AND g.tags && $15))
       AND ($16::text IS NULL OR EXISTS (SELECT 1 FROM gold_cases g WHERE g.id = c.gold_case_id AND g.name ~ $16))
       AND ($17::uuid IS NULL OR c.case_id IN (
             SELECT g.case_id FROM eval_samples s JOIN gold_cases g ON g.id = s.gold_case_id
               JOIN signal_grades f ON f.eval_sample_id = s.id
              WHERE s.eval_run_id = $17 AND f.grade NOT IN ('correct', 'lenient')
                AND f.grading_id = (SELECT n.id FROM gradings n WHERE n.eval_run_id = $17 ORDER BY n.created_at DESC, n.id DESC LIMIT 1)))
     LIMIT $18
  ), run AS (
    INSERT INTO eval_runs (id, facility_id, suite_version_id, module_version_id, prompt_version_id, model, model_params,
           repeats, split, selection, concurrency, uses_cache, budget_usd, digest)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
           encode(sha256(convert_to($14 || ' ' || string_agg(case_id || ':' || payload_hash, ',' ORDER BY case_id), 'UTF8')), 'hex')
      FROM chosen HAVING count(*) > 0
  ), samples AS (
    INSERT INTO eval_samples (eval_run_id, facility_id, is_holdout, gold_case_id, repeat, shard)
    SELECT $1, $2, c.is_holdout, c.gold_case_id, turn.repeat, (((c.place - 1) * $8 + turn.repeat - 1) / $19)::int
      FROM chosen c CROSS JOIN generate_series(1, $8) AS turn(repeat)
  )
  SELECT count(*)::int AS planned FROM chosen`

/** A run by its id, or by the first eight or more characters of it; throws `not_found`, and `usage` where several begin so. */
export async function findRun(tx: Queryable, id: string): Promise<KeptRun> {
  const [run, another] = await readRunsLike(tx, id)
  if (!run)
    throw new TouchstoneError('not_found', `There is no run ${id}; "touchstone runs" lists those there are.`)
  if (another) throw new TouchstoneError('usage', `More than one run begins with ${id}; write more of it.`)
  return run
}

// Ids compare as their text does, so a beginning is a range of ids and the primary key finds it.
async function readRunsLike(tx: Queryable, id: string): Promise<KeptRun[]> {
  const digits = id.replaceAll('-', '')
  if (!/^[0-9a-f-]{8,36}$/.test(id) || digits.length > 32) return []
  return readRows(tx, KeptRun, {
    text: `SELECT ${COLUMNS} FROM eval_runs r WHERE r.id BETWEEN $1::uuid AND $2::uuid AND r.id::text LIKE $3 || '%' LIMIT 2`,
    values: [digits.padEnd(32, '0'), digits.padEnd(32, 'f'), id],
  })
}

/** Moves a run on: to RUNNING when work on it begins, to where it ended when it ends. */
export async function moveRun(
  tx: Queryable,
  { id, status, stopReason = null }: { id: string; status: RunStatus; stopReason?: string | null },
): Promise<void> {
  await tx.query(
    `UPDATE eval_runs SET status = $2, stop_reason = $3, started_at = coalesce(started_at, CURRENT_TIMESTAMP),
            finished_at = CASE WHEN $2 = 'RUNNING' THEN NULL ELSE CURRENT_TIMESTAMP END
      WHERE id = $1 AND (status, stop_reason) IS DISTINCT FROM ($2, $3)`,
    [id, status, stopReason],
  )
}

/** Lets this transaction work for a RUNNING run: its holdout cases are open to it. The database refuses any other run. */
export async function beginRunWork(tx: Queryable, id: string): Promise<void> {
  await tx.query('SELECT begin_run_work($1)', [id])
}

/** How many samples of a run stand where; holdout ones included. */
export async function countSamples(tx: Queryable, runId: string): Promise<SampleCounts> {
  const text = `SELECT planned::int, completed::int, unfinished::int, pending::int, unparsable::int FROM sample_counts($1)`
  const Counts = z.object({
    planned: z.int(),
    completed: z.int(),
    unfinished: z.int(),
    pending: z.int(),
    unparsable: z.int(),
  })
  return readOnlyRow(tx, Counts, { text, values: [runId] })
}

/** Why samples of a run are unfinished, with how many each. */
export async function countFailures(
  tx: Queryable,
  runId: string,
): Promise<{ kind: string; samples: number }[]> {
  return readRows(tx, z.object({ kind: z.string(), samples: z.int() }), {
    text: `SELECT failure_kind AS kind, count(*)::int AS samples FROM eval_samples
            WHERE eval_run_id = $1 AND state = 'unfinished' GROUP BY 1 ORDER BY 2 DESC, 1`,
    values: [runId],
  })
}

/** A line of the list of runs. */
export const RunLine = z.object({
  run: z.uuid(),
  suite: z.string(),
  suiteVersion: z.string(),
  goldVersion: z.int(),
  prompt: z.string(),
  model: z.string(),
  status: RunStatus,
  samples: z.object({
    planned: z.int(),
    completed: z.int(),
    unfinished: z.int(),
    pending: z.int(),
    unparsable: z.int(),
  }),
  startedAt: z.date().nullable(),
})
export type RunLine = z.infer<typeof RunLine>

/** The newest runs, newest first. */
export async function listRuns(tx: Queryable, limit: number): Promise<RunLine[]> {
  return readRows(tx, RunLine, {
    text: `SELECT r.id AS run, v.suite_id AS suite, v.content_hash AS "suiteVersion", v.version_number AS "goldVersion",
                  p.path || coalesce('@' || pv.version_number, '#' || left(pv.content_hash, 8)) AS prompt, r.model, r.status,
                  jsonb_build_object('planned', c.planned, 'completed', c.completed, 'unfinished', c.unfinished,
                    'pending', c.pending, 'unparsable', c.unparsable) AS samples, r.started_at AS "startedAt"
             FROM eval_runs r JOIN eval_suite_versions v ON v.id = r.suite_version_id
             JOIN prompt_versions pv ON pv.id = r.prompt_version_id JOIN prompts p ON p.id = pv.prompt_id
            CROSS JOIN LATERAL sample_counts(r.id) c
            ORDER BY r.created_at DESC, r.id DESC LIMIT $1`,
    values: [limit],
  })
}

/** The newest COMPLETED run with exactly these inputs; null when there is none. */
export async function findCompletedRun(
  tx: Queryable,
  wanted: {
    suiteVersionId: string
    moduleVersionId: string
    promptVersionId: string
    model: string
    params: ModelParams
    pipelineVersion: number
  },
): Promise<KeptRun | null> {
  return readRow(tx, KeptRun, {
    text: `SELECT ${COLUMNS} FROM eval_runs r
            WHERE r.suite_version_id = $1 AND r.module_version_id = $2 AND r.prompt_version_id = $3 AND r.model = $4
              AND r.model_params = $5 AND r.status = 'COMPLETED' AND r.repeats = 1 AND r.split IS NULL AND r.selection = '{}'
              AND EXISTS (SELECT 1 FROM gradings g WHERE g.eval_run_id = r.id AND g.pipeline_version = $6)
            ORDER BY r.created_at DESC LIMIT 1`,
    values: [
      wanted.suiteVersionId,
      wanted.moduleVersionId,
      wanted.promptVersionId,
      wanted.model,
      JSON.stringify(wanted.params),
      wanted.pipelineVersion,
    ],
  })
}
