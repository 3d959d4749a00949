import { type GoldLabel, lastPart } from '@touchstone/core'
import * as z from 'zod'
import { toLabel } from './gold-cases.ts'
import { decodeJson } from './text-codec.ts'

/** A gold case's chart and labels as `CHART_AND_GOLD` selects them. */
export const ChartAndGoldRow = z.object({
  isHoldout: z.boolean(),
  name: z.string(),
  caseId: z.uuid(),
  casePayloadId: z.uuid(),
  payloadHash: z.string(),
  payload: z.record(z.string(), z.json()),
  isEscaped: z.boolean(),
  labels: z.array(z.record(z.string(), z.json())),
})

/** A gold case as it is walked: its chart as it was imported, and its labels by signal code. */
export type ChartAndGold = Omit<z.infer<typeof ChartAndGoldRow>, 'labels' | 'isEscaped'> & {
  gold: Record<string, GoldLabel>
}

/** Columns of a gold case `g` with its chart `p` and its labels. */
export const CHART_AND_GOLD = `g.is_holdout AS "isHoldout", g.name, g.case_id AS "caseId",
    p.id AS "casePayloadId", p.payload_hash AS "payloadHash", p.payload, p.is_escaped AS "isEscaped",
    (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('signal', l.signal_id, 'status', l.status,
            'also_accept', to_jsonb(l.also_accept), 'must_cite', l.must_cite, 'must_pass', l.must_pass))), '[]')
       FROM gold_labels l WHERE l.gold_case_id = g.id) AS labels`

/** Makes a row a gold case: the chart decoded where it was escaped, the labels by code. */
export function toChartAndGold<Row extends z.infer<typeof ChartAndGoldRow>>(
  row: Row,
): Omit<Row, 'labels' | 'isEscaped'> & ChartAndGold {
  const { labels, isEscaped, ...rest } = row
  const gold = Object.fromEntries(labels.map((label) => [lastPart(String(label.signal)), toLabel(label)]))
  const payload = isEscaped ? ChartAndGoldRow.shape.payload.parse(decodeJson(row.payload)) : row.payload
  return { ...rest, payload, gold }
}
