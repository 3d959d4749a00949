import { clusterOf, contentHash, GoldCase, type GoldLabel, lastPart, signalId } from '@touchstone/core'
import * as z from 'zod'
import { newId } from './new-id.ts'
import { insertRows, type Queryable, readRows } from './rows.ts'
import { decodeJson, encodeJson } from './text-codec.ts'

/** Where a batch of gold cases goes. */
export type GoldPlace = { suiteVersionId: string; suite: string; facility: string; moduleId: string }

/** A gold case on its way in: its position in the suite and the file it came from. */
export type NewGoldCase = { goldCase: GoldCase; position: number; sourceFileId: string | null }

/**
 * Keeps a batch of gold cases with their charts and labels, five statements however many there are. A
 * chart that a case already has is used again; a changed one becomes a new revision beside it.
 */
export async function keepGoldCases(
  tx: Queryable,
  place: GoldPlace,
  batch: readonly NewGoldCase[],
): Promise<void> {
  const caseIds = await keepCases(tx, place, batch)
  const payloadIds = await keepPayloads(tx, { place, batch, caseIds })
  const goldCases = batch.map(({ goldCase, position, sourceFileId }) => ({
    id: newId(),
    suite_version_id: place.suiteVersionId,
    facility_id: place.facility,
    name: goldCase.case,
    case_id: caseIds.get(goldCase.case),
    case_payload_id: payloadIds.get(goldCase.case),
    title: goldCase.title,
    why: goldCase.why,
    tags: goldCase.tags ?? [],
    split: goldCase.split ?? 'tune',
    cluster_key: clusterOf(goldCase),
    origin: goldCase.origin ?? 'IMPORTED',
    position,
    source_file_id: sourceFileId,
  }))
  await insertRows(tx, { table: 'gold_cases', columns: GOLD_CASE_COLUMNS, rows: goldCases })
  const ids = new Map(goldCases.map((row) => [row.name, row.id]))
  const labels = batch.flatMap(({ goldCase }) =>
    labelRows({ goldCase, place, goldCaseId: ids.get(goldCase.case) }),
  )
  await insertRows(tx, { table: 'gold_labels', columns: GOLD_LABEL_COLUMNS, rows: labels })
}

const GOLD_CASE_COLUMNS = {
  id: 'uuid',
  suite_version_id: 'uuid',
  facility_id: 'text',
  name: 'text',
  case_id: 'uuid',
  case_payload_id: 'uuid',
  title: 'text',
  why: 'text',
  tags: 'text[]',
  split: 'text',
  cluster_key: 'text',
  origin: 'text',
  position: 'int',
  source_file_id: 'uuid',
}
const GOLD_LABEL_COLUMNS = {
  id: 'uuid',
  gold_case_id: 'uuid',
  facility_id: 'text',
  is_holdout: 'boolean',
  signal_id: 'text',
  status: 'text',
  also_accept: 'text[]',
  basis: 'text',
  must_cite: 'jsonb',
  must_pass: 'boolean',
  rationale: 'text',
}

function labelRows(target: {
  goldCase: GoldCase
  place: GoldPlace
  goldCaseId: string | undefined
}): Record<string, unknown>[] {
  const { goldCase, place, goldCaseId } = target
  return Object.entries(goldCase.gold).map(([code, label]) => ({
    id: newId(),
    gold_case_id: goldCaseId,
    facility_id: place.facility,
    is_holdout: goldCase.split === 'holdout',
    signal_id: signalId(place.moduleId, code),
    status: label.status,
    also_accept: label.also_accept ?? [],
    basis: label.basis,
    must_cite: label.must_cite ?? [],
    must_pass: label.must_pass ?? false,
    rationale: label.why,
  }))
}

async function keepCases(
  tx: Queryable,
  place: GoldPlace,
  batch: readonly NewGoldCase[],
): Promise<Map<string, string>> {
  const rows = batch.map(({ goldCase }) => ({
    id: newId(),
    name: goldCase.case,
    number: `${place.suite}/${goldCase.case}`,
  }))
  const kept = await readRows(tx, z.object({ name: z.string(), id: z.uuid() }), {
    text: `WITH batch AS MATERIALIZED (SELECT * FROM jsonb_to_recordset($1::jsonb) AS b(id uuid, name text, number text)),
      fresh AS (
        INSERT INTO cases (id, facility_id, case_number, origin, specialty_id, module_id)
        SELECT id, $2, number, 'EVAL', split_part($3, '/', 1), $3 FROM batch
        ON CONFLICT (facility_id, case_number) DO NOTHING
      )
      SELECT b.name, coalesce(c.id, b.id) AS id FROM batch b
        LEFT JOIN cases c ON c.facility_id = $2 AND c.case_number = b.number`,
    values: [JSON.stringify(rows), place.facility, place.moduleId],
  })
  return new Map(kept.map((row) => [row.name, row.id]))
}

async function keepPayloads(
  tx: Queryable,
  target: { place: GoldPlace; batch: readonly NewGoldCase[]; caseIds: ReadonlyMap<string, string> },
): Promise<Map<string, string>> {
  const { place, batch, caseIds } = target
  const rows = batch.map(({ goldCase }) => {
    const encoded = encodeJson(goldCase.payload)
    return {
      id: newId(),
      name: goldCase.case,
      case_id: caseIds.get(goldCase.case),
      is_holdout: goldCase.split === 'holdout',
      payload: encoded.value,
      payload_hash: contentHash(goldCase.payload),
      is_escaped: encoded.escaped,
    }
  })
  const kept = await readRows(tx, z.object({ name: z.string(), id: z.uuid() }), {
    text: `WITH batch AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset($1::jsonb)
          AS b(id uuid, name text, case_id uuid, is_holdout boolean, payload jsonb, payload_hash text, is_escaped boolean)
      ), newest AS MATERIALIZED (
        SELECT * FROM newest_payload_ids((SELECT array_agg(case_id) FROM batch))
      ), fresh AS (
        INSERT INTO case_payloads (id, case_id, facility_id, is_holdout, revision, payload, payload_hash, is_escaped, source)
        SELECT b.id, b.case_id, $2, b.is_holdout, coalesce(n.revision, 0) + 1, b.payload, b.payload_hash, b.is_escaped, 'SUITE_IMPORT'
          FROM batch b LEFT JOIN newest n ON n.case_id = b.case_id
         WHERE n.case_payload_id IS NULL OR n.payload_hash <> b.payload_hash OR n.is_holdout <> b.is_holdout
      )
      SELECT b.name, CASE WHEN n.payload_hash = b.payload_hash AND n.is_holdout = b.is_holdout
                          THEN n.case_payload_id ELSE b.id END AS id
        FROM batch b LEFT JOIN newest n ON n.case_id = b.case_id`,
    values: [JSON.stringify(rows), place.facility],
  })
  return new Map(kept.map((row) => [row.name, row.id]))
}

const CaseRow = z.object({
  name: z.string(),
  title: z.string().nullable(),
  why: z.string().nullable(),
  tags: z.array(z.string()),
  split: z.enum(['tune', 'holdout']),
  cluster: z.string(),
  origin: z.string(),
  payload: z.record(z.string(), z.json()),
  isEscaped: z.boolean(),
  sourceFileId: z.uuid().nullable(),
  position: z.int(),
  labels: z.array(z.record(z.string(), z.json())),
})

/** Reads a page of a suite version's gold cases, in the order of their files: those after `after`, at most `limit`. */
export async function readGoldCases(
  tx: Queryable,
  page: { suiteVersionId: string; after: number; limit: number },
): Promise<{ goldCase: GoldCase; sourceFileId: string | null; position: number }[]> {
  const rows = await readRows(tx, CaseRow, {
    text: `SELECT g.name, g.title, g.why, g.tags, g.split, g.cluster_key AS cluster, g.origin, p.payload,
                  p.is_escaped AS "isEscaped", g.source_file_id AS "sourceFileId", g.position,
                  (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('signal', l.signal_id, 'status', l.status,
                          'also_accept', to_jsonb(l.also_accept), 'basis', l.basis, 'must_cite', l.must_cite,
                          'must_pass', l.must_pass, 'why', l.rationale)) ORDER BY l.id), '[]')
                     FROM gold_labels l WHERE l.gold_case_id = g.id) AS labels
             FROM gold_cases g JOIN case_payloads p ON p.id = g.case_payload_id
            WHERE g.suite_version_id = $1 AND g.position > $2 ORDER BY g.position LIMIT $3`,
    values: [page.suiteVersionId, page.after, page.limit],
  })
  return rows.map((row) => ({
    goldCase: toGoldCase(row),
    sourceFileId: row.sourceFileId,
    position: row.position,
  }))
}

function toGoldCase(row: z.infer<typeof CaseRow>): GoldCase {
  const payload = row.isEscaped ? decodeJson(row.payload) : row.payload
  const gold = Object.fromEntries(row.labels.map((label) => [lastPart(String(label.signal)), toLabel(label)]))
  return GoldCase.parse({
    case: row.name,
    ...(row.title === null ? {} : { title: row.title }),
    ...(row.why === null ? {} : { why: row.why }),
    ...(row.tags.length === 0 ? {} : { tags: row.tags }),
    ...(row.split === 'tune' ? {} : { split: row.split }),
    ...(row.cluster === row.name ? {} : { cluster: row.cluster }),
    ...(row.origin === 'IMPORTED' ? {} : { origin: row.origin }),
    payload,
    gold,
  })
}

/** A label as a file says it: what is at its default is left out. */
export function toLabel({ signal: _signal, ...label }: Record<string, unknown>): GoldLabel {
  const isEmpty = (value: unknown): boolean => value === false || (Array.isArray(value) && value.length === 0)
  return GoldLabelRow.parse(Object.fromEntries(Object.entries(label).filter(([, value]) => !isEmpty(value))))
}

const GoldLabelRow = GoldCase.shape.gold.valueType
