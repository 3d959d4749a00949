import * as z from 'zod'
import { namedId, newId } from './new-id.ts'
import { type Queryable, readRow, readRows } from './rows.ts'

/** A file as it was imported: its path from the root of the checkout, its hash and its bytes. */
export type SourceFile = { path: string; contentHash: string; bytes: Uint8Array; isHoldout?: boolean }

/** The facility of what belongs to none. */
export const SYNTHETIC_FACILITY = 'synthetic'

/**
 * Keeps files, each (path, hash) once, in one statement; returns the row ids by path. The conflict names no
 * columns: it would need to read rows, and holdout files are hidden from most who import them.
 */
export async function keepSourceFiles(
  tx: Queryable,
  { facility, files }: { facility: string; files: readonly SourceFile[] },
): Promise<Map<string, string>> {
  const rows = files.map((file) => ({
    // A hidden file cannot be looked up by those who import it again; its id must follow from what it is.
    id: file.isHoldout === true ? namedId([facility, file.path, file.contentHash]) : newId(),
    path: file.path,
    content_hash: file.contentHash,
    is_holdout: file.isHoldout ?? false,
    bytes: Buffer.from(file.bytes).toString('base64'),
  }))
  const kept = await readRows(tx, z.object({ path: z.string(), id: z.uuid() }), {
    text: `WITH batch AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset($2::jsonb) AS b(id uuid, path text, content_hash text, is_holdout boolean, bytes text)
      ), fresh AS (
        INSERT INTO source_files (id, facility_id, is_holdout, path, content_hash, bytes)
        SELECT id, $1, is_holdout, path, content_hash, decode(bytes, 'base64') FROM batch
        ON CONFLICT DO NOTHING
      )
      SELECT b.path, coalesce(f.id, b.id) AS id FROM batch b
        LEFT JOIN source_files f ON f.facility_id = $1 AND f.path = b.path AND f.content_hash = b.content_hash`,
    values: [facility, JSON.stringify(rows)],
  })
  return new Map(kept.map((row) => [row.path, row.id]))
}

/** A kept file by its row's id; null when it is hidden or erased. */
export async function sourceFileById(
  tx: Queryable,
  id: string,
): Promise<{ path: string; bytes: Buffer } | null> {
  const Row = z.object({ path: z.string(), bytes: z.instanceof(Buffer) })
  return readRow(tx, Row, {
    text: 'SELECT path, bytes FROM source_files WHERE id = $1 AND bytes IS NOT NULL',
    values: [id],
  })
}

/** Files of metadata as they were imported, of every path the newest content first; gold and prompts are left out. */
export async function listMetadataFiles(tx: Queryable): Promise<{ path: string; bytes: Buffer }[]> {
  const Row = z.object({ path: z.string(), bytes: z.instanceof(Buffer) })
  return readRows(tx, Row, {
    text: `SELECT f.path, f.bytes FROM source_files f
            WHERE f.bytes IS NOT NULL AND NOT f.is_holdout AND f.path ~ '\\.ya?ml$'
              AND NOT EXISTS (SELECT 1 FROM gold_cases g WHERE g.source_file_id = f.id)
              AND NOT EXISTS (SELECT 1 FROM eval_suite_versions v WHERE v.source_file_id = f.id)
            ORDER BY f.path, f.created_at DESC, f.id DESC`,
  })
}

const FileHash = z.object({ path: z.string(), contentHash: z.string() })

/** The hash under which each of these files was imported first most recently: what was imported last, unless it was put back to an earlier state. */
export async function newestFileHashes(
  tx: Queryable,
  { facility, paths }: { facility: string; paths: readonly string[] },
): Promise<Map<string, string>> {
  const rows = await readRows(tx, FileHash, {
    text: `SELECT DISTINCT ON (path) path, content_hash AS "contentHash" FROM source_files
            WHERE facility_id = $1 AND path = ANY ($2) ORDER BY path, created_at DESC, id DESC`,
    values: [facility, paths],
  })
  return new Map(rows.map((row) => [row.path, row.contentHash]))
}

/** The files that the newest version of a suite was imported from, with their hashes, while its module's definitions are the same; empty otherwise. */
export async function suiteFileHashes(tx: Queryable, suite: string): Promise<Map<string, string>> {
  const rows = await readRows(tx, FileHash, {
    text: `SELECT f.path, f.content_hash AS "contentHash"
             FROM eval_suites s JOIN modules m ON m.id = s.module_id
             JOIN eval_suite_versions v ON v.id = s.current_version_id AND v.module_version_id = m.current_version_id
             JOIN source_files f ON f.id = v.source_file_id
                  OR f.id IN (SELECT g.source_file_id FROM gold_cases g WHERE g.suite_version_id = v.id)
            WHERE s.id = $1`,
    values: [suite],
  })
  return new Map(rows.map((row) => [row.path, row.contentHash]))
}
