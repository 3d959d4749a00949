import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ActorTransaction,
  asActor,
  asOwner,
  type Database,
  openDatabase,
  type Transaction,
} from './open.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'

/** Ids of the small world below, by name. */
type World = Readonly<Record<(typeof NAMES)[number], string>>
const NAMES = [
  'moduleVersion',
  'prompt',
  'version',
  'northCase',
  'northPayload',
  'suiteVersion',
  'tuneGold',
  'holdoutGold',
  'run',
  'northEngineer',
] as const

let fresh: FreshDatabase
let db: Database
let world: World

beforeAll(async () => {
  fresh = await freshDatabase()
  db = openDatabase(fresh.appUrl)
  world = await asOwner(fresh.ownerUrl, makeWorld)
})
afterAll(async () => {
  await db.close()
  await fresh.close()
})

const NORTH = 'north-engineer-token'

/** One facility "north" with an engineer and a case, and in synthetic a suite of a tune and a holdout case with a RUNNING run. */
async function makeWorld(tx: Transaction): Promise<World> {
  const id = async (sql: string, values: unknown[] = []): Promise<string> => {
    const { rows } = await tx.query<{ id: string }>(sql, values)
    return rows[0]?.id ?? 'none'
  }
  const tokenHash = createHash('sha256').update(NORTH).digest('hex')
  await tx.query("SELECT create_facility('north', 'North')")
  const northEngineer = await id("SELECT create_user('nora', 'engineer') AS id")
  await tx.query("SELECT add_member($1, 'north'), create_token($1, 'test', $2)", [northEngineer, tokenHash])
  await tx.query("INSERT INTO specialties (id, name, display_name) VALUES ('orthopedics', 'o', 'O')")
  await tx.query(
    "INSERT INTO modules (id, specialty_id, code, name, display_name) VALUES ('orthopedics/sch', 'orthopedics', 'sch', 's', 'S')",
  )
  await tx.query(
    "INSERT INTO signal_definitions (id, module_id, code, label) VALUES ('orthopedics/sch/late', 'orthopedics/sch', 'late', 'Late')",
  )
  const moduleVersion = await id(
    "INSERT INTO module_versions (module_id, version_number, content_hash, document) VALUES ('orthopedics/sch', 1, 'h', '{}') RETURNING id",
  )
  const prompt = await id(
    "INSERT INTO prompts (specialty_id, module_id, prompt_type, name) VALUES ('orthopedics', 'orthopedics/sch', 'signal_processing', 'p') RETURNING id",
  )
  const version = await id(
    `INSERT INTO prompt_versions (prompt_id, version_number, prompt_text, document, content_hash, model_name, context_paths, status)
     VALUES ($1, 1, 'text', '{}', 'hash', 'heuristic', '{times}', 'DRAFT') RETURNING id`,
    [prompt],
  )
  const northCase = await makeCase(id, { facility: 'north', number: 'N-1', isHoldout: false })
  await tx.query(
    "INSERT INTO eval_suites (id, facility_id, module_id, name) VALUES ('sch', 'synthetic', 'orthopedics/sch', 'S')",
  )
  const suiteVersion = await id(
    `INSERT INTO eval_suite_versions (suite_id, facility_id, version_number, content_hash, cases_hash, module_version_id)
     VALUES ('sch', 'synthetic', 1, 'h', 'c', $1) RETURNING id`,
    [moduleVersion],
  )
  const gold: string[] = []
  for (const split of ['tune', 'holdout']) {
    const { caseId, payloadId } = await makeCase(id, {
      facility: 'synthetic',
      number: split,
      isHoldout: split === 'holdout',
    })
    gold.push(
      await id(
        `INSERT INTO gold_cases (suite_version_id, facility_id, name, case_id, case_payload_id, split, cluster_key)
         VALUES ($1, 'synthetic', $2, $3, $4, $2, $2) RETURNING id`,
        [suiteVersion, split, caseId, payloadId],
      ),
    )
  }
  const run = await id(
    `INSERT INTO eval_runs (facility_id, suite_version_id, module_version_id, prompt_version_id, model, digest, status)
     VALUES ('synthetic', $1, $2, $3, 'heuristic', 'd', 'RUNNING') RETURNING id`,
    [suiteVersion, moduleVersion, version],
  )
  const [tuneGold = 'none', holdoutGold = 'none'] = gold
  return {
    moduleVersion,
    prompt,
    version,
    northCase: northCase.caseId,
    northPayload: northCase.payloadId,
    suiteVersion,
    tuneGold,
    holdoutGold,
    run,
    northEngineer,
  }
}

async function makeCase(
  id: (sql: string, values: unknown[]) => Promise<string>,
  made: { facility: string; number: string; isHoldout: boolean },
): Promise<{ caseId: string; payloadId: string }> {
  const caseId = await id(
    `INSERT INTO cases (facility_id, case_number, specialty_id, module_id)
     VALUES ($1, $2, 'orthopedics', 'orthopedics/sch') RETURNING id`,
    [made.facility, made.number],
  )
  const payloadId = await id(
    `INSERT INTO case_payloads (case_id, facility_id, is_holdout, payload, payload_hash)
     VALUES ($1, $2, $3, '{}', 'h') RETURNING id`,
    [caseId, made.facility, made.isHoldout],
  )
  return { caseId, payloadId }
}

const as = async <T>(credential: string, work: (tx: ActorTransaction) => Promise<T>): Promise<T> =>
  await asActor(db, credential, work)

/** Whatever a statement as an actor is refused with; fails where it is not refused. */
async function refusalOf(credential: string, sql: string, values: unknown[] = []): Promise<unknown> {
  try {
    await as(credential, (tx) => tx.query(sql, values))
  } catch (error) {
    return error
  }
  throw new Error(`not refused: ${sql}`)
}

/** Facility and number of the cases that can be seen, in a plain transaction of the application's login. */
async function casesSeenAfter(...statements: string[]): Promise<unknown[]> {
  const client = await db.pool.connect()
  try {
    await client.query('BEGIN')
    for (const statement of statements) await client.query(statement)
    return (await client.query('SELECT facility_id, case_number FROM cases')).rows
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

describe('who is asking', () => {
  test('with nobody asking there are no rows and no error', async () => {
    expect(await casesSeenAfter()).toEqual([])
    const { rows } = await db.pool.query(
      'SELECT visible_facilities() AS seen, (SELECT count(*)::int FROM current_actor()) AS actors',
    )
    expect(rows).toEqual([{ seen: [], actors: 0 }])
  })

  test('another facility is invisible, and its case numbers can be used again', async () => {
    const seen = await as(fresh.operatorCredential, async (tx) => {
      await tx.query(
        "INSERT INTO cases (facility_id, case_number, specialty_id, module_id) VALUES ('synthetic', 'N-1', 'orthopedics', 'orthopedics/sch')",
      )
      return (await tx.query('SELECT DISTINCT facility_id FROM cases')).rows
    })

    expect(seen).toEqual([{ facility_id: 'synthetic' }])
  })

  test("a member sees the facility's rows and the synthetic ones", async () => {
    const { rows } = await as(NORTH, (tx) => tx.query('SELECT DISTINCT facility_id FROM cases ORDER BY 1'))

    expect(rows).toEqual([{ facility_id: 'north' }, { facility_id: 'synthetic' }])
  })

  test('a row cannot be written into, or moved to, a facility that is not the actor’s', async () => {
    const inserted = refusalOf(
      fresh.operatorCredential,
      "INSERT INTO cases (facility_id, case_number, specialty_id, module_id) VALUES ('north', 'X', 'orthopedics', 'orthopedics/sch')",
    )
    const moved = refusalOf(NORTH, "UPDATE cases SET facility_id = 'south' WHERE case_number = 'N-1'")

    expect(await inserted).toMatchObject({ code: 'forbidden' })
    expect(await moved).toMatchObject({ code: 'forbidden' })
  })

  test.each([
    [
      'a claim in plain words',
      "SET LOCAL touchstone.actor = '00000000-0000-7000-8000-000000000001 admin north,synthetic'",
    ],
    [
      'a claim with a made-up seal',
      `SET LOCAL touchstone.actor = '${'0'.repeat(64)}00000000-0000-7000-8000-000000000001 admin north'`,
    ],
    ['a claim that is too short', "SET LOCAL touchstone.actor = 'x'"],
    ['a run claim alone', `SET LOCAL touchstone.run = '${'0'.repeat(64)} x'`],
  ])('%s proves nothing', async (_, forged) => {
    expect(await casesSeenAfter(forged)).toEqual([])
  })

  test('a true claim cannot be altered, nor kept for the next transaction, nor used on another connection', async () => {
    const client = await db.pool.connect()
    try {
      await client.query('BEGIN')
      await client.query('SELECT begin_actor($1)', [fresh.operatorCredential])
      const claim: string = (await client.query("SELECT current_setting('touchstone.actor') AS claim"))
        .rows[0].claim
      await client.query("SELECT set_config('touchstone.actor', $1, true)", [
        claim.replace('engineer', 'admin'),
      ])
      expect((await client.query('SELECT * FROM current_actor()')).rows).toEqual([])
      await client.query("SELECT set_config('touchstone.actor', $1, false)", [claim])
      expect((await client.query('SELECT role FROM current_actor()')).rows).toEqual([{ role: 'engineer' }])
      await client.query('COMMIT')

      expect((await client.query('SELECT * FROM current_actor()')).rows).toEqual([])
      expect(await casesSeenAfter(`SET LOCAL touchstone.actor = '${claim}'`)).toEqual([])
    } finally {
      client.release(true)
    }
  })

  test.each([
    ['SET ROLE touchstone_owner'],
    ['SET SESSION AUTHORIZATION touchstone_owner'],
    ['SELECT secret FROM actor_secret'],
    ['SELECT token_hash FROM api_tokens'],
    ['SELECT token FROM sessions'],
    ["SELECT seal_claim('actor', 'x')"],
    ["SELECT proved_claim('actor')"],
    ['ALTER TABLE cases DISABLE ROW LEVEL SECURITY'],
    ['DROP POLICY by_facility ON cases'],
    ["UPDATE users SET role = 'admin'"],
    ["SELECT create_user('intruder', 'admin')"],
    ["SELECT create_token((SELECT id FROM users WHERE name = 'admin'), 'x', repeat('a', 64))"],
    ["SELECT add_member((SELECT id FROM users WHERE name = 'operator'), 'north')"],
    ['SELECT list_tokens()'],
    ['CREATE TABLE mine (id INT)'],
  ])('an engineer is refused: %s', async (sql) => {
    expect(await refusalOf(fresh.operatorCredential, sql)).toMatchObject({ code: 'forbidden' })
  })

  test('row_security = off shows nothing: it is an error', async () => {
    await expect(casesSeenAfter('SET LOCAL row_security = off')).rejects.toThrow(/row-level security/)
  })

  test('a copy of rows into a table is refused under row-level security', async () => {
    expect(await refusalOf(NORTH, 'COPY cases (case_number) FROM STDIN')).toBeInstanceOf(Error)
  })

  test('an admin makes a user and a token with scopes; a token that may only read acts as a viewer; a revoked one proves nobody', async () => {
    const hash = createHash('sha256').update('reader').digest('hex')
    const token = await as(fresh.credentials.admin, async (tx) => {
      const { rows } = await tx.query<{ id: string }>(
        "SELECT create_token(create_user('rita', 'admin'), 'reader', $1, 'api', '{read}', now() + interval '1 day') AS id",
        [hash],
      )
      return rows[0]?.id
    })
    expect(await as('reader', async (tx) => tx.actor.role)).toBe('viewer')

    await as(fresh.credentials.admin, (tx) => tx.query('SELECT revoke_token($1)', [token]))

    await expect(as('reader', async (tx) => tx.actor.role)).rejects.toMatchObject({ code: 'not_signed_in' })
  })

  test('an expired token and an inactive user prove nobody', async () => {
    const hash = createHash('sha256').update('late').digest('hex')
    const other = createHash('sha256').update('gone').digest('hex')
    await asOwner(fresh.ownerUrl, async (tx) => {
      await tx.query(
        "SELECT create_token(create_user('late', 'admin'), 't', $1, 'api', '{read}', now() - interval '1 second')",
        [hash],
      )
      await tx.query("SELECT create_token(create_user('gone', 'admin'), 't', $1)", [other])
      await tx.query("SELECT set_user_active((SELECT id FROM users WHERE name = 'gone'), false)")
    })

    await expect(as('late', async () => 1)).rejects.toMatchObject({ code: 'not_signed_in' })
    await expect(as('gone', async () => 1)).rejects.toMatchObject({ code: 'not_signed_in' })
  })

  test('a session proves its user until it expires', async () => {
    await asOwner(fresh.ownerUrl, (tx) =>
      tx.query(
        `INSERT INTO sessions (id, user_id, token, expires_at)
         SELECT 's' || n, id, 'session-' || n, now() + n * interval '1 hour' FROM users, (VALUES (1), (-1)) AS v (n) WHERE name = 'viewer'`,
      ),
    )

    expect(await as('session-1', async (tx) => tx.actor.role)).toBe('viewer')
    await expect(as('session--1', async () => 1)).rejects.toMatchObject({ code: 'not_signed_in' })
  })

  test('the use of a token is noted', async () => {
    await as(fresh.credentials.ci, async () => 1)

    const { rows } = await asOwner(fresh.ownerUrl, (tx) =>
      tx.query(
        "SELECT last_used_at IS NOT NULL AS is_noted FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE u.name = 'ci'",
      ),
    )
    expect(rows).toEqual([{ is_noted: true }])
  })

  test('the authors of rows are who was proved, whatever the statement says', async () => {
    const made = await as(fresh.operatorCredential, async (tx) => {
      const { rows } = await tx.query(
        "INSERT INTO prompts (prompt_type, name, created_by) SELECT 'automapper', 'x', id FROM users WHERE name = 'admin' RETURNING created_by",
      )
      await tx.query(
        "UPDATE prompts SET created_by = (SELECT id FROM users WHERE name = 'admin') WHERE prompt_type = 'automapper'",
      )
      const after = await tx.query("SELECT created_by FROM prompts WHERE prompt_type = 'automapper'")
      return { userId: tx.actor.userId, authors: [...rows, ...after.rows] }
    })

    expect(made.authors).toEqual([{ created_by: made.userId }, { created_by: made.userId }])
  })
})

describe('which role writes what', () => {
  test.each([
    ['viewer', "INSERT INTO prompts (prompt_type, name) VALUES ('default', 'x')"],
    [
      'viewer',
      "INSERT INTO cases (facility_id, case_number, specialty_id, module_id) VALUES ('synthetic', 'V', 'orthopedics', 'orthopedics/sch')",
    ],
    ['viewer', "UPDATE eval_runs SET status = 'CANCELLED'"],
    ['engineer', "UPDATE modules SET name = 'x'"],
    [
      'quality_lead',
      "INSERT INTO model_prices (provider, model, input_per_million, output_per_million, valid_from, source) VALUES ('p', 'm', 0, 0, now(), 's')",
    ],
    ['ci', "INSERT INTO patients (facility_id, mrn) VALUES ('synthetic', '1')"],
  ] as const)('a %s is refused: %s', async (role, sql) => {
    expect(await refusalOf(fresh.credentials[role], sql)).toMatchObject({ code: 'forbidden' })
  })

  test('an admin edits metadata', async () => {
    const { rowCount } = await as(fresh.credentials.admin, (tx) =>
      tx.query("UPDATE modules SET description = 'x'"),
    )

    expect(rowCount).toBe(1)
  })

  test('nobody writes without being proved', async () => {
    await expect(
      db.pool.query("INSERT INTO prompts (prompt_type, name) VALUES ('default', 'x')"),
    ).rejects.toThrow(/nobody proved/)
  })
})

describe('what is kept as it was', () => {
  test.each([['quality_lead'], ['admin']] as const)(
    'an UPDATE to APPROVED is refused to a %s',
    async (role) => {
      const error = await refusalOf(
        fresh.credentials[role],
        "UPDATE prompt_versions SET status = 'APPROVED' WHERE id = $1",
        [world.version],
      )

      expect(error).toMatchObject({ code: 'forbidden' })
    },
  )

  test('a version cannot be born APPROVED, or with an approver', async () => {
    const insert = (status: string, approver: string): string =>
      `INSERT INTO prompt_versions (prompt_id, version_number, prompt_text, document, content_hash, model_name, context_paths, status, approved_by)
       VALUES ('${world.prompt}', 9, 't', '{}', 'h', 'm', '{}', '${status}', ${approver})`

    expect(await refusalOf(fresh.credentials.admin, insert('APPROVED', 'NULL'))).toMatchObject({
      code: 'forbidden',
    })
    expect(
      await refusalOf(fresh.credentials.admin, insert('DRAFT', `'${world.northEngineer}'`)),
    ).toMatchObject({ code: 'forbidden' })
  })

  test('planning a run on a DRAFT has moved it to TESTING, counted the use, and frozen its text', async () => {
    const { rows } = await as(fresh.operatorCredential, (tx) =>
      tx.query('SELECT status, usage_count FROM prompt_versions WHERE id = $1', [world.version]),
    )
    const error = await refusalOf(
      fresh.operatorCredential,
      "UPDATE prompt_versions SET prompt_text = 'other' WHERE id = $1",
      [world.version],
    )

    expect(rows).toEqual([{ status: 'TESTING', usage_count: 1 }])
    expect(error).toMatchObject({ code: 'frozen' })
  })

  test('a DRAFT may be edited, and a working copy is kept once by hash and never becomes a version', async () => {
    await as(fresh.operatorCredential, async (tx) => {
      const insert = `INSERT INTO prompt_versions (prompt_id, version_number, prompt_text, document, content_hash, model_name, context_paths, status)
        VALUES ($1, $2, 't', '{}', $3, 'm', '{}', $4)`
      await tx.query(insert, [world.prompt, 2, 'h2', 'DRAFT'])
      await tx.query(
        "UPDATE prompt_versions SET prompt_text = 'better', content_hash = 'h2b' WHERE content_hash = 'h2'",
      )
      await tx.query(insert, [world.prompt, null, 'w', 'WORKING'])
      await tx.query(`${insert} ON CONFLICT DO NOTHING`, [world.prompt, null, 'w', 'WORKING'])
      expect((await tx.query("SELECT FROM prompt_versions WHERE content_hash = 'w'")).rowCount).toBe(1)
    })

    expect(
      await refusalOf(
        fresh.operatorCredential,
        "UPDATE prompt_versions SET status = 'TESTING', version_number = 3 WHERE content_hash = 'w'",
      ),
    ).toMatchObject({ code: 'frozen' })
  })

  test('two prompts cannot share a route, though parts of it are NULL', async () => {
    const insert = "INSERT INTO prompts (prompt_type, name) VALUES ('abstraction_help', 'x')"
    await as(fresh.operatorCredential, (tx) => tx.query(insert))

    expect(await refusalOf(fresh.operatorCredential, insert)).toMatchObject({ code: '23505' })
  })

  test.each([['audit_log'], ['prompt_current'], ['promotions'], ['gate_verdicts']])(
    '%s takes no INSERT, UPDATE, DELETE or TRUNCATE from the application',
    async (table) => {
      for (const sql of [
        `INSERT INTO ${table} DEFAULT VALUES`,
        `UPDATE ${table} SET created_at = now()`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table}`,
      ]) {
        const statement = table === 'prompt_current' ? sql.replace('created_at', 'updated_at') : sql
        expect(await refusalOf(fresh.credentials.admin, statement)).toMatchObject({ code: 'forbidden' })
      }
    },
  )

  test('the owner does not rewrite the audit log either', async () => {
    const rewrite = async (sql: string): Promise<unknown> =>
      await asOwner(fresh.ownerUrl, (tx) => tx.query(sql))
    await rewrite(
      "INSERT INTO audit_log (facility_id, entity_type, entity_id, action, user_id) SELECT 'synthetic', 'module', 'm', 'UPDATE', id FROM users WHERE name = 'setup'",
    )

    await expect(rewrite('DELETE FROM audit_log')).rejects.toMatchObject({ code: 'frozen' })
    await expect(rewrite("UPDATE audit_log SET entity_id = 'x'")).rejects.toMatchObject({ code: 'frozen' })
    await expect(rewrite('TRUNCATE audit_log')).rejects.toMatchObject({ code: 'frozen' })
  })

  test.each(['case_payloads', 'module_versions', 'gold_cases', 'eval_suite_versions'])(
    '%s is never overwritten or deleted, by its owner neither',
    async (table) => {
      await expect(
        asOwner(fresh.ownerUrl, (tx) => tx.query(`UPDATE ${table} SET id = gen_random_uuid()`)),
      ).rejects.toMatchObject({ code: 'frozen' })
      await expect(asOwner(fresh.ownerUrl, (tx) => tx.query(`DELETE FROM ${table}`))).rejects.toMatchObject({
        code: 'frozen',
      })
    },
  )

  test('a suite version that has been run takes no more gold', async () => {
    const error = await refusalOf(
      fresh.operatorCredential,
      `INSERT INTO gold_labels (gold_case_id, facility_id, signal_id, status) VALUES ($1, 'synthetic', 'orthopedics/sch/late', 'pass')`,
      [world.tuneGold],
    )

    expect(error).toMatchObject({ code: 'frozen' })
  })

  test('a suite version or policy cannot be born ACCEPTED', async () => {
    const error = await refusalOf(
      fresh.credentials.admin,
      `INSERT INTO gate_policies (content_hash, document, state, accepted_by, accepted_at) SELECT 'x', '{}', 'ACCEPTED', id, now() FROM users WHERE name = 'admin'`,
    )

    expect(error).toMatchObject({ code: 'forbidden' })
  })

  test('what a run asked does not change, and a finished run stays finished', async () => {
    expect(await refusalOf(fresh.operatorCredential, 'UPDATE eval_runs SET repeats = 2')).toMatchObject({
      code: 'frozen',
    })

    await as(fresh.operatorCredential, async (tx) => {
      await tx.query("UPDATE eval_runs SET status = 'COMPLETED', finished_at = now()")
      await tx.query('SAVEPOINT before')
      await expect(tx.query("UPDATE eval_runs SET status = 'RUNNING'")).rejects.toThrow(/cannot go from/)
      await tx.query('ROLLBACK TO before')
      throw new Error('leave it RUNNING')
    }).catch((error: Error) => expect(error.message).toBe('leave it RUNNING'))
  })
})

describe('what belongs together', () => {
  test("a child cannot name a parent of another facility, even its own actor's", async () => {
    const error = await refusalOf(
      NORTH,
      "INSERT INTO case_payloads (case_id, facility_id, revision, payload, payload_hash) VALUES ($1, 'synthetic', 2, '{}', 'h')",
      [world.northCase],
    )

    expect(error).toMatchObject({ code: '23503' })
  })

  test('a sample of a holdout case cannot pass for tune', async () => {
    const error = await refusalOf(
      fresh.operatorCredential,
      "INSERT INTO eval_samples (eval_run_id, facility_id, is_holdout, gold_case_id) VALUES ($1, 'synthetic', false, $2)",
      [world.run, world.holdoutGold],
    )

    expect(error).toMatchObject({ code: '23503' })
  })

  test('a signal belongs to the module its path names', async () => {
    const error = await refusalOf(
      fresh.credentials.admin,
      "INSERT INTO signal_definitions (id, module_id, code, label) VALUES ('orthopedics/other/x', 'orthopedics/sch', 'x', 'X')",
    )

    expect(error).toMatchObject({ code: '23514' })
  })
})

describe('holdout', () => {
  const seenBy = async (credential: string, prepare?: string): Promise<unknown[]> =>
    await as(credential, async (tx) => {
      if (prepare !== undefined) await tx.query(prepare)
      return (await tx.query<{ name: string }>('SELECT name FROM gold_cases ORDER BY name')).rows.map(
        ({ name }) => name,
      )
    })

  test.each([
    ['viewer', ['tune']],
    ['engineer', ['tune']],
    ['ci', ['tune']],
    ['quality_lead', ['holdout', 'tune']],
    ['admin', ['holdout', 'tune']],
  ] as const)('a %s sees the gold cases %j', async (role, expected) => {
    expect(await seenBy(fresh.credentials[role])).toEqual(expected)
  })

  test('an engineer who works for a RUNNING run sees holdout cases in that transaction alone', async () => {
    expect(await seenBy(fresh.operatorCredential, `SELECT begin_run_work('${world.run}')`)).toEqual([
      'holdout',
      'tune',
    ])
    expect(await seenBy(fresh.operatorCredential)).toEqual(['tune'])
  })

  test('a viewer cannot work for a run, and nobody for one that is not there', async () => {
    expect(await refusalOf(fresh.credentials.viewer, 'SELECT begin_run_work($1)', [world.run])).toMatchObject(
      { code: 'forbidden' },
    )
    expect(
      await refusalOf(fresh.operatorCredential, 'SELECT begin_run_work(gen_random_uuid())'),
    ).toMatchObject({ code: 'forbidden' })
  })

  test('an engineer plans holdout samples unseen, from ids alone, and counts them', async () => {
    const counted = await as(fresh.operatorCredential, async (tx) => {
      const planned = await tx.query(
        `INSERT INTO eval_samples (eval_run_id, facility_id, is_holdout, gold_case_id)
         SELECT $1, 'synthetic', g.is_holdout, g.gold_case_id FROM gold_case_ids($2) g ON CONFLICT DO NOTHING`,
        [world.run, world.suiteVersion],
      )
      const seen = await tx.query('SELECT FROM eval_samples')
      const counts = await tx.query('SELECT planned::int, pending::int FROM sample_counts($1)', [world.run])
      const updated = await tx.query("UPDATE eval_samples SET state = 'unfinished', failure_kind = 'timeout'")
      return {
        planned: planned.rowCount,
        seen: seen.rowCount,
        counts: counts.rows,
        updated: updated.rowCount,
      }
    })

    expect(counted).toEqual({ planned: 2, seen: 1, counts: [{ planned: 2, pending: 2 }], updated: 1 })
  })

  test('answers on holdout cases are written only while working for the run, and then hidden', async () => {
    const insert = `INSERT INTO rendered_requests (facility_id, request_hash, is_holdout, messages) VALUES ('synthetic', 'h', true, '[]')`

    expect(await refusalOf(fresh.operatorCredential, insert)).toMatchObject({ code: 'forbidden' })
    await as(fresh.operatorCredential, async (tx) => {
      await tx.query('SELECT begin_run_work($1)', [world.run])
      await tx.query(insert)
    })

    const { rowCount } = await as(fresh.operatorCredential, (tx) => tx.query('SELECT FROM rendered_requests'))
    expect(rowCount).toBe(0)
  })
})
