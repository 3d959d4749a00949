import { newId } from './new-id.ts'
import { RECORD_COLUMNS } from './record-columns.ts'
import { attemptRow, type RecordPlace, requestRow, runRow, type SampleRecord } from './record-samples.ts'
import { insertRows, type Queryable } from './rows.ts'

/** Keeps one call that belongs to no run: what was asked, what came back, each attempt. Returns the abstraction run's id. */
export async function recordCall(
  tx: Queryable,
  place: Omit<RecordPlace, 'gradingId'>,
  record: SampleRecord,
): Promise<string> {
  const runId = newId()
  const own = { facility_id: place.facility, is_holdout: record.isHoldout }
  await insertRows(tx, {
    table: 'rendered_requests',
    columns: RECORD_COLUMNS.requests,
    rows: [{ ...own, ...requestRow(record) }],
    tail: 'ON CONFLICT DO NOTHING',
  })
  const run = { ...own, ...runRow(place, { record, runId }), eval_sample_id: null }
  await insertRows(tx, { table: 'abstraction_runs', columns: RECORD_COLUMNS.runs, rows: [run] })
  const attempts = record.attempts.map((attempt) => ({ ...own, ...attemptRow(runId, attempt) }))
  await insertRows(tx, { table: 'model_attempts', columns: RECORD_COLUMNS.attempts, rows: attempts })
  return runId
}
