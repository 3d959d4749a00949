import { afterAll, beforeAll, expect, test } from 'vitest'
import { asOwner } from './open.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'

// Every table whose rows belong to a facility.
const FACILITY_TABLES = [
  'patients',
  'cases',
  'case_payloads',
  'encounters',
  'eval_suites',
  'eval_runs',
  'eval_samples',
  'abstraction_runs',
  'abstraction_results',
  'signal_evidence',
  'signal_grades',
  'case_reviews',
  'feedback',
  'response_cache',
  'rendered_requests',
  'eval_suite_versions',
  'gold_cases',
  'gold_labels',
  'model_attempts',
  'gradings',
  'case_outcomes',
  'signal_summaries',
  'comparisons',
  'gate_attempts',
  'gate_verdicts',
  'source_files',
  'audit_log',
]
const BY_FACILITY = '(facility_id = ANY (( SELECT visible_facilities() AS visible_facilities)::text[]))'
const HOLDOUT =
  '((NOT is_holdout) OR (facility_id = ANY (( SELECT holdout_facilities() AS holdout_facilities)::text[])))'

let fresh: FreshDatabase

beforeAll(async () => {
  fresh = await freshDatabase()
})
afterAll(async () => {
  await fresh.close()
})

async function rowsOf<Row extends Record<string, unknown>>(
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const { rows } = await asOwner(fresh.ownerUrl, (tx) => tx.query<Row>(sql, values))
  return rows
}

test.each(FACILITY_TABLES)(
  '%s has a facility, always, under enabled and forced row-level security',
  async (table) => {
    const rows = await rowsOf(
      `SELECT relrowsecurity AS enabled, relforcerowsecurity AS forced,
            (SELECT attnotnull FROM pg_attribute WHERE attrelid = c.oid AND attname = 'facility_id') AS is_always_there
       FROM pg_class c WHERE c.oid = $1::regclass`,
      [table],
    )

    expect(rows).toEqual([{ enabled: true, forced: true, is_always_there: true }])
  },
)

test('a table that has a facility_id is under forced row-level security, listed or not; only facility_members is not', async () => {
  const rows = await rowsOf(
    `SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'facility_id'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relforcerowsecurity`,
  )

  expect(rows).toEqual([{ relname: 'facility_members' }])
})

test('each protected table has one policy of its owner and one by facility; others only take away', async () => {
  const policies = await rowsOf<{ tablename: string }>(
    `SELECT tablename, lower(permissive) AS kind, array_to_string(roles, ',') AS roles, cmd, qual, with_check
       FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename, permissive, roles`,
  )

  for (const table of FACILITY_TABLES) {
    const [first, second, ...others] = policies
      .filter(({ tablename }) => tablename === table)
      .map(({ tablename, ...policy }) => policy)
    expect([first, second]).toEqual([
      { kind: 'permissive', roles: 'touchstone_app', cmd: 'ALL', qual: BY_FACILITY, with_check: BY_FACILITY },
      { kind: 'permissive', roles: 'touchstone_owner', cmd: 'ALL', qual: 'true', with_check: 'true' },
    ])
    for (const other of others) {
      expect(other).toMatchObject({ kind: 'restrictive', roles: 'touchstone_app', qual: HOLDOUT })
    }
  }
})

test('every table that can hold holdout rows hides them', async () => {
  const rows = await rowsOf(
    `SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'is_holdout'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND NOT EXISTS (SELECT FROM pg_policies p WHERE p.tablename = c.relname AND p.permissive = 'RESTRICTIVE'
                           AND p.cmd IN ('SELECT', 'ALL') AND p.qual = $1)`,
    [HOLDOUT],
  )

  expect(rows).toEqual([])
})

test('every foreign key between protected tables carries the facility', async () => {
  const rows = await rowsOf(
    `SELECT k.conrelid::regclass::text AS child, k.conname FROM pg_constraint k
       JOIN pg_class parent ON parent.oid = k.confrelid JOIN pg_class child ON child.oid = k.conrelid
      WHERE k.contype = 'f' AND parent.relforcerowsecurity AND child.relforcerowsecurity
        AND NOT EXISTS (SELECT FROM pg_attribute a
                         WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname = 'facility_id')
        AND NOT EXISTS (SELECT FROM pg_constraint twin
                         WHERE twin.conrelid = k.conrelid AND twin.confrelid = k.confrelid AND twin.oid <> k.oid
                           AND twin.contype = 'f' AND twin.conkey[1] = k.conkey[1]
                           AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = twin.conrelid
                                         AND a.attnum = ANY (twin.conkey) AND a.attname = 'facility_id'))`,
  )

  // A suite names one of its own versions, and the version's key to its suite carries the facility.
  expect(rows).toEqual([{ child: 'eval_suites', conname: 'eval_suites_current_version_fk' }])
})

test('a child of something that can be holdout carries is_holdout in its key', async () => {
  const rows = await rowsOf(
    `SELECT child.relname || ' → ' || parent.relname AS key FROM pg_constraint k
       JOIN pg_class parent ON parent.oid = k.confrelid JOIN pg_class child ON child.oid = k.conrelid
      WHERE k.contype = 'f'
        AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = parent.oid AND a.attname = 'is_holdout')
      GROUP BY child.relname, parent.relname
     HAVING NOT bool_or(EXISTS (SELECT FROM pg_attribute a
                     WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname = 'is_holdout'))
      ORDER BY 1`,
  )

  // One file may hold tune and holdout cases together; what is parsed from it carries its own split.
  expect(rows.map(({ key }) => key)).toEqual([
    'eval_suite_versions → source_files',
    'gold_cases → source_files',
    'prompt_versions → source_files',
  ])
})

test('every foreign key says what a deletion does, and none cascades into what is kept', async () => {
  const rows = await rowsOf(
    `SELECT conrelid::regclass::text AS child, confdeltype AS on_delete FROM pg_constraint
      WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND confdeltype <> 'r'`,
  )

  expect(rows).toEqual([{ child: 'sessions', on_delete: 'c' }])
})

test('every foreign key has an index that begins with its first column or its facility', async () => {
  const rows = await rowsOf(
    `SELECT k.conrelid::regclass::text || '.' || k.conname AS key FROM pg_constraint k
      WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
        AND k.confrelid <> 'facilities'::regclass
        AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid
                         AND (i.indkey[0] = k.conkey[1] OR (i.indkey[0] = ANY (k.conkey) AND i.indkey[1] = ANY (k.conkey))))
      ORDER BY 1`,
  )

  expect(rows).toEqual([])
})

test('every list of states is a CHECK', async () => {
  const rows = await rowsOf(
    `SELECT c.relname || '.' || a.attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
        AND a.attname ~ '(^|_)(status|state|kind|role|split|origin|priority|polarity|severity|grade|support|verdict|environment|outcome|basis|verification)$'
        AND NOT EXISTS (SELECT FROM pg_constraint k
                         WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)
                           AND pg_get_constraintdef(k.oid) LIKE '%ARRAY[%')
      ORDER BY 1`,
  )

  // Numbers, words of the provider's or the model's own, and CEL.
  expect(rows.map(({ name }) => name)).toEqual([
    'abstraction_runs.failure_kind',
    'eval_samples.failure_kind',
    'model_attempts.failure_kind',
    'model_attempts.http_status',
    'modules.outcome',
  ])
})

test('NULLS NOT DISTINCT binds the routing key of prompts alone', async () => {
  const rows = await rowsOf(
    `SELECT i.indrelid::regclass::text AS on_table FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
      WHERE c.relnamespace = 'public'::regnamespace AND i.indnullsnotdistinct`,
  )

  expect(rows).toEqual([{ on_table: 'prompts' }])
})

test('every view asks with the rights of whoever asks', async () => {
  const rows = await rowsOf(
    `SELECT c.relname, c.reloptions::text AS options FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' ORDER BY 1`,
  )

  expect(rows).toEqual([
    { relname: 'v_cases_pending_review', options: '{security_invoker=true}' },
    { relname: 'v_cases_recent', options: '{security_invoker=true}' },
    { relname: 'v_signal_accuracy', options: '{security_invoker=true}' },
  ])
})

test('every function of ours has a pinned search_path and is callable by name only', async () => {
  const rows = await rowsOf(
    `SELECT p.proname FROM pg_proc p
      WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        AND (NOT coalesce('search_path=pg_catalog, public, pg_temp' = ANY (p.proconfig), false)
             OR p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) g WHERE g.grantee = 0))`,
  )

  expect(rows).toEqual([])
})

test('the application and the authentication login own nothing, make nothing and are above nothing', async () => {
  const rows = await rowsOf(
    `SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
            has_schema_privilege(rolname, 'public', 'CREATE') AS may_create,
            pg_has_role(rolname, 'touchstone_owner', 'MEMBER') AS may_become_owner,
            (SELECT count(*)::int FROM pg_class c WHERE c.relowner = r.oid) AS owned
       FROM pg_roles r WHERE rolname IN ('touchstone_app', 'touchstone_auth') ORDER BY 1`,
  )

  const powerless = {
    rolsuper: false,
    rolbypassrls: false,
    rolcreaterole: false,
    rolcreatedb: false,
    may_create: false,
    may_become_owner: false,
    owned: 0,
  }
  expect(rows).toEqual([
    { rolname: 'touchstone_app', ...powerless },
    { rolname: 'touchstone_auth', ...powerless },
  ])
})

test('the application deletes nothing but what can be counted or imported again', async () => {
  const rows = await rowsOf(
    `SELECT c.relname FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND (has_table_privilege('touchstone_app', c.oid, 'DELETE') OR has_table_privilege('touchstone_app', c.oid, 'TRUNCATE'))
      ORDER BY 1`,
  )

  expect(rows.map(({ relname }) => relname)).toEqual([
    'followup_questions',
    'prompt_gates',
    'signal_summaries',
  ])
})

test.each([
  'prompt_current',
  'promotions',
  'gate_verdicts',
  'audit_log',
  'users',
  'facilities',
  'facility_members',
])('the application only reads %s', async (table) => {
  const rows = await rowsOf(
    `SELECT has_table_privilege('touchstone_app', $1, 'SELECT') AS reads,
              has_table_privilege('touchstone_app', $1, 'INSERT, UPDATE, DELETE, TRUNCATE') AS writes`,
    [table],
  )

  expect(rows).toEqual([{ reads: true, writes: false }])
})
