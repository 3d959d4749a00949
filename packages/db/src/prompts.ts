import {
  formatPromptVersionReference,
  PROMPT_STATUSES,
  PromptDocument,
  type PromptVersionReference,
  TouchstoneError,
} from '@touchstone/core'
import { and, asc, desc, eq, inArray, isNotNull, ne, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import { newId } from './new-id.ts'
import type { Queryable, TypedQueryable } from './rows.ts'
import { prompts, promptVersions } from './schema/prompts.ts'

/** A prompt version as it is kept. `version` is null for a working copy. */
export const KeptPromptVersion = z.object({
  id: z.uuid(),
  prompt: z.string(),
  version: z.int().nullable(),
  status: z.enum(['WORKING', ...PROMPT_STATUSES]),
  contentHash: z.string(),
  text: z.string(),
  document: PromptDocument,
  sourceFileId: z.uuid().nullable(),
  createdAt: z.date(),
})
export type KeptPromptVersion = z.infer<typeof KeptPromptVersion>

const COLUMNS = {
  id: promptVersions.id,
  prompt: prompts.path,
  version: promptVersions.versionNumber,
  status: promptVersions.status,
  contentHash: promptVersions.contentHash,
  text: promptVersions.promptText,
  document: promptVersions.document,
  sourceFileId: promptVersions.sourceFileId,
  createdAt: promptVersions.createdAt,
}

async function readVersions(
  tx: TypedQueryable,
  { where, order = [] }: { where: SQL | undefined; order?: SQL[] },
): Promise<KeptPromptVersion[]> {
  const rows = await tx.drizzle
    .select(COLUMNS)
    .from(promptVersions)
    .innerJoin(prompts, eq(prompts.id, promptVersions.promptId))
    .where(where)
    .orderBy(...order)
  return rows.map((row) => KeptPromptVersion.parse(row))
}

/** Every numbered version of every prompt, by prompt and number; or those of one prompt. */
export async function listPromptVersions(
  tx: TypedQueryable,
  prompt: string | null,
): Promise<KeptPromptVersion[]> {
  return readVersions(tx, {
    where: and(
      isNotNull(promptVersions.versionNumber),
      prompt === null ? undefined : eq(prompts.path, prompt),
    ),
    order: [asc(prompts.path), asc(promptVersions.versionNumber)],
  })
}

/** A numbered version; throws `not_found` naming the versions there are. */
export async function findPromptVersion(
  tx: TypedQueryable,
  reference: PromptVersionReference,
): Promise<KeptPromptVersion> {
  const { prompt, version: number } = reference
  const [version] = await readVersions(tx, {
    where: and(eq(prompts.path, prompt), eq(promptVersions.versionNumber, number)),
  })
  if (version) return version
  const others = (await listPromptVersions(tx, prompt)).map((other) => `@${other.version}`)
  const hint = others.length === 0 ? `there is no prompt ${prompt}` : `there is ${others.join(', ')}`
  throw new TouchstoneError('not_found', `There is no ${formatPromptVersionReference(reference)}: ${hint}.`)
}

/** A version by its row's id. */
export async function promptVersionById(tx: TypedQueryable, id: string): Promise<KeptPromptVersion> {
  const [version] = await readVersions(tx, { where: eq(promptVersions.id, id) })
  if (version) return version
  throw new TouchstoneError('not_found', `There is no prompt version ${id}.`)
}

/** The version in force of each of these prompts: what is current in PROD, else the newest. */
export async function versionsInForce(
  tx: TypedQueryable,
  wanted: readonly string[],
): Promise<KeptPromptVersion[]> {
  const rows = await tx.drizzle
    .selectDistinctOn([prompts.path], COLUMNS)
    .from(promptVersions)
    .innerJoin(prompts, eq(prompts.id, promptVersions.promptId))
    .where(
      and(
        inArray(prompts.path, [...wanted]),
        isNotNull(promptVersions.versionNumber),
        ne(promptVersions.status, 'ARCHIVED'),
      ),
    )
    .orderBy(
      asc(prompts.path),
      sql`(${promptVersions.id} = ${prompts.currentVersionId}) DESC NULLS LAST`,
      desc(promptVersions.versionNumber),
    )
  return rows.map((row) => KeptPromptVersion.parse(row))
}

/** A version to be kept: `version` null makes a working copy, found again by its hash. */
export type NewPromptVersion = {
  prompt: string
  version: number | null
  contentHash: string
  text: string
  document: PromptDocument
  sourceFileId: string | null
}

/** Keeps prompts and versions that are new, each kind in one statement. What is there already is left as it is. */
export async function keepPromptVersions(
  tx: Queryable,
  versions: readonly NewPromptVersion[],
): Promise<void> {
  if (versions.length === 0) return
  await tx.query(KEEP_PROMPTS, [JSON.stringify(versions.map(promptRow))])
  await tx.query(KEEP_VERSIONS, [JSON.stringify(versions.map(versionRow))])
}

function promptRow({ prompt, document }: NewPromptVersion): Record<string, unknown> {
  const [specialty = '', module = '', type = ''] = prompt.split('/')
  return {
    id: newId(),
    specialty_id: specialty === 'global' ? null : specialty,
    module_id: module === 'default' ? null : `${specialty}/${module}`,
    prompt_type: type,
    name: document.name,
  }
}

function versionRow(version: NewPromptVersion): Record<string, unknown> {
  const { document } = version
  return {
    id: newId(),
    path: version.prompt,
    version_number: version.version,
    name: document.name,
    prompt_text: version.text,
    document,
    content_hash: version.contentHash,
    model_instructions: document.output,
    model_name: document.model,
    model_params: document.params,
    context_paths: document.context,
    change_note: document.note,
    source_file_id: version.sourceFileId,
    status: version.version === null ? 'WORKING' : 'DRAFT',
  }
}

const KEEP_PROMPTS = `INSERT INTO prompts (id, specialty_id, module_id, prompt_type, name)
  SELECT DISTINCT ON (specialty_id, module_id, prompt_type) id, specialty_id, module_id, prompt_type, name
    FROM jsonb_to_recordset($1::jsonb) AS b(id uuid, specialty_id text, module_id text, prompt_type text, name text)
  ON CONFLICT (specialty_id, module_id, prompt_type) DO NOTHING`
const KEEP_VERSIONS = `INSERT INTO prompt_versions (id, prompt_id, version_number, name, prompt_text, document, content_hash,
         model_instructions, model_name, model_params, context_paths, change_note, source_file_id, status, parent_version_id)
  SELECT b.id, p.id, b.version_number, b.name, b.prompt_text, b.document, b.content_hash,
         b.model_instructions, b.model_name, b.model_params, b.context_paths, b.change_note, b.source_file_id, b.status,
         (SELECT v.id FROM prompt_versions v WHERE v.prompt_id = p.id AND v.version_number < coalesce(b.version_number, 2147483647)
           ORDER BY v.version_number DESC LIMIT 1)
    FROM jsonb_to_recordset($1::jsonb) AS b(id uuid, path text, version_number int, name text, prompt_text text, document jsonb,
         content_hash text, model_instructions jsonb, model_name text, model_params jsonb, context_paths text[],
         change_note text, source_file_id uuid, status text)
    JOIN prompts p ON p.path = b.path
  ON CONFLICT DO NOTHING`

/** The working copy of a prompt with this hash; null when it was never kept. */
export async function findWorkingCopy(
  tx: TypedQueryable,
  { prompt, contentHash }: { prompt: string; contentHash: string },
): Promise<KeptPromptVersion | null> {
  const [version] = await readVersions(tx, {
    where: and(
      eq(prompts.path, prompt),
      eq(promptVersions.contentHash, contentHash),
      eq(promptVersions.status, 'WORKING'),
    ),
  })
  return version ?? null
}

/** Rewrites a DRAFT with what its file says now; the database refuses it for a version past DRAFT. */
export async function rewriteDraft(tx: Queryable, id: string, version: NewPromptVersion): Promise<void> {
  const row = versionRow(version)
  await tx.query(
    `UPDATE prompt_versions SET name = $2, prompt_text = $3, document = $4, content_hash = $5, model_instructions = $6,
            model_name = $7, model_params = $8, context_paths = $9, change_note = $10, source_file_id = $11 WHERE id = $1`,
    [
      id,
      row.name,
      row.prompt_text,
      JSON.stringify(row.document),
      row.content_hash,
      JSON.stringify(row.model_instructions),
      row.model_name,
      JSON.stringify(row.model_params),
      row.context_paths,
      row.change_note ?? null,
      row.source_file_id,
    ],
  )
}
