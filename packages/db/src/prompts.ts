import {
  formatPromptVersionReference,
  PROMPT_STATUSES,
  PromptDocument,
  type PromptVersionReference,
  TouchstoneError,
} from '@touchstone/core'
import * as z from 'zod'
import { newId } from './new-id.ts'
import { type Queryable, readOnlyRow, readRow, readRows } from './rows.ts'

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

const COLUMNS = `v.id, p.path AS prompt, v.version_number AS version, v.status, v.content_hash AS "contentHash",
  v.prompt_text AS text, v.document, v.source_file_id AS "sourceFileId", v.created_at AS "createdAt"`

/** Every numbered version of every prompt, by prompt and number; or those of one prompt. */
export async function listPromptVersions(tx: Queryable, prompt: string | null): Promise<KeptPromptVersion[]> {
  return readRows(tx, KeptPromptVersion, {
    text: `SELECT ${COLUMNS} FROM prompt_versions v JOIN prompts p ON p.id = v.prompt_id
            WHERE v.version_number IS NOT NULL AND ($1::text IS NULL OR p.path = $1) ORDER BY p.path, v.version_number`,
    values: [prompt],
  })
}

/** A numbered version; throws `not_found` naming the versions there are. */
export async function findPromptVersion(
  tx: Queryable,
  reference: PromptVersionReference,
): Promise<KeptPromptVersion> {
  const version = await readRow(tx, KeptPromptVersion, {
    text: `SELECT ${COLUMNS} FROM prompt_versions v JOIN prompts p ON p.id = v.prompt_id
            WHERE p.path = $1 AND v.version_number = $2`,
    values: [reference.prompt, reference.version],
  })
  if (version) return version
  const others = (await listPromptVersions(tx, reference.prompt)).map((other) => `@${other.version}`)
  const hint =
    others.length === 0 ? `there is no prompt ${reference.prompt}` : `there is ${others.join(', ')}`
  throw new TouchstoneError('not_found', `There is no ${formatPromptVersionReference(reference)}: ${hint}.`)
}

/** A version by its row's id. */
export async function promptVersionById(tx: Queryable, id: string): Promise<KeptPromptVersion> {
  return readOnlyRow(tx, KeptPromptVersion, {
    text: `SELECT ${COLUMNS} FROM prompt_versions v JOIN prompts p ON p.id = v.prompt_id WHERE v.id = $1`,
    values: [id],
  })
}

/** The version in force of each of these prompts: what is current in PROD, else the newest. */
export async function versionsInForce(
  tx: Queryable,
  prompts: readonly string[],
): Promise<KeptPromptVersion[]> {
  return readRows(tx, KeptPromptVersion, {
    text: `SELECT DISTINCT ON (p.path) ${COLUMNS} FROM prompt_versions v JOIN prompts p ON p.id = v.prompt_id
            WHERE p.path = ANY ($1) AND v.version_number IS NOT NULL AND v.status <> 'ARCHIVED'
            ORDER BY p.path, (v.id = p.current_version_id) DESC NULLS LAST, v.version_number DESC`,
    values: [prompts],
  })
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
  tx: Queryable,
  { prompt, contentHash }: { prompt: string; contentHash: string },
): Promise<KeptPromptVersion | null> {
  return readRow(tx, KeptPromptVersion, {
    text: `SELECT ${COLUMNS} FROM prompt_versions v JOIN prompts p ON p.id = v.prompt_id
            WHERE p.path = $1 AND v.content_hash = $2 AND v.status = 'WORKING'`,
    values: [prompt, contentHash],
  })
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
