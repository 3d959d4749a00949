import * as z from 'zod'
import { CHART_AND_GOLD, type ChartAndGold, ChartAndGoldRow, toChartAndGold } from './chart-and-gold.ts'
import { type Queryable, readRows } from './rows.ts'
import { decodeText } from './text-codec.ts'

const SampleRow = ChartAndGoldRow.extend({ id: z.uuid(), repeat: z.int(), shard: z.int() })

/** A sample with all it takes to walk it: its chart and its gold. */
export type OpenSample = ChartAndGold & { id: string; repeat: number }

/** A page of a run's samples that are still to be walked, in the order of their shards and ids. */
export async function readOpenSamples(
  tx: Queryable,
  page: { runId: string; after: SampleMark; limit: number; states: readonly ('pending' | 'unfinished')[] },
): Promise<{ samples: OpenSample[]; mark: SampleMark | null }> {
  const rows = await readRows(tx, SampleRow, {
    text: `SELECT s.shard, s.id, s.repeat, ${CHART_AND_GOLD}
             FROM eval_samples s JOIN gold_cases g ON g.id = s.gold_case_id JOIN case_payloads p ON p.id = g.case_payload_id
            WHERE s.eval_run_id = $1 AND s.state = ANY ($2) AND (s.shard, s.id) > ($3, $4) ORDER BY s.shard, s.id LIMIT $5`,
    values: [page.runId, page.states, page.after.shard, page.after.id, page.limit],
  })
  const last = rows.at(-1)
  return { samples: rows.map(toChartAndGold), mark: last ? { shard: last.shard, id: last.id } : null }
}

/** How far a reader of samples has come. */
export type SampleMark = { shard: number; id: string }

/** Before the first sample. */
export const FIRST_SAMPLE: SampleMark = { shard: -1, id: '00000000-0000-0000-0000-000000000000' }

const AnswerRow = SampleRow.extend({
  text: z.string(),
  isTextEscaped: z.boolean(),
  finishReason: z.string().nullable(),
  refusal: z.string().nullable(),
})

/** A completed sample with its chart, another version's gold, and what the model wrote: what a regrading needs. */
export type AnsweredSample = OpenSample & {
  text: string
  finishReason: string | null
  refusal: string | null
}

/** A page of a run's completed samples with the gold of `suiteVersionId`, matched by case; a case without gold there is left out. */
export async function readAnsweredSamples(
  tx: Queryable,
  page: { runId: string; suiteVersionId: string; after: SampleMark; limit: number },
): Promise<{ samples: AnsweredSample[]; mark: SampleMark | null }> {
  const rows = await readRows(tx, AnswerRow, {
    text: `SELECT s.shard, s.id, s.repeat, ${CHART_AND_GOLD}, a.raw_text AS text, a.is_escaped AS "isTextEscaped",
                  a.finish_reason AS "finishReason", a.response_details ->> 'refusal' AS refusal
             FROM eval_samples s JOIN gold_cases asked ON asked.id = s.gold_case_id
             JOIN gold_cases g ON g.suite_version_id = $2 AND g.case_id = asked.case_id
             JOIN case_payloads p ON p.id = asked.case_payload_id JOIN abstraction_runs a ON a.id = s.abstraction_run_id
            WHERE s.eval_run_id = $1 AND s.state = 'completed' AND (s.shard, s.id) > ($3, $4) ORDER BY s.shard, s.id LIMIT $5`,
    values: [page.runId, page.suiteVersionId, page.after.shard, page.after.id, page.limit],
  })
  const last = rows.at(-1)
  const samples = rows.map(({ text, isTextEscaped, finishReason, refusal, shard: _shard, ...row }) => ({
    ...toChartAndGold(row),
    text: isTextEscaped ? decodeText(text) : text,
    finishReason,
    refusal: refusal !== null && isTextEscaped ? decodeText(refusal) : refusal,
  }))
  return { samples, mark: last ? { shard: last.shard, id: last.id } : null }
}

/** The cases of a suite version that a run did not ask about with the same chart: while there are any, that version cannot grade the run. */
export async function casesNotAsked(
  tx: Queryable,
  { runId, suiteVersionId }: { runId: string; suiteVersionId: string },
): Promise<string[]> {
  const rows = await readRows(tx, z.object({ name: z.string() }), {
    text: `SELECT coalesce(g.name, asked.name) AS name
             FROM (SELECT DISTINCT x.case_id, x.case_payload_id, x.name FROM eval_samples s JOIN gold_cases x ON x.id = s.gold_case_id
                    WHERE s.eval_run_id = $1) asked
             FULL JOIN (SELECT * FROM gold_cases WHERE suite_version_id = $2) g
               ON g.case_id = asked.case_id AND g.case_payload_id = asked.case_payload_id
            WHERE g.id IS NULL OR asked.case_id IS NULL ORDER BY 1`,
    values: [runId, suiteVersionId],
  })
  return [...new Set(rows.map((row) => row.name))]
}
