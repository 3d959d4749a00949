import { createHash } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ActorTransaction, asActor, asOwner, type Database, openDatabase } from './open.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'

let fresh: FreshDatabase
let db: Database

const NORA = 'touchstone-test-nora'
// Whatever an attack prints, raises or notices is searched for these.
const SECRETS = /SECRET-NORTH|SECRET-HOLDOUT/

beforeAll(async () => {
  fresh = await freshDatabase()
  db = openDatabase(fresh.appUrl)
  await asOwner(fresh.ownerUrl, (tx) =>
    tx.query(WORLD.replaceAll(':nora', `'${createHash('sha256').update(NORA).digest('hex')}'`)),
  )
})
afterAll(async () => {
  await db.close()
  await fresh.close()
})

// Nora belongs to "north"; the operator, an engineer, and the users of each role to no facility but "synthetic".
// Both facilities have a suite of a tune and a holdout case and a RUNNING run; north's is the newer of the two.
const WORLD = `
  SELECT create_facility('north', 'SECRET-NORTH'), create_user('nora', 'engineer', 'SECRET-NORTH');
  SELECT add_member(id, 'north'), create_token(id, 't', :nora) FROM users WHERE name = 'nora';
  INSERT INTO specialties (id, name, display_name) VALUES ('orthopedics', 'o', 'O');
  INSERT INTO modules (id, specialty_id, code, name, display_name)
    VALUES ('orthopedics/sch', 'orthopedics', 'sch', 's', 'S'), ('orthopedics/other', 'orthopedics', 'other', 'o', 'O');
  INSERT INTO signal_definitions (id, module_id, code, label) VALUES ('orthopedics/sch/late', 'orthopedics/sch', 'late', 'Late');
  INSERT INTO module_versions (module_id, version_number, content_hash, document) VALUES ('orthopedics/sch', 1, 'h', '{}');
  INSERT INTO prompts (specialty_id, module_id, prompt_type, name, created_by)
    SELECT 'orthopedics', 'orthopedics/sch', 'signal_processing', 'p', id FROM users WHERE name = 'operator';
  INSERT INTO prompt_versions (prompt_id, version_number, prompt_text, document, content_hash, model_name, context_paths, status, created_by)
    SELECT p.id, n, 'text', '{}', 'h' || n, 'heuristic', '{}', (ARRAY['APPROVED', 'TESTING', 'DRAFT'])[n], p.created_by
      FROM prompts p, generate_series(1, 3) AS n;
  INSERT INTO promotions (prompt_id, environment, prompt_version_id, kind, reason)
    SELECT prompt_id, 'PROD', id, 'OVERRIDE', 'the first version of all' FROM prompt_versions WHERE version_number = 1;
  INSERT INTO prompt_current (prompt_id, environment, prompt_version_id, promotion_id)
    SELECT prompt_id, environment, prompt_version_id, id FROM promotions;
  INSERT INTO gate_policies (content_hash, document) VALUES ('policy', '{}');
  INSERT INTO patients (facility_id, mrn) VALUES ('north', 'SECRET-NORTH');
  INSERT INTO eval_suites (id, facility_id, module_id, name)
    SELECT f, f, 'orthopedics/sch', CASE f WHEN 'north' THEN 'SECRET-NORTH' ELSE 'S' END FROM unnest(ARRAY['synthetic', 'north']) AS f;
  INSERT INTO eval_suite_versions (suite_id, facility_id, version_number, content_hash, cases_hash, module_version_id)
    SELECT s.id, s.facility_id, 1, 'h', 'c', m.id FROM eval_suites s, module_versions m;
  INSERT INTO cases (facility_id, case_number, specialty_id, module_id)
    SELECT f.id, CASE f.id WHEN 'north' THEN 'SECRET-NORTH ' ELSE '' END || split, 'orthopedics', 'orthopedics/sch'
      FROM facilities f, unnest(ARRAY['tune', 'holdout']) AS split;
  INSERT INTO case_payloads (case_id, facility_id, is_holdout, payload, payload_hash)
    SELECT id, facility_id, case_number LIKE '%holdout',
           jsonb_build_object('note', CASE WHEN case_number LIKE '%holdout' THEN 'SECRET-HOLDOUT ' ELSE 'tune ' END || case_number), 'h' FROM cases;
  INSERT INTO source_files (facility_id, is_holdout, path, content_hash, bytes) VALUES ('synthetic', true, 'h.yaml', 'h', 'SECRET-HOLDOUT');
  INSERT INTO gold_cases (suite_version_id, facility_id, name, case_id, case_payload_id, split, cluster_key, title)
    SELECT v.id, v.facility_id, split, c.id, p.id, split, split, CASE split WHEN 'holdout' THEN 'SECRET-HOLDOUT' END
      FROM eval_suite_versions v JOIN cases c ON c.facility_id = v.facility_id JOIN case_payloads p ON p.case_id = c.id,
           LATERAL (SELECT CASE WHEN p.is_holdout THEN 'holdout' ELSE 'tune' END AS split) s;
  INSERT INTO gold_labels (gold_case_id, facility_id, is_holdout, signal_id, status, rationale)
    SELECT id, facility_id, is_holdout, 'orthopedics/sch/late', 'caution', CASE WHEN is_holdout THEN 'SECRET-HOLDOUT' END FROM gold_cases;
  INSERT INTO eval_runs (facility_id, suite_version_id, module_version_id, prompt_version_id, model, digest, status, created_at)
    SELECT v.facility_id, v.id, v.module_version_id, p.id, 'heuristic', 'd', 'RUNNING', now() + (v.facility_id = 'north')::int * interval '1 s'
      FROM eval_suite_versions v, prompt_versions p WHERE p.version_number = 2;
  INSERT INTO eval_samples (eval_run_id, facility_id, is_holdout, gold_case_id)
    SELECT r.id, r.facility_id, g.is_holdout, g.id FROM eval_runs r JOIN gold_cases g ON g.suite_version_id = r.suite_version_id;
  INSERT INTO rendered_requests (facility_id, request_hash, is_holdout, messages) VALUES ('synthetic', 'h', true, '["SECRET-HOLDOUT"]');
  INSERT INTO abstraction_runs (case_id, facility_id, is_holdout, case_payload_id, prompt_version_id, module_version_id, provider, model_name, input_hash, raw_text, status)
    SELECT p.case_id, p.facility_id, p.is_holdout, p.id, v.id, m.id, 'heuristic', 'heuristic', 'h', CASE WHEN p.is_holdout THEN 'SECRET-HOLDOUT' ELSE 'tune' END, 'COMPLETED'
      FROM case_payloads p, prompt_versions v, module_versions m WHERE v.version_number = 2;
  INSERT INTO abstraction_results (run_id, case_id, facility_id, is_holdout, signal_id, source, outcome, status, finding)
    SELECT id, case_id, facility_id, is_holdout, 'orthopedics/sch/late', 'AI', 'answered', 'pass', raw_text FROM abstraction_runs;
  INSERT INTO case_reviews (case_id, facility_id, reviewer_comment, reviewed_by, review_status)
    SELECT c.id, c.facility_id, 'signed', u.id, 'COMPLETED' FROM cases c, users u WHERE c.case_number = 'tune' AND u.name = 'quality_lead';
`

/** Everything statements say on one connection: rows, notices and errors with their details, as text. An error does not stop the next. */
async function whatIsSaid(url: string, statements: readonly string[]): Promise<string> {
  const client = new Client({ connectionString: url })
  const said: string[] = []
  client.on('notice', ({ message }) => said.push(`NOTICE ${message}`))
  await client.connect()
  let isInTransaction = false
  try {
    for (const statement of statements) {
      try {
        if (isInTransaction) await client.query('SAVEPOINT attack')
        const answers = [await client.query(statement)].flat()
        if (statement === 'BEGIN' || statement === 'COMMIT') isInTransaction = statement === 'BEGIN'
        said.push(...answers.map(({ command, rows }) => `${command} ${JSON.stringify(rows)}`))
      } catch (error) {
        said.push(`ERROR ${String(error)} ${JSON.stringify(error)}`)
        if (isInTransaction) await client.query('ROLLBACK TO attack')
      }
    }
  } finally {
    await client.end()
  }
  return said.join('\n')
}

const proveEngineer = (): string[] => ['BEGIN', `SELECT role FROM begin_actor('${fresh.operatorCredential}')`]

const as = async <T>(credential: string, work: (tx: ActorTransaction) => Promise<T>): Promise<T> =>
  await asActor(db, credential, work)

const EVERYTHING = `SELECT jsonb_build_array((SELECT jsonb_agg(c) FROM cases c), (SELECT jsonb_agg(p) FROM case_payloads p),
  (SELECT jsonb_agg(g) FROM gold_cases g), (SELECT jsonb_agg(l) FROM gold_labels l), (SELECT jsonb_agg(r) FROM rendered_requests r),
  (SELECT jsonb_agg(a) FROM abstraction_runs a), (SELECT jsonb_agg(r) FROM abstraction_results r),
  (SELECT jsonb_agg(s) FROM eval_suites s), (SELECT jsonb_agg(p) FROM patients p),
  (SELECT jsonb_agg(convert_from(f.bytes, 'UTF8')) FROM source_files f), (SELECT jsonb_agg(f) FROM facilities f),
  (SELECT jsonb_agg(m) FROM facility_members m), (SELECT jsonb_agg(r) FROM v_cases_recent r))`

describe('an engineer with SQL in hand sees neither another facility nor holdout', () => {
  test.each<[title: string, says: RegExp, ...attack: string[]]>([
    ['by asking for everything', /"tune"/, EVERYTHING],
    [
      'by a function of his own that is cheaper than the policy',
      /NOTICE tune/,
      `CREATE FUNCTION pg_temp.leak(t text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE '%', t; RETURN true; END $$`,
      'SELECT FROM case_payloads WHERE pg_temp.leak(payload::text)',
      'SELECT FROM cases WHERE pg_temp.leak(case_number)',
      'SELECT FROM gold_labels WHERE pg_temp.leak(rationale)',
      'SELECT FROM facilities WHERE pg_temp.leak(name)',
    ],
    [
      'by an operator of his own',
      /NOTICE tune/,
      `CREATE FUNCTION pg_temp.leak(a text, b text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE '%', a; RETURN true; END $$`,
      'CREATE OPERATOR pg_temp.<<< (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.leak)',
      `SELECT FROM cases WHERE case_number OPERATOR(pg_temp.<<<) 'x'`,
    ],
    [
      'by a function that claims to leak nothing',
      /only superuser can define a leakproof function/,
      `CREATE FUNCTION pg_temp.leak(t text) RETURNS boolean LANGUAGE sql LEAKPROOF AS $$ SELECT true $$`,
    ],
    [
      'by the text of an error',
      /invalid input syntax for type integer: \\?"tune/,
      'SELECT FROM cases WHERE case_number::int = 1',
      'SELECT FROM case_payloads WHERE is_holdout AND (payload::text)::int = 1',
      'SELECT FROM gold_labels WHERE is_holdout AND rationale::int = 1',
    ],
    [
      'by RETURNING what is inserted unseen',
      /violates row-level security policy/,
      `INSERT INTO gold_labels (gold_case_id, facility_id, is_holdout, signal_id, status)
         SELECT gold_case_id, 'synthetic', true, 'orthopedics/sch/late', 'pass' FROM eval_suite_versions v, gold_case_ids(v.id) g
          WHERE g.is_holdout ON CONFLICT DO NOTHING RETURNING *`,
    ],
    [
      'by ON CONFLICT DO UPDATE of a hidden sample',
      /violates row-level security policy/,
      `INSERT INTO eval_samples (eval_run_id, facility_id, is_holdout, gold_case_id)
         SELECT r.id, 'synthetic', true, g.gold_case_id FROM eval_runs r, gold_case_ids(r.suite_version_id) g WHERE g.is_holdout
         ON CONFLICT (eval_run_id, gold_case_id, repeat) DO UPDATE SET failure_note = excluded.failure_note RETURNING *`,
    ],
    [
      'by MERGE into hidden samples',
      /MERGE \[\]/,
      `MERGE INTO eval_samples s USING (SELECT gold_case_id FROM eval_suite_versions v, gold_case_ids(v.id) g WHERE g.is_holdout) g
         ON s.gold_case_id = g.gold_case_id WHEN MATCHED THEN UPDATE SET failure_note = 'seen'`,
    ],
    [
      'by the statistics of columns',
      /SELECT \[\]/,
      `SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats
        WHERE schemaname = 'public' AND tablename IN ('cases', 'case_payloads', 'gold_labels', 'gold_cases', 'facilities', 'users')`,
    ],
    ['by the statistics catalogue', /permission denied for table pg_statistic/, 'SELECT * FROM pg_statistic'],
    [
      'by COPY of a table to a file',
      /COPY to a file .*"code":"42501"/,
      `COPY case_payloads TO '/tmp/stolen'`,
    ],
    [
      'by COPY to a program',
      /COPY to or from an external program .*"code":"42501"/,
      `COPY case_payloads TO PROGRAM 'cat'`,
    ],
    ['by reading files of the server', /permission denied/, `SELECT pg_read_file('postgresql.conf')`],
    ['by importing a file as a large object', /permission denied/, `SELECT lo_import('/etc/passwd')`],
    [
      'by switching row security off',
      /would be affected by row-level security/,
      'SET LOCAL row_security = off',
      'SELECT * FROM cases',
    ],
    [
      'by a temporary table under a protected name, which definer functions do not look into',
      /"gold_case_id":"[0-9a-f-]{36}"/,
      'CREATE TEMP TABLE gold_cases AS SELECT gen_random_uuid() AS id',
      `CREATE TEMP TABLE api_tokens (id int)`,
      'SET LOCAL search_path = pg_temp, public',
      'SELECT g.* FROM public.eval_suite_versions v, gold_case_ids(v.id) g',
      EVERYTHING.replaceAll('FROM gold_cases', 'FROM public.gold_cases'),
    ],
    [
      'by a table of his own that points at a hidden one',
      /permission denied for table case_payloads|may not reference permanent tables|may reference only temporary tables/,
      'CREATE TEMP TABLE probe (id uuid REFERENCES public.case_payloads (id))',
    ],
    [
      'by a trigger of a guard on his own table',
      /permission denied for function (public\.)?stamp_author/,
      'CREATE TEMP TABLE probe (created_by uuid)',
      `CREATE TRIGGER t BEFORE INSERT ON probe FOR EACH ROW EXECUTE FUNCTION public.stamp_author('created_by')`,
    ],
    [
      'by a trigger on a table of ours',
      /permission denied for table cases/,
      'CREATE FUNCTION pg_temp.spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
      'CREATE TRIGGER spy BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION pg_temp.spy()',
    ],
    [
      'by a DO block',
      /NOTICE tune/,
      `DO $$ DECLARE r RECORD; BEGIN FOR r IN SELECT payload::text AS t FROM case_payloads LOOP RAISE NOTICE 'tune %', r.t; END LOOP; END $$`,
    ],
    [
      'by a cursor that outlives its transaction, read in the next',
      /FETCH \[\{"case_number":"tune"\},\{"case_number":"holdout"\}\]/,
      'DECLARE kept CURSOR WITH HOLD FOR SELECT case_number FROM cases ORDER BY 1 DESC',
      'COMMIT',
      'FETCH ALL FROM kept',
      EVERYTHING,
    ],
    [
      'by a statement prepared while proved, run while not',
      /SELECT \[\]$/,
      'PREPARE asked AS SELECT case_number FROM cases',
      'COMMIT',
      'EXECUTE asked',
    ],
    [
      'by the work for a run of another facility',
      /is not RUNNING in a facility of the actor/,
      `SELECT begin_run_work(r) FROM (SELECT gen_random_uuid() AS r) x`,
    ],
    [
      'by the ids that planners are given',
      /payload_hash/,
      'SELECT g.* FROM eval_suite_versions v, gold_case_ids(v.id) g',
      'SELECT n.* FROM newest_payload_ids((SELECT array_agg(id) FROM cases)) n',
      'SELECT o.* FROM eval_runs r, open_sample_ids(r.id) o',
      'SELECT o.* FROM eval_runs r, sample_counts(r.id) o',
    ],
    [
      'by the queries of others',
      /"seen":0/,
      `SELECT count(*)::int AS seen FROM pg_stat_activity WHERE query ~ 'touchstone-test-(nora|admin)'`,
    ],
  ])('%s', async (_, says, ...attack) => {
    const said = await whatIsSaid(fresh.appUrl, [...proveEngineer(), ...attack])

    expect(said).toMatch(says)
    expect(said).not.toMatch(SECRETS)
  })

  test('nobody proved sees no people, no facilities and no members', async () => {
    const said = await whatIsSaid(fresh.appUrl, [
      'SELECT * FROM users',
      'SELECT * FROM facilities',
      'SELECT * FROM facility_members',
    ])

    expect(said).toBe('SELECT []\nSELECT []\nSELECT []')
  })

  test('work for a run opens the holdout of its own facility alone, not of the other facilities of the actor', async () => {
    const opened = await as(NORA, async (tx) => {
      await tx.query(`SELECT begin_run_work(id) FROM eval_runs WHERE facility_id = 'synthetic'`)
      return (await tx.query('SELECT facility_id FROM gold_cases WHERE is_holdout')).rows
    })

    expect(opened).toEqual([{ facility_id: 'synthetic' }])
  })

  test('what a writer’s token opened, the same user’s reading token does not see', async () => {
    const hash = createHash('sha256').update('nora-reads').digest('hex')
    await asOwner(fresh.ownerUrl, (tx) =>
      tx.query(`SELECT create_token(id, 'reads', $1, 'api', '{read}') FROM users WHERE name = 'nora'`, [
        hash,
      ]),
    )

    const seen = await as(NORA, async (tx) => {
      await tx.query(`SELECT begin_run_work(id) FROM eval_runs WHERE facility_id = 'north'`)
      const { rows } = await tx.query<{ claim: string }>(`SELECT current_setting('touchstone.run') AS claim`)
      await tx.query(`SELECT begin_actor('nora-reads')`)
      await tx.query(`SELECT set_config('touchstone.run', $1, true)`, [rows[0]?.claim])
      return (await tx.query('SELECT FROM gold_cases WHERE is_holdout')).rowCount
    })

    expect(seen).toBe(0)
  })
})

describe('nobody becomes somebody else', () => {
  test.each<[title: string, says: RegExp, ...attack: string[]]>([
    ['by a role', /permission denied to set role/, 'SET ROLE touchstone_owner'],
    ['by the eraser’s role', /permission denied to set role/, 'SET ROLE touchstone_eraser'],
    ['by the authentication library’s role', /permission denied to set role/, 'SET ROLE touchstone_auth'],
    [
      'by a session authorization',
      /permission denied to set session authorization/,
      'SET SESSION AUTHORIZATION touchstone_owner',
    ],
    [
      'by granting himself the owner',
      /permission denied|must have admin option/,
      'GRANT touchstone_owner TO touchstone_app',
    ],
    [
      'by a setting that stills triggers',
      /permission denied to set parameter/,
      'SET session_replication_role = replica',
    ],
    ['by reading the seal’s key', /permission denied for table actor_secret/, 'SELECT * FROM actor_secret'],
    [
      'by reading the seal’s key through a join that needs no column',
      /permission denied for table actor_secret/,
      'SELECT count(*) FROM actor_secret',
    ],
    [
      'by locking the seal’s key',
      /permission denied for table actor_secret/,
      'LOCK actor_secret IN ACCESS SHARE MODE',
    ],
    ['by sealing a claim', /permission denied for function seal_claim/, `SELECT seal_claim('actor', 'x')`],
    ['by reading tokens', /permission denied for table api_tokens/, 'SELECT 1 FROM api_tokens'],
    ['by reading sessions', /permission denied for table sessions/, 'SELECT 1 FROM sessions'],
    [
      'by making a session',
      /permission denied for table sessions/,
      `INSERT INTO sessions SELECT 'x', id, 'x', now() FROM users`,
    ],
    [
      'by replacing the function that proves',
      /permission denied for schema public|must be owner/,
      `CREATE OR REPLACE FUNCTION public.acting_role() RETURNS text LANGUAGE sql AS $$ SELECT 'admin' $$`,
    ],
    [
      'by a function of the same name for another type',
      /permission denied for schema public/,
      `CREATE FUNCTION public.create_user(varchar, varchar) RETURNS uuid LANGUAGE sql AS $$ SELECT NULL::uuid $$`,
    ],
    [
      'by a function of the same name in a schema that comes first',
      /only an admin may do this/,
      `CREATE FUNCTION pg_temp.acting_role() RETURNS text LANGUAGE sql AS $$ SELECT 'admin' $$`,
      `CREATE FUNCTION pg_temp.require_admin() RETURNS void LANGUAGE sql AS $$ SELECT $$`,
      'SET LOCAL search_path = pg_temp, public, pg_catalog',
      `SELECT public.create_user('intruder', 'admin')`,
    ],
    ['by a schema of his own', /permission denied for database/, 'CREATE SCHEMA mine'],
    [
      'by setting the role that an admin’s function looks at',
      /permission denied to set role|invalid value/,
      `SELECT set_config('role', 'touchstone_owner', true)`,
    ],
    [
      'by the setting "role" put to none',
      /only an admin may do this/,
      'SET LOCAL ROLE NONE',
      `SELECT set_role(id, 'admin') FROM users WHERE name = 'operator'`,
    ],
    [
      'by a wider token',
      /only an admin may do this/,
      `SELECT create_token(id, 't', repeat('a', 64)) FROM users WHERE name = 'operator'`,
    ],
    [
      'by membership',
      /only an admin may do this/,
      `SELECT add_member(id, 'north') FROM users WHERE name = 'operator'`,
    ],
    ['by ending another’s token', /only an admin may do this/, 'SELECT revoke_token(gen_random_uuid())'],
    [
      'by switching another off',
      /only an admin may do this/,
      `SELECT set_user_active(id, false) FROM users WHERE name = 'admin'`,
    ],
    [
      'by the claim of another kind',
      /"role":null/,
      `SELECT set_config('touchstone.run', current_setting('touchstone.actor'), true), set_config('touchstone.actor', '', true)`,
      'SELECT acting_role() AS role',
    ],
    [
      'by a claim with one facility more',
      /"seen":\[\]/,
      `SELECT set_config('touchstone.actor', current_setting('touchstone.actor') || ',north', true)`,
      'SELECT visible_facilities() AS seen',
    ],
    [
      'by a claim kept over the end of its transaction',
      /"role":null/,
      `SELECT set_config('touchstone.actor', current_setting('touchstone.actor'), false)`,
      'COMMIT',
      'SELECT acting_role() AS role',
    ],
    [
      'by a claim kept over a chained transaction',
      /"role":null/,
      `SELECT set_config('touchstone.actor', current_setting('touchstone.actor'), false)`,
      'COMMIT AND CHAIN',
      'SELECT acting_role() AS role',
    ],
    [
      'by a claim kept by a block that commits',
      /NOTICE role <NULL>/,
      'COMMIT',
      `DO $$ BEGIN PERFORM begin_actor('touchstone-test-engineer'); PERFORM set_config('touchstone.actor', current_setting('touchstone.actor'), false);
         COMMIT; RAISE NOTICE 'role %', acting_role(); END $$`,
    ],
    [
      'by a savepoint that is rolled back to',
      /"role":"engineer"/,
      'SAVEPOINT s',
      `SELECT set_config('touchstone.actor', repeat('0', 64) || 'x admin north', true)`,
      'ROLLBACK TO s',
      'SELECT acting_role() AS role',
    ],
  ])('%s', async (_, says, ...attack) => {
    const said = await whatIsSaid(fresh.appUrl, [...proveEngineer(), ...attack])

    expect(said).toMatch(says)
    expect(said).not.toMatch(SECRETS)
  })

  test.each([
    ['cases', /permission denied/, 'SELECT * FROM cases'],
    ['tokens', /permission denied/, 'SELECT * FROM api_tokens'],
    ['the seal’s key', /permission denied/, 'SELECT * FROM actor_secret'],
    ['a role', /permission denied/, `UPDATE users SET role = 'admin'`],
    ['an actor', /permission denied/, `SELECT begin_actor('touchstone-test-admin')`],
    ['a user', /permission denied/, `SELECT create_user('intruder', 'admin')`],
    ['the owner', /permission denied/, 'SET ROLE touchstone_owner'],
  ])('the authentication login does not reach %s', async (_, says, attack) => {
    expect(await whatIsSaid(fresh.authUrl, [attack])).toMatch(says)
  })

  test('the authentication login reads people, whom it signs in', async () => {
    expect(await whatIsSaid(fresh.authUrl, [`SELECT name FROM users WHERE name = 'nora'`])).toBe(
      'SELECT [{"name":"nora"}]',
    )
  })
})

describe('what is kept as it was', () => {
  const READ_OR_ADDED_TO = [
    'module_versions',
    'model_prices',
    'source_files',
    'case_payloads',
    'gold_cases',
    'gold_labels',
    'rendered_requests',
    'model_attempts',
    'abstraction_results',
    'signal_evidence',
    'response_cache',
    'gradings',
    'signal_grades',
    'case_outcomes',
    'comparisons',
    'gate_attempts',
    'gate_verdicts',
    'promotions',
    'prompt_current',
    'feedback',
    'audit_log',
    'gate_policies',
    'eval_suite_versions',
    'users',
    'facilities',
    'facility_members',
    'schema_migrations',
  ] as const

  test.each(READ_OR_ADDED_TO)(
    '%s is not updated, deleted or emptied by an admin of the application',
    async (table) => {
      const said = await whatIsSaid(fresh.appUrl, [
        'BEGIN',
        `SELECT role FROM begin_actor('${fresh.credentials.admin}')`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table} CASCADE`,
        `DO $$ DECLARE c text; BEGIN SELECT attname INTO c FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attnum = 1;
         EXECUTE format('UPDATE ${table} SET %I = %I', c, c); END $$`,
      ])

      expect(said.split('\n').slice(2)).toEqual(
        Array(3).fill(expect.stringMatching(/^ERROR.*permission denied for table/)),
      )
    },
  )

  test('what is append-only is not emptied by its owner either', async () => {
    const { rows } = await asOwner(fresh.ownerUrl, (tx) =>
      tx.query(`SELECT DISTINCT t.tgrelid::regclass::text AS name FROM pg_trigger t
                 WHERE t.tgfoid = 'refuse_change()'::regprocedure AND NOT EXISTS (SELECT FROM pg_trigger o
                   WHERE o.tgrelid = t.tgrelid AND o.tgname = 'refuse_truncate' AND o.tgtype & 32 = 32)`),
    )
    expect(rows).toEqual([])

    await expect(
      asOwner(fresh.ownerUrl, (tx) => tx.query('TRUNCATE promotions CASCADE')),
    ).rejects.toMatchObject({ code: 'frozen' })
  })

  test.each<[title: string, says: RegExp, attack: string]>([
    [
      'an approved prompt moved to another route',
      /stays on its route/,
      `UPDATE prompts SET module_id = 'orthopedics/other'`,
    ],
    [
      'an approved prompt put to another type',
      /stays on its route/,
      `UPDATE prompts SET prompt_type = 'default'`,
    ],
    [
      'what is current',
      /set by promotion/,
      `UPDATE prompts SET current_version_id = (SELECT id FROM prompt_versions WHERE version_number = 2)`,
    ],
    [
      'what is current, by a conflict',
      /set by promotion/,
      `INSERT INTO prompts (specialty_id, module_id, prompt_type, name) SELECT specialty_id, module_id, prompt_type, name FROM prompts LIMIT 1 ON CONFLICT (specialty_id, module_id, prompt_type) DO UPDATE SET current_version_id = (SELECT id FROM prompt_versions WHERE version_number = 2)`,
    ],
    [
      'APPROVED by MERGE',
      /cannot go from TESTING to APPROVED/,
      `MERGE INTO prompt_versions v USING (SELECT 2 AS n) s ON v.version_number = s.n WHEN MATCHED THEN UPDATE SET status = 'APPROVED'`,
    ],
    [
      'APPROVED by a conflict',
      /cannot go from TESTING to APPROVED/,
      `INSERT INTO prompt_versions (prompt_id, version_number, prompt_text, document, content_hash, model_name, context_paths) SELECT id, 2, '', '{}', '', '', '{}' FROM prompts ON CONFLICT (prompt_id, version_number) DO UPDATE SET status = 'APPROVED'`,
    ],
    [
      'the text of an APPROVED version',
      /is APPROVED and frozen/,
      `UPDATE prompt_versions SET prompt_text = 'other' WHERE version_number = 1`,
    ],
    [
      'an APPROVED version put aside',
      /cannot go from APPROVED to ARCHIVED/,
      `UPDATE prompt_versions SET status = 'ARCHIVED' WHERE version_number = 1`,
    ],
    [
      'how often a version was used',
      /counted, not set/,
      'UPDATE prompt_versions SET usage_count = 0 WHERE usage_count > 0',
    ],
    [
      'who wrote a version',
      /author of prompt version .* cannot change/,
      `UPDATE prompt_versions SET created_by = (SELECT id FROM users WHERE name = 'admin') WHERE version_number = 3`,
    ],
    ['a verdict', /permission denied for table gate_verdicts/, 'INSERT INTO gate_verdicts DEFAULT VALUES'],
    [
      'a promotion',
      /permission denied for table promotions/,
      `INSERT INTO promotions (prompt_id, environment, prompt_version_id, kind, reason) SELECT prompt_id, 'PROD', id, 'OVERRIDE', repeat('x', 30) FROM prompt_versions`,
    ],
    [
      'a policy that accepts itself',
      /permission denied for table gate_policies/,
      `UPDATE gate_policies SET state = 'ACCEPTED', accepted_by = created_by, accepted_at = now()`,
    ],
    [
      'a policy accepted by a conflict',
      /permission denied for table gate_policies/,
      `INSERT INTO gate_policies (content_hash, document) VALUES ('policy', '{}') ON CONFLICT (content_hash) DO UPDATE SET state = 'ACCEPTED'`,
    ],
    [
      'a run that is born finished',
      /a new run is PLANNED, not COMPLETED/,
      `INSERT INTO eval_runs (facility_id, suite_version_id, module_version_id, prompt_version_id, model, digest, status) SELECT facility_id, suite_version_id, module_version_id, prompt_version_id, model, 'x', 'COMPLETED' FROM eval_runs LIMIT 1`,
    ],
    ['another word for a status', /violates check constraint/, `UPDATE eval_runs SET status = 'DONE'`],
    ['a run of which less was asked', /is frozen/, `UPDATE eval_runs SET split = 'tune'`],
    [
      'more gold after a run',
      /has been run or accepted/,
      `INSERT INTO gold_cases (suite_version_id, facility_id, name, case_id, case_payload_id, cluster_key) SELECT suite_version_id, facility_id, 'more', case_id, case_payload_id, 'more' FROM gold_cases WHERE name = 'tune'`,
    ],
    [
      'a judgement signed by another',
      /reviewed_by of cases names somebody else/,
      `UPDATE cases SET reviewed_by = (SELECT id FROM users WHERE name = 'admin')`,
    ],
    [
      'a review signed by another',
      /reviewed_by of case_reviews names somebody else/,
      `INSERT INTO case_reviews (case_id, facility_id, reviewed_by) SELECT c.id, c.facility_id, u.id FROM cases c, users u WHERE u.name = 'admin'`,
    ],
    [
      'the words of a review that another signed',
      /signed by somebody else/,
      `UPDATE case_reviews SET reviewer_comment = 'never said'`,
    ],
    [
      'an answer validated by another',
      /validated_by of abstraction_results names somebody else/,
      `INSERT INTO abstraction_results (run_id, case_id, facility_id, signal_id, source, outcome, status, validated_by) SELECT r.id, r.case_id, r.facility_id, 'orthopedics/sch/late', 'HUMAN', 'answered', 'pass', u.id FROM abstraction_runs r, users u WHERE u.name = 'admin'`,
    ],
  ])('an engineer does not change %s', async (_, says, attack) => {
    expect(await whatIsSaid(fresh.appUrl, [...proveEngineer(), attack])).toMatch(says)
  })

  test('accepted gold takes no more, though nobody has run it', async () => {
    await asOwner(fresh.ownerUrl, (tx) =>
      tx.query(`INSERT INTO eval_suite_versions (suite_id, facility_id, version_number, content_hash, cases_hash, module_version_id, state, accepted_by, accepted_at)
                SELECT 'synthetic', 'synthetic', 2, 'h2', 'c', v.module_version_id, 'ACCEPTED', u.id, now() FROM eval_suite_versions v, users u
                 WHERE v.suite_id = 'synthetic' AND u.name = 'quality_lead'`),
    )

    const said = await whatIsSaid(fresh.appUrl, [
      ...proveEngineer(),
      `INSERT INTO gold_cases (suite_version_id, facility_id, name, case_id, case_payload_id, cluster_key)
       SELECT v.id, v.facility_id, 'late', c.id, p.id, 'late' FROM eval_suite_versions v, cases c JOIN case_payloads p ON p.case_id = c.id
        WHERE v.version_number = 2`,
    ])

    expect(said).toMatch(/has been run or accepted/)
  })

  test('gold cannot slip in beside a run that is being planned', async () => {
    const version = await as(fresh.operatorCredential, async (tx) => {
      const { rows } = await tx.query<{ id: string }>(
        `INSERT INTO eval_suite_versions (suite_id, facility_id, version_number, content_hash, cases_hash, module_version_id)
         SELECT 'synthetic', 'synthetic', 3, 'h3', 'c', id FROM module_versions RETURNING id`,
      )
      return rows[0]?.id
    })
    const insertGold = `INSERT INTO gold_cases (suite_version_id, facility_id, name, case_id, case_payload_id, cluster_key)
       SELECT $1, 'synthetic', 'late', c.id, p.id, 'late' FROM cases c JOIN case_payloads p ON p.case_id = c.id WHERE c.case_number = 'tune' AND c.facility_id = 'synthetic'`
    let slipping: Promise<unknown> | undefined

    await as(fresh.operatorCredential, async (planner) => {
      await planner.query(
        `INSERT INTO eval_runs (facility_id, suite_version_id, module_version_id, prompt_version_id, model, digest)
         SELECT 'synthetic', $1, m.id, v.id, 'heuristic', 'd3' FROM module_versions m, prompt_versions v WHERE v.version_number = 2`,
        [version],
      )
      slipping = as(fresh.operatorCredential, (tx) => tx.query(insertGold, [version])).catch(
        (error: unknown) => error,
      )
      await waitForLock()
    })

    expect(await slipping).toMatchObject({ code: 'frozen' })
  })

  test('gold is not written in a transaction that would not see the run', async () => {
    const said = await whatIsSaid(fresh.appUrl, [
      `SET default_transaction_isolation = 'repeatable read'`,
      'BEGIN',
      `SELECT role FROM begin_actor('${fresh.operatorCredential}')`,
      `INSERT INTO gold_cases (suite_version_id, facility_id, name, case_id, case_payload_id, cluster_key) SELECT suite_version_id, facility_id, 'more', case_id, case_payload_id, 'more' FROM gold_cases WHERE name = 'tune'`,
    ])

    expect(said).toMatch(/gold is written in a READ COMMITTED transaction/)
  })

  test('the author of a call under way, and what it asked, do not change', async () => {
    const said = await whatIsSaid(fresh.appUrl, [
      ...proveEngineer(),
      `INSERT INTO abstraction_runs (case_id, facility_id, prompt_version_id, module_version_id, provider, model_name, input_payload, input_hash, status)
       SELECT c.id, c.facility_id, v.id, m.id, 'p', 'm', '{}', 'under way', 'RUNNING' FROM cases c, prompt_versions v, module_versions m
        WHERE c.case_number = 'tune' AND v.version_number = 2`,
      `UPDATE abstraction_runs SET created_by = (SELECT id FROM users WHERE name = 'admin') WHERE input_hash = 'under way'`,
      `UPDATE abstraction_runs SET prompt_version_id = (SELECT id FROM prompt_versions WHERE version_number = 1) WHERE input_hash = 'under way'`,
      `UPDATE abstraction_runs SET status = 'COMPLETED', raw_text = 'said' WHERE input_hash = 'under way'`,
      `UPDATE abstraction_runs SET raw_text = 'other' WHERE input_hash = 'under way'`,
    ])

    expect(said.split('\n').slice(2)).toEqual([
      'INSERT []',
      expect.stringMatching(/abstraction_runs is frozen/),
      expect.stringMatching(/abstraction_runs is frozen/),
      'UPDATE []',
      expect.stringMatching(/append-only/),
    ])
  })

  test('money that is settled stays settled, and a reservation keeps its amount', async () => {
    const said = await whatIsSaid(fresh.appUrl, [
      ...proveEngineer(),
      `INSERT INTO budget_reservations (eval_run_id, facility_id, shard, amount_usd, lease_id, lease_until)
       SELECT id, facility_id, 0, 5, gen_random_uuid(), now() FROM eval_runs LIMIT 1`,
      'UPDATE budget_reservations SET amount_usd = 0',
      'UPDATE budget_reservations SET settled_usd = 4, settled_at = now()',
      'UPDATE budget_reservations SET settled_usd = 0',
    ])

    expect(said.split('\n').slice(2)).toEqual([
      'INSERT []',
      expect.stringMatching(/budget_reservations is frozen/),
      'UPDATE []',
      expect.stringMatching(/append-only/),
    ])
  })

  test('whoever rewrites another’s DRAFT is known as its coauthor, whatever the statement says', async () => {
    const coauthors = await as(fresh.credentials.quality_lead, async (tx) => {
      await tx.query(
        `UPDATE prompt_versions SET prompt_text = 'mine now', coauthors = '{}' WHERE version_number = 3`,
      )
      await tx.query(
        `UPDATE prompt_versions SET prompt_text = 'mine again', coauthors = '{}' WHERE version_number = 3`,
      )
      const { rows } = await tx.query('SELECT coauthors FROM prompt_versions WHERE version_number = 3')
      return { rows, userId: tx.actor.userId }
    })

    expect(coauthors.rows).toEqual([{ coauthors: [coauthors.userId] }])
  })

  test('who judges signs with his own name and the time of it, and a new case has no later hand', async () => {
    const { rows } = await as(fresh.operatorCredential, async (tx) => {
      await tx.query(
        `INSERT INTO cases (facility_id, case_number, specialty_id, module_id, reviewed_by, reviewed_at, updated_by)
         SELECT 'synthetic', 'judged', 'orthopedics', 'orthopedics/sch', $1, '2001-01-01', id FROM users WHERE name = 'admin'`,
        [tx.actor.userId],
      )
      return await tx.query(
        `SELECT reviewed_by = $1 AS is_mine, reviewed_at = now() AS is_now, updated_by FROM cases WHERE case_number = 'judged'`,
        [tx.actor.userId],
      )
    })

    expect(rows).toEqual([{ is_mine: true, is_now: true, updated_by: null }])
  })

  test('a person’s answer names the person', async () => {
    const { rows } = await as(fresh.operatorCredential, (tx) =>
      tx.query(
        `INSERT INTO abstraction_results (run_id, case_id, facility_id, signal_id, source, outcome, status)
         SELECT id, case_id, facility_id, 'orthopedics/sch/late', 'HUMAN', 'answered', 'pass' FROM abstraction_runs WHERE NOT is_holdout
         RETURNING validated_by = $1 AS is_mine, validated_at = now() AS is_now`,
        [tx.actor.userId],
      ),
    )

    expect(rows).toEqual([{ is_mine: true, is_now: true }])
  })

  test('nothing is dated ahead of what it would outrank, nor moved in time', async () => {
    const said = await whatIsSaid(fresh.appUrl, [
      ...proveEngineer(),
      `INSERT INTO feedback (result_id, case_id, facility_id, signal_id, feedback_type, created_at)
       SELECT id, case_id, facility_id, signal_id, 'CORRECT', now() + interval '1 year' FROM abstraction_results`,
      `INSERT INTO gradings (eval_run_id, facility_id, suite_version_id, module_version_id, pipeline_version, grading_version, created_at)
       SELECT id, facility_id, suite_version_id, module_version_id, 1, 1, now() + interval '1 year' FROM eval_runs`,
      `UPDATE prompts SET created_at = '2001-01-01'`,
    ])

    expect(said.split('\n').slice(2)).toEqual(
      Array(3).fill(expect.stringMatching(/neither moved nor set ahead/)),
    )
  })

  test('a token that an admin makes for the author of set-up proves nobody, and he cannot be switched on', async () => {
    const hash = createHash('sha256').update('as-setup').digest('hex')
    await as(fresh.credentials.admin, (tx) =>
      tx.query(`SELECT create_token(id, 'x', $1) FROM users WHERE name = 'setup'`, [hash]),
    )

    await expect(as('as-setup', async () => 1)).rejects.toMatchObject({ code: 'not_signed_in' })
    await expect(
      as(fresh.credentials.admin, (tx) =>
        tx.query(`SELECT set_user_active(id, true) FROM users WHERE name = 'setup'`),
      ),
    ).rejects.toThrow(/users_setup_never_asks/)
  })

  test('every table the application may write says which roles may', async () => {
    const { rows } = await asOwner(fresh.ownerUrl, (tx) =>
      tx.query(`SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                   AND has_table_privilege('touchstone_app', c.oid, 'INSERT, UPDATE, DELETE')
                   AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgfoid = 'require_role()'::regprocedure)`),
    )

    expect(rows).toEqual([])
  })
})

/** Waits until some connection of this database waits for a lock. */
async function waitForLock(): Promise<void> {
  await using watcher = openDatabase(fresh.superuserUrl)
  for (let turn = 0; turn < 200; turn += 1) {
    const { rows } = await watcher.pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    if (rows.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('nobody waits for a lock')
}
