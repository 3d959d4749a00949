import { ModuleVersion, TouchstoneError } from '@touchstone/core'
import { eq } from 'drizzle-orm'
import * as z from 'zod'
import type { TypedQueryable } from './rows.ts'
import { modules, moduleVersions } from './schema/metadata.ts'

/** A module version as it is kept: its row's id, its number and hash, and what it says. */
export const KeptModuleVersion = z.object({
  id: z.uuid(),
  versionNumber: z.int(),
  contentHash: z.string(),
  document: ModuleVersion,
})
export type KeptModuleVersion = z.infer<typeof KeptModuleVersion>

const COLUMNS = {
  id: moduleVersions.id,
  versionNumber: moduleVersions.versionNumber,
  contentHash: moduleVersions.contentHash,
  document: moduleVersions.document,
}

/** The current version of a module; throws `not_found` naming what to import. */
export async function currentModuleVersion(tx: TypedQueryable, moduleId: string): Promise<KeptModuleVersion> {
  const [version] = await tx.drizzle
    .select(COLUMNS)
    .from(modules)
    .innerJoin(moduleVersions, eq(moduleVersions.id, modules.currentVersionId))
    .where(eq(modules.id, moduleId))
  if (version) return KeptModuleVersion.parse(version)
  throw new TouchstoneError(
    'not_found',
    `There is no module ${moduleId}; import its metadata with "touchstone import metadata FILE".`,
  )
}

/** A module version by its row's id. */
export async function moduleVersionById(tx: TypedQueryable, id: string): Promise<KeptModuleVersion> {
  const [version] = await tx.drizzle.select(COLUMNS).from(moduleVersions).where(eq(moduleVersions.id, id))
  if (version) return KeptModuleVersion.parse(version)
  throw new TouchstoneError('not_found', `There is no module version ${id}.`)
}
