import * as z from 'zod'
import { CHART_AND_GOLD, type ChartAndGold, ChartAndGoldRow, toChartAndGold } from './chart-and-gold.ts'
import { type Queryable, readOnlyRow, readRow } from './rows.ts'

/** One gold case with its chart and its labels; null where the suite version has none of that name, or none the actor may see. */
export async function findGoldCase(
  tx: Queryable,
  { suiteVersionId, name }: { suiteVersionId: string; name: string },
): Promise<ChartAndGold | null> {
  const row = await readRow(tx, ChartAndGoldRow, {
    text: `SELECT ${CHART_AND_GOLD} FROM gold_cases g JOIN case_payloads p ON p.id = g.case_payload_id
            WHERE g.suite_version_id = $1 AND g.name = $2`,
    values: [suiteVersionId, name],
  })
  return row === null ? null : toChartAndGold(row)
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
