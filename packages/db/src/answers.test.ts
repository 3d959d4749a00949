import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ActorTransaction, asActor, asOwner, type Database, openDatabase } from './open.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'

let fresh: FreshDatabase
let db: Database

beforeAll(async () => {
  fresh = await freshDatabase()
  db = openDatabase(fresh.appUrl)
  await asOwner(fresh.ownerUrl, async (tx) => {
    await tx.query(`
      INSERT INTO specialties (id, name, display_name) VALUES ('orthopedics', 'o', 'Orthopedics');
      INSERT INTO modules (id, specialty_id, code, name, display_name) VALUES ('orthopedics/sch', 'orthopedics', 'sch', 's', 'SCH');
      INSERT INTO signal_definitions (id, module_id, code, label)
        VALUES ('orthopedics/sch/late', 'orthopedics/sch', 'late', 'Late'), ('orthopedics/sch/quiet', 'orthopedics/sch', 'quiet', 'Quiet');
      INSERT INTO module_versions (module_id, version_number, content_hash, document) VALUES ('orthopedics/sch', 1, 'h', '{}');
      INSERT INTO prompts (prompt_type, name) VALUES ('default', 'p');
      INSERT INTO prompt_versions (prompt_id, version_number, prompt_text, document, content_hash, model_name, context_paths)
        SELECT id, 1, 't', '{}', 'h', 'm', '{}' FROM prompts;`)
  })
})
afterAll(async () => {
  await db.close()
  await fresh.close()
})

const asOperator = async <T>(work: (tx: ActorTransaction) => Promise<T>): Promise<T> =>
  await asActor(db, fresh.operatorCredential, work)

let made = 0
/** A clinical case with one abstraction run; its ids. */
async function makeRun(tx: ActorTransaction): Promise<{ caseId: string; runId: string }> {
  made += 1
  const { rows } = await tx.query<{ caseId: string; runId: string }>(
    `WITH c AS (INSERT INTO cases (facility_id, case_number, specialty_id, module_id, status)
                VALUES ('synthetic', $1, 'orthopedics', 'orthopedics/sch', 'PENDING_REVIEW') RETURNING id)
     INSERT INTO abstraction_runs (case_id, facility_id, prompt_version_id, module_version_id, purpose, provider, model_name,
                                   input_payload, input_hash, status)
     SELECT c.id, 'synthetic', v.id, m.id, 'PRODUCTION', 'scripted', 'scripted', '{}', 'h', 'COMPLETED'
       FROM c, prompt_versions v, module_versions m RETURNING case_id AS "caseId", id AS "runId"`,
    [`E${made}`],
  )
  const [run] = rows
  if (run === undefined) throw new Error('no run was made')
  return run
}

type Answer = {
  outcome?: string
  status?: string | null
  signal?: string | null
  source?: string
  supersedes?: string
}

async function answer(
  tx: ActorTransaction,
  run: { caseId: string; runId: string },
  given: Answer = {},
): Promise<string> {
  const {
    outcome = 'answered',
    status = 'pass',
    signal = 'orthopedics/sch/late',
    source = 'AI',
    supersedes = null,
  } = given
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO abstraction_results (run_id, case_id, facility_id, signal_id, signal_code, source, outcome, status, supersedes_id)
     VALUES ($1, $2, 'synthetic', $3, 'late', $4, $5, $6, $7) RETURNING id`,
    [run.runId, run.caseId, signal, source, outcome, status, supersedes],
  )
  return rows[0]?.id ?? 'none'
}

describe('abstraction results', () => {
  test.each([
    ['answered', null, 'orthopedics/sch/late'],
    ['missing', 'pass', 'orthopedics/sch/late'],
    ['invalid_status', 'fail', 'orthopedics/sch/late'],
    ['unknown_signal', null, 'orthopedics/sch/late'],
    ['missing', null, null],
    ['guessed', null, 'orthopedics/sch/late'],
  ])('%s with status %s for the signal %s is refused', async (outcome, status, signal) => {
    const writing = asOperator(async (tx) => await answer(tx, await makeRun(tx), { outcome, status, signal }))

    await expect(writing).rejects.toMatchObject({ code: '23514' })
  })

  test('one signal has one answer of each source, and any number of duplicates and unknown codes beside it', async () => {
    const writing = asOperator(async (tx) => {
      const run = await makeRun(tx)
      await answer(tx, run)
      await answer(tx, run, { source: 'RULE' })
      await answer(tx, run, { outcome: 'duplicate', status: null })
      await answer(tx, run, { outcome: 'duplicate', status: null })
      await answer(tx, run, { outcome: 'unknown_signal', status: null, signal: null })
      await answer(tx, run, { outcome: 'unknown_signal', status: null, signal: null })
      await answer(tx, run)
    })

    await expect(writing).rejects.toMatchObject({
      code: '23505',
      constraint: 'idx_abstraction_results_unique',
    })
  })

  test("a person's edit is a new row that supersedes the old one, once", async () => {
    const writing = asOperator(async (tx) => {
      const run = await makeRun(tx)
      const first = await answer(tx, run)
      await answer(tx, run, { status: 'fail', source: 'HUMAN', supersedes: first })
      await answer(tx, run, { status: 'caution', source: 'HUMAN', supersedes: first })
    })

    await expect(writing).rejects.toMatchObject({
      code: '23505',
      constraint: 'abstraction_results_supersedes_id_key',
    })
  })

  test.each([
    ['abstraction_results', 'reason'],
    ['signal_evidence', 'excerpt'],
  ])('%s cannot be overwritten or deleted by the application', async (table, column) => {
    await expect(asOperator((tx) => tx.query(`UPDATE ${table} SET ${column} = 'x'`))).rejects.toMatchObject({
      code: 'forbidden',
    })
    await expect(asOperator((tx) => tx.query(`DELETE FROM ${table}`))).rejects.toMatchObject({
      code: 'forbidden',
    })
  })

  test('a finished abstraction run is not changed, and what it cost is there under both names', async () => {
    const changing = asOperator(async (tx) => {
      const { runId } = await makeRun(tx)
      await tx.query("UPDATE abstraction_runs SET raw_text = 'other' WHERE id = $1", [runId])
    })

    await expect(changing).rejects.toMatchObject({ code: 'frozen' })
    const { rows } = await asOwner(fresh.ownerUrl, (tx) =>
      tx.query(
        "SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'abstraction_runs'::regclass AND attname IN ('spent_usd', 'list_usd', 'cost_usd')",
      ),
    )
    expect(rows.map(({ type }) => type)).toEqual(Array(3).fill('numeric(18,10)'))
  })

  test.each([-0.1, 1.1, Number.NaN])('a confidence of %d is refused', async (confidence) => {
    const writing = asOperator(async (tx) => {
      const run = await makeRun(tx)
      await tx.query(
        `INSERT INTO abstraction_results (run_id, case_id, facility_id, signal_id, source, outcome, status, confidence)
         VALUES ($1, $2, 'synthetic', 'orthopedics/sch/late', 'AI', 'answered', 'pass', $3)`,
        [run.runId, run.caseId, confidence],
      )
    })

    await expect(writing).rejects.toMatchObject({ code: '23514' })
  })
})

describe('views', () => {
  test('accuracy counts each judged answer once, by its newest judgement, and what nobody judged not at all', async () => {
    await asOperator(async (tx) => {
      const judgements = [
        ['CORRECT'],
        ['CORRECT', 'INCORRECT'],
        ['INCORRECT', 'CORRECT', 'OTHER'],
        ['OTHER'],
        [],
      ]
      for (const given of judgements) {
        const run = await makeRun(tx)
        const result = await answer(tx, run)
        for (const [index, type] of given.entries()) {
          await tx.query(
            `INSERT INTO feedback (result_id, case_id, facility_id, signal_id, feedback_type, created_at)
             VALUES ($1, $2, 'synthetic', 'orthopedics/sch/late', $3, now() - (10 - $4) * interval '1 second')`,
            [result, run.caseId, type, index],
          )
        }
      }
    })

    const { rows } = await asOperator((tx) =>
      tx.query(`SELECT signal_id, total_results::int, total_evaluations::int, correct_count::int, incorrect_count::int, accuracy_pct
                  FROM v_signal_accuracy ORDER BY signal_id`),
    )

    // Three answers were judged: right, wrong (the newer word counts), right. 2/3 = 66.67 %.
    expect(rows).toEqual([
      {
        signal_id: 'orthopedics/sch/late',
        total_results: 5,
        total_evaluations: 3,
        correct_count: 2,
        incorrect_count: 1,
        accuracy_pct: '66.67',
      },
      {
        signal_id: 'orthopedics/sch/quiet',
        total_results: 0,
        total_evaluations: 0,
        correct_count: 0,
        incorrect_count: 0,
        accuracy_pct: null,
      },
    ])
  })

  test('the lists of cases show clinical ones with their reviews counted, and nobody’s to nobody', async () => {
    const { caseId, seen } = await asOperator(async (tx) => {
      const run = await makeRun(tx)
      await tx.query(
        "INSERT INTO cases (facility_id, case_number, origin, specialty_id, module_id, status) VALUES ('synthetic', 'gold', 'EVAL', 'orthopedics', 'orthopedics/sch', 'PENDING_REVIEW')",
      )
      await tx.query(
        "INSERT INTO case_reviews (case_id, facility_id) VALUES ($1, 'synthetic'), ($1, 'synthetic')",
        [run.caseId],
      )
      const { rows } = await tx.query(
        `SELECT p.review_count::int, r.module_name, (SELECT count(*)::int FROM v_cases_recent WHERE case_number = 'gold') AS gold
           FROM v_cases_pending_review p JOIN v_cases_recent r ON r.id = p.id WHERE p.id = $1`,
        [run.caseId],
      )
      return { caseId: run.caseId, seen: rows }
    })

    expect(seen).toEqual([{ review_count: 2, module_name: 'SCH', gold: 0 }])
    expect((await db.pool.query('SELECT FROM v_cases_recent WHERE id = $1', [caseId])).rowCount).toBe(0)
  })
})
