import { GatePolicy, ModuleVersion, SuiteDocument, TouchstoneError } from '@touchstone/core'
import { and, eq, type SQL } from 'drizzle-orm'
import * as z from 'zod'
import { newId } from './new-id.ts'
import { type Queryable, readOnlyRow, readRows, type TypedQueryable } from './rows.ts'
import { evalSuites, evalSuiteVersions } from './schema/suites.ts'

/** A suite version as it is kept; `number` is what people call the gold version. */
export const KeptSuiteVersion = z.object({
  id: z.uuid(),
  suite: z.string(),
  facility: z.string(),
  moduleId: z.string(),
  moduleVersionId: z.uuid(),
  number: z.int(),
  contentHash: z.string(),
  casesHash: z.string(),
  document: SuiteDocument,
  sourceFileId: z.uuid().nullable(),
  state: z.enum(['PROPOSED', 'ACCEPTED']),
})
export type KeptSuiteVersion = z.infer<typeof KeptSuiteVersion>

const COLUMNS = {
  id: evalSuiteVersions.id,
  suite: evalSuiteVersions.suiteId,
  facility: evalSuiteVersions.facilityId,
  moduleId: evalSuites.moduleId,
  moduleVersionId: evalSuiteVersions.moduleVersionId,
  number: evalSuiteVersions.versionNumber,
  contentHash: evalSuiteVersions.contentHash,
  casesHash: evalSuiteVersions.casesHash,
  document: evalSuiteVersions.document,
  sourceFileId: evalSuiteVersions.sourceFileId,
  state: evalSuiteVersions.state,
}

async function readVersion(tx: TypedQueryable, where: SQL | undefined): Promise<KeptSuiteVersion | null> {
  const [version] = await tx.drizzle
    .select(COLUMNS)
    .from(evalSuiteVersions)
    .innerJoin(evalSuites, eq(evalSuites.id, evalSuiteVersions.suiteId))
    .where(where)
  return version ? KeptSuiteVersion.parse(version) : null
}

/** The newest version of a suite; throws `not_found`. */
export async function currentSuiteVersion(tx: TypedQueryable, suite: string): Promise<KeptSuiteVersion> {
  const isCurrent = eq(evalSuiteVersions.id, evalSuites.currentVersionId)
  const version = await readVersion(tx, and(eq(evalSuites.id, suite), isCurrent))
  if (version) return version
  throw new TouchstoneError(
    'not_found',
    `There is no suite ${suite}; "touchstone suites" lists those there are.`,
  )
}

/** A suite version by its row's id. */
export async function suiteVersionById(tx: TypedQueryable, id: string): Promise<KeptSuiteVersion> {
  const version = await readVersion(tx, eq(evalSuiteVersions.id, id))
  if (version) return version
  throw new TouchstoneError('not_found', `There is no suite version ${id}.`)
}

/** The version of a suite that holds exactly this content; null when there is none. */
export async function findSuiteVersion(
  tx: TypedQueryable,
  { suite, contentHash }: { suite: string; contentHash: string },
): Promise<KeptSuiteVersion | null> {
  const isOfSuite = eq(evalSuiteVersions.suiteId, suite)
  return readVersion(tx, and(isOfSuite, eq(evalSuiteVersions.contentHash, contentHash)))
}

/** A line of the list of suites. */
export const SuiteLine = z.object({
  suite: z.string(),
  name: z.string(),
  module: z.string(),
  goldVersion: z.int(),
  suiteVersion: z.string(),
  cases: z.int(),
  state: z.string(),
  isStale: z.boolean(),
})
export type SuiteLine = z.infer<typeof SuiteLine>

/** All suites with their newest version; stale where the module's definitions have changed since. */
export async function listSuites(tx: Queryable): Promise<SuiteLine[]> {
  return readRows(tx, SuiteLine, {
    text: `SELECT s.id AS suite, s.name, s.module_id AS module, v.version_number AS "goldVersion", v.content_hash AS "suiteVersion",
                  (SELECT count(*)::int FROM gold_case_ids(v.id)) AS cases, v.state,
                  v.module_version_id IS DISTINCT FROM m.current_version_id AS "isStale"
             FROM eval_suites s JOIN eval_suite_versions v ON v.id = s.current_version_id
             JOIN modules m ON m.id = s.module_id ORDER BY s.id`,
  })
}

const StaleSuite = z.object({
  suite: z.string(),
  module: z.string(),
  before: ModuleVersion,
  after: ModuleVersion,
})

/** The suites whose newest gold was labelled for other definitions than the module has now, with both. */
export async function listStaleSuites(tx: Queryable): Promise<z.infer<typeof StaleSuite>[]> {
  return readRows(tx, StaleSuite, {
    text: `SELECT s.id AS suite, s.module_id AS module, was.document AS before, is_now.document AS after
             FROM eval_suites s JOIN eval_suite_versions v ON v.id = s.current_version_id
             JOIN modules m ON m.id = s.module_id
             JOIN module_versions was ON was.id = v.module_version_id
             JOIN module_versions is_now ON is_now.id = m.current_version_id
            WHERE was.id <> is_now.id ORDER BY s.id`,
  })
}

/** Keeps a gate policy by its hash, as PROPOSED when it is new; returns its row's id. */
export async function keepGatePolicy(
  tx: Queryable,
  { contentHash, policy }: { contentHash: string; policy: GatePolicy },
): Promise<string> {
  await tx.query(
    'INSERT INTO gate_policies (id, content_hash, document) VALUES ($1, $2, $3) ON CONFLICT (content_hash) DO NOTHING',
    [newId(), contentHash, JSON.stringify(GatePolicy.parse(policy))],
  )
  const text = 'SELECT id FROM gate_policies WHERE content_hash = $1'
  return (await readOnlyRow(tx, z.object({ id: z.uuid() }), { text, values: [contentHash] })).id
}

/** What a new suite version says of itself. */
export type NewSuiteVersion = {
  suite: string
  facility: string
  document: SuiteDocument
  contentHash: string
  casesHash: string
  moduleVersionId: string
  gatePolicyId: string | null
  sourceFileId: string | null
}

/** Keeps a suite and a new version of it, which becomes the newest; returns the version's id. */
export async function createSuiteVersion(tx: Queryable, version: NewSuiteVersion): Promise<string> {
  const { suite, facility, document } = version
  await tx.query(
    `INSERT INTO eval_suites AS s (id, facility_id, module_id, name, description) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description`,
    [suite, facility, document.module, document.name, document.description ?? null],
  )
  const id = newId()
  await tx.query(
    `INSERT INTO eval_suite_versions (id, suite_id, facility_id, version_number, content_hash, cases_hash, document,
            module_version_id, gate_policy_id, source_file_id)
     VALUES ($1, $2, $3, coalesce((SELECT max(version_number) FROM eval_suite_versions WHERE suite_id = $2), 0) + 1,
            $4, $5, $6, $7, $8, $9)`,
    [
      id,
      suite,
      facility,
      version.contentHash,
      version.casesHash,
      JSON.stringify(document),
      version.moduleVersionId,
      version.gatePolicyId,
      version.sourceFileId,
    ],
  )
  await useSuiteVersion(tx, { suite, id })
  return id
}

/** Makes a version the newest of its suite: a content that was there before is taken up again. */
export async function useSuiteVersion(
  tx: Queryable,
  { suite, id }: { suite: string; id: string },
): Promise<void> {
  await tx.query(
    'UPDATE eval_suites SET current_version_id = $2 WHERE id = $1 AND current_version_id IS DISTINCT FROM $2',
    [suite, id],
  )
}

/** Says which suite gates which prompt; what is no longer named is let go. */
export async function keepPromptGates(
  tx: Queryable,
  {
    suite,
    facility,
    gates,
  }: { suite: string; facility: string; gates: readonly { prompt: string; required: boolean }[] },
): Promise<void> {
  const values = [suite, facility, JSON.stringify(gates)]
  await tx.query(
    `DELETE FROM prompt_gates g USING prompts p WHERE g.suite_id = $1 AND p.id = g.prompt_id
        AND p.path NOT IN (SELECT b.prompt FROM jsonb_to_recordset($2::jsonb) AS b(prompt text))`,
    [suite, JSON.stringify(gates)],
  )
  await tx.query(
    `INSERT INTO prompt_gates AS g (prompt_id, suite_id, facility_id, is_required, created_by)
     SELECT p.id, $1, $2, b.required, (SELECT user_id FROM current_actor())
       FROM jsonb_to_recordset($3::jsonb) AS b(prompt text, required boolean) JOIN prompts p ON p.path = b.prompt
     ON CONFLICT (prompt_id, suite_id) DO UPDATE SET is_required = excluded.is_required`,
    values,
  )
}
