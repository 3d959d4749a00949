import type {
  CallFailureKind,
  Completion,
  Grade,
  JsonValue,
  Message,
  SignalGrade,
  TokenUsage,
  Unparsable,
  VerifiedSignals,
} from '@touchstone/core'
import * as z from 'zod'
import { newId } from './new-id.ts'
import { RECORD_COLUMNS } from './record-columns.ts'
import { gradeRow, outcomeRow, resultRows, ruleRows } from './record-rows.ts'
import { insertRows, type Queryable, readRows } from './rows.ts'
import { encodeJson, encodeText } from './text-codec.ts'

/** What all samples of a run have in common when they are recorded. */
export type RecordPlace = {
  facility: string
  moduleId: string
  moduleVersionId: string
  promptVersionId: string
  gradingId: string
  pipelineVersion: number
  provider: string
  model: string
  params: Readonly<Record<string, JsonValue>>
}

/** One attempt to call the model. */
export type AttemptRecord = {
  number: number
  failure: { kind: CallFailureKind; note: string; httpStatus: number | null } | null
  delayMs: number
  durationMs: number
  usage: TokenUsage | null
  spentUsd: number | null
}

/** A sample that has been walked: what was asked, what came back, and what became of it. */
export type SampleRecord = {
  sampleId: string
  caseId: string
  casePayloadId: string
  isHoldout: boolean
  payloadHash: string
  requestHash: string
  messages: Message[]
  answerSchema: JsonValue
  startedAt: Date
  attempts: AttemptRecord[]
  price: { id: string | null; spentUsd: number | null; listUsd: number | null }
  fromCache: boolean
} & (
  | { state: 'unfinished'; failure: { kind: CallFailureKind; note: string } }
  | {
      state: 'completed'
      completion: Completion
      sample: VerifiedSignals | Unparsable
      rules: readonly { code: string; answer: SignalGrade['rule'] }[]
      grade: Grade
    }
)

/**
 * Records a batch of samples in the transaction given, one statement a table. A sample that is completed
 * already is left as it is, so a case that two workers asked about is recorded once. Returns how many
 * were recorded.
 */
export async function recordSamples(
  tx: Queryable,
  place: RecordPlace,
  batch: readonly SampleRecord[],
): Promise<number> {
  const open = await lockOpenSamples(tx, batch)
  const records = batch
    .filter((record) => open.has(record.sampleId))
    .map((record) => ({ record, runId: newId() }))
  const rows = rowsOf(place, records)
  await insertRows(tx, {
    table: 'rendered_requests',
    columns: RECORD_COLUMNS.requests,
    rows: rows.requests,
    tail: 'ON CONFLICT DO NOTHING',
  })
  await insertRows(tx, { table: 'abstraction_runs', columns: RECORD_COLUMNS.runs, rows: rows.runs })
  await insertRows(tx, { table: 'model_attempts', columns: RECORD_COLUMNS.attempts, rows: rows.attempts })
  await insertRows(tx, { table: 'abstraction_results', columns: RECORD_COLUMNS.results, rows: rows.results })
  await insertRows(tx, { table: 'signal_evidence', columns: RECORD_COLUMNS.evidence, rows: rows.evidence })
  await insertRows(tx, { table: 'signal_grades', columns: RECORD_COLUMNS.grades, rows: rows.grades })
  await insertRows(tx, { table: 'case_outcomes', columns: RECORD_COLUMNS.outcomes, rows: rows.outcomes })
  await finishSamples(tx, records)
  return records.length
}

async function lockOpenSamples(tx: Queryable, batch: readonly SampleRecord[]): Promise<Set<string>> {
  const rows = await readRows(tx, z.object({ id: z.uuid() }), {
    text: `SELECT id FROM eval_samples WHERE id = ANY ($1) AND state <> 'completed' ORDER BY id FOR UPDATE`,
    values: [batch.map((record) => record.sampleId)],
  })
  return new Set(rows.map((row) => row.id))
}

type Numbered = { record: SampleRecord; runId: string }
type Row = Record<string, unknown>
type RecordRows = Record<
  'requests' | 'runs' | 'attempts' | 'results' | 'evidence' | 'grades' | 'outcomes',
  Row[]
>

function rowsOf(place: RecordPlace, records: readonly Numbered[]): RecordRows {
  const rows: RecordRows = {
    requests: [],
    runs: [],
    attempts: [],
    results: [],
    evidence: [],
    grades: [],
    outcomes: [],
  }
  for (const { record, runId } of records) {
    const own = { facility_id: place.facility, is_holdout: record.isHoldout }
    rows.requests.push({ ...own, ...requestRow(record) })
    rows.runs.push({ ...own, ...runRow(place, { record, runId }) })
    rows.attempts.push(...record.attempts.map((attempt) => ({ ...own, ...attemptRow(runId, attempt) })))
    if (record.state !== 'completed') continue
    const answered = resultRows({
      sample: record.sample,
      runId,
      caseId: record.caseId,
      moduleId: place.moduleId,
    })
    const ruled = ruleRows({ rules: record.rules, runId, caseId: record.caseId, moduleId: place.moduleId })
    rows.results.push(
      ...answered.results.map((row) => ({ ...own, ...row })),
      ...ruled.map((row) => ({ ...own, ...row })),
    )
    rows.evidence.push(...answered.evidence.map((row) => ({ ...own, ...row })))
    const graded = { gradingId: place.gradingId, sampleId: record.sampleId, moduleId: place.moduleId }
    rows.grades.push(
      ...record.grade.signals.map((grade) => ({
        ...own,
        ...gradeRow(graded, { grade, resultId: answered.idByCode.get(grade.code) }),
      })),
    )
    rows.outcomes.push({ ...own, ...outcomeRow(graded, record.grade) })
  }
  return rows
}

/** The row of what was asked, kept once for each facility and hash. */
export function requestRow(record: SampleRecord): Row {
  const messages = encodeJson(record.messages)
  return {
    request_hash: record.requestHash,
    messages: messages.value,
    answer_schema: record.answerSchema,
    is_escaped: messages.escaped,
  }
}

/** The row of one call and what came back. */
export function runRow(place: Omit<RecordPlace, 'gradingId'>, { record, runId }: Numbered): Row {
  return {
    id: runId,
    case_id: record.caseId,
    case_payload_id: record.casePayloadId,
    eval_sample_id: record.sampleId,
    prompt_version_id: place.promptVersionId,
    module_version_id: place.moduleVersionId,
    provider: place.provider,
    model_name: place.model,
    model_params: place.params,
    input_hash: record.payloadHash,
    request_hash: record.requestHash,
    started_at: record.startedAt.toISOString(),
    price_id: record.price.id,
    spent_usd: record.price.spentUsd,
    list_usd: record.price.listUsd,
    from_cache: record.fromCache,
    pipeline_version: place.pipelineVersion,
    defects: [],
    ...(record.state === 'completed'
      ? answerColumns(record)
      : {
          status: 'FAILED',
          failure_kind: record.failure.kind,
          error_message: record.failure.note,
          is_escaped: false,
        }),
  }
}

function answerColumns(record: Extract<SampleRecord, { state: 'completed' }>): Row {
  const { completion, sample } = record
  const { usage } = completion
  const text = encodeText(completion.text)
  // The refusal rides in the details, so that an answer can be judged again from its row alone.
  const details = encodeJson(
    toJson({ ...completion.details, refusal: completion.refusal, finish: completion.finishReasonRaw }),
  )
  const response = readJson(completion.text)
  const encoded = response === undefined ? null : encodeJson(response)
  const isCounted = usage.promptTokens !== null && usage.completionTokens !== null
  return {
    status: 'COMPLETED',
    model_returned: completion.modelReturned,
    raw_text: text.text,
    raw_response: encoded?.value,
    response_details: details.value,
    is_escaped: text.escaped || details.escaped || (encoded?.escaped ?? false),
    parse_outcome: sample.stage === 'unparsable' ? sample.why : 'parsed',
    defects:
      sample.stage === 'unparsable'
        ? [{ kind: sample.why, code: null }]
        : encodeJson(toJson(sample.defects)).value,
    finish_reason: completion.finishReason,
    tokens_prompt: usage.promptTokens,
    tokens_completion: usage.completionTokens,
    tokens_total: isCounted ? (usage.promptTokens ?? 0) + (usage.completionTokens ?? 0) : null,
    tokens_cached: usage.cachedTokens,
    duration_ms: Math.round(completion.latencyMs),
  }
}

/** The largest and deepest answer that is also kept as JSONB; what is beyond is kept as text alone. */
const RESPONSE_CHARS_MAX = 1_000_000
const RESPONSE_DEPTH_MAX = 200

/** An answer as JSON, where it is JSON that JSONB can keep. */
function readJson(text: string): JsonValue | undefined {
  if (text.length > RESPONSE_CHARS_MAX) return undefined
  try {
    const value: JsonValue = JSON.parse(text)
    return isStorable(value, 0) ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether JSONB can keep a value: 1e999 is no number to it, and a very deep value exhausts the server's stack. */
function isStorable(value: JsonValue, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value !== 'object') return true
  return depth < RESPONSE_DEPTH_MAX && Object.values(value).every((member) => isStorable(member, depth + 1))
}

function toJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null))
}

/** The row of one attempt of a call. */
export function attemptRow(runId: string, attempt: AttemptRecord): Row {
  return {
    id: newId(),
    abstraction_run_id: runId,
    attempt_number: attempt.number,
    failure_kind: attempt.failure?.kind,
    failure_note: attempt.failure?.note,
    http_status: attempt.failure?.httpStatus,
    delay_ms: Math.round(attempt.delayMs),
    duration_ms: Math.round(attempt.durationMs),
    tokens_prompt: attempt.usage?.promptTokens,
    tokens_completion: attempt.usage?.completionTokens,
    tokens_cached: attempt.usage?.cachedTokens,
    spent_usd: attempt.spentUsd,
  }
}

async function finishSamples(tx: Queryable, records: readonly Numbered[]): Promise<void> {
  const rows = records.map(({ record, runId }) => ({
    id: record.sampleId,
    run_id: runId,
    state: record.state,
    failure_kind: record.state === 'unfinished' ? record.failure.kind : null,
    failure_note: record.state === 'unfinished' ? record.failure.note : null,
  }))
  await tx.query(
    `UPDATE eval_samples s SET state = b.state, abstraction_run_id = b.run_id, failure_kind = b.failure_kind,
            failure_note = b.failure_note, completed_at = CASE b.state WHEN 'completed' THEN CURRENT_TIMESTAMP END
       FROM jsonb_to_recordset($1::jsonb) AS b(id uuid, run_id uuid, state text, failure_kind text, failure_note text)
      WHERE s.id = b.id`,
    [JSON.stringify(rows)],
  )
}
