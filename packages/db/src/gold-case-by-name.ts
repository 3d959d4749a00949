import { lastPart } from '@touchstone/core'
import * as z from 'zod'
import { toLabel } from './gold-cases.ts'
import { type Queryable, readOnlyRow, readRow } from './rows.ts'
import type { OpenSample } from './samples.ts'
import { decodeJson } from './text-codec.ts'

const CaseRow = z.object({
  name: z.string(),
  isHoldout: z.boolean(),
  caseId: z.uuid(),
  casePayloadId: z.uuid(),
  payloadHash: z.string(),
  payload: z.record(z.string(), z.json()),
  isEscaped: z.boolean(),
  labels: z.array(z.record(z.string(), z.json())),
})

/** One gold case with its chart and its labels; null where the suite version has none of that name, or none the actor may see. */
export async function findGoldCase(
  tx: Queryable,
  { suiteVersionId, name }: { suiteVersionId: string; name: string },
): Promise<Omit<OpenSample, 'id' | 'repeat'> | null> {
  const row = await readRow(tx, CaseRow, {
    text: `SELECT g.name, g.is_holdout AS "isHoldout", g.case_id AS "caseId", g.case_payload_id AS "casePayloadId",
                  p.payload_hash AS "payloadHash", p.payload, p.is_escaped AS "isEscaped",
                  (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('signal', l.signal_id, 'status', l.status,
                          'also_accept', to_jsonb(l.also_accept), 'must_cite', l.must_cite, 'must_pass', l.must_pass))), '[]')
                     FROM gold_labels l WHERE l.gold_case_id = g.id) AS labels
             FROM gold_cases g JOIN case_payloads p ON p.id = g.case_payload_id
            WHERE g.suite_version_id = $1 AND g.name = $2`,
    values: [suiteVersionId, name],
  })
  if (row === null) return null
  const { labels, isEscaped, ...rest } = row
  const gold = Object.fromEntries(labels.map((label) => [lastPart(String(label.signal)), toLabel(label)]))
  const payload = isEscaped ? CaseRow.shape.payload.parse(decodeJson(row.payload)) : row.payload
  return { ...rest, payload, gold }
}

/** How many cases of a suite version are hidden from the actor: holdout cases, to those who may not see them. */
export async function countHiddenCases(tx: Queryable, suiteVersionId: string): Promise<number> {
  const { hidden } = await readOnlyRow(tx, z.object({ hidden: z.int() }), {
    text: `SELECT count(*)::int AS hidden FROM gold_case_ids($1) c
            WHERE NOT EXISTS (SELECT 1 FROM gold_cases g WHERE g.id = c.gold_case_id)`,
    values: [suiteVersionId],
  })
  return hidden
}
