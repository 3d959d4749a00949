import * as z from 'zod'
import { type Queryable, readRows } from './rows.ts'
import type { SampleMark } from './samples.ts'
import { decodeText } from './text-codec.ts'

const RecordedRow = z.object({
  id: z.uuid(),
  shard: z.int(),
  name: z.string(),
  repeat: z.int(),
  model: z.string(),
  text: z.string(),
  finishReason: z.string().nullable(),
  promptTokens: z.int().nullable(),
  completionTokens: z.int().nullable(),
  cachedTokens: z.int().nullable(),
  latencyMs: z.int().nullable(),
})

/** What was answered for a sample, as a recording needs it; tokens and time are null where they are not known. */
export type RecordedSample = Omit<z.infer<typeof RecordedRow>, 'id' | 'shard'>

/** A page of a run's completed samples with what the model wrote, in the order of their shards and ids. */
export async function readRecordedSamples(
  tx: Queryable,
  page: { runId: string; after: SampleMark; limit: number },
): Promise<{ samples: RecordedSample[]; mark: SampleMark | null }> {
  const rows = await readRows(tx, RecordedRow, {
    text: `SELECT s.id, s.shard, g.name, s.repeat, coalesce(a.model_returned, a.model_name) AS model, a.raw_text AS text,
                  a.finish_reason AS "finishReason", a.tokens_prompt AS "promptTokens",
                  a.tokens_completion AS "completionTokens", a.tokens_cached AS "cachedTokens", a.duration_ms AS "latencyMs"
             FROM eval_samples s JOIN gold_cases g ON g.id = s.gold_case_id JOIN abstraction_runs a ON a.id = s.abstraction_run_id
            WHERE s.eval_run_id = $1 AND s.state = 'completed' AND a.raw_text IS NOT NULL AND (s.shard, s.id) > ($2, $3)
            ORDER BY s.shard, s.id LIMIT $4`,
    values: [page.runId, page.after.shard, page.after.id, page.limit],
  })
  const last = rows.at(-1)
  const samples = rows.map(({ id: _id, shard: _shard, ...row }) => ({ ...row, text: decodeText(row.text) }))
  return { samples, mark: last ? { shard: last.shard, id: last.id } : null }
}
