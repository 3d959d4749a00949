import { ModuleVersion, TouchstoneError } from '@touchstone/core'
import * as z from 'zod'
import { type Queryable, readRow } from './rows.ts'

/** A module version as it is kept: its row's id, its number and hash, and what it says. */
export const KeptModuleVersion = z.object({
  id: z.uuid(),
  versionNumber: z.int(),
  contentHash: z.string(),
  document: ModuleVersion,
})
export type KeptModuleVersion = z.infer<typeof KeptModuleVersion>

const COLUMNS = `v.id, v.version_number AS "versionNumber", v.content_hash AS "contentHash", v.document`

/** The current version of a module; throws `not_found` naming what to import. */
export async function currentModuleVersion(tx: Queryable, moduleId: string): Promise<KeptModuleVersion> {
  const version = await readRow(tx, KeptModuleVersion, {
    text: `SELECT ${COLUMNS} FROM modules m JOIN module_versions v ON v.id = m.current_version_id WHERE m.id = $1`,
    values: [moduleId],
  })
  if (version) return version
  throw new TouchstoneError(
    'not_found',
    `There is no module ${moduleId}; import its metadata with "touchstone import metadata FILE".`,
  )
}

/** A module version by its row's id. */
export async function moduleVersionById(tx: Queryable, id: string): Promise<KeptModuleVersion> {
  const version = await readRow(tx, KeptModuleVersion, {
    text: `SELECT ${COLUMNS} FROM module_versions v WHERE v.id = $1`,
    values: [id],
  })
  if (version) return version
  throw new TouchstoneError('not_found', `There is no module version ${id}.`)
}
