import {
  assembleModuleVersion,
  contentHash,
  type Metadata,
  type ModuleVersion,
  TouchstoneError,
} from '@touchstone/core'
import {
  keepModuleVersions,
  keepSourceFiles,
  readModules,
  type SaveCount,
  SYNTHETIC_FACILITY,
  saveMetadata,
  type Transaction,
} from '@touchstone/db'
import { readMetadataFile } from '@touchstone/formats'
import { compileFollowupCondition, compileModuleRules } from '@touchstone/pipeline'
import { decodeUtf8, readBytes } from './files.ts'
import { relativePath } from './import-report.ts'
import { sha256Of } from './sha256.ts'

/** What an import of metadata did: counts by kind, and the modules that have a new current version. */
export type MetadataReport = { counts: SaveCount[]; newModuleVersions: string[] }

/**
 * Imports metadata files in one transaction: all of them or nothing. A change of a module, its signals,
 * limits or rules makes a new module version. Rules, conditions and references are checked before
 * anything is written. Throws `metadata_invalid` or `rule_invalid` naming file and field.
 */
export async function importMetadata(
  tx: Transaction,
  { root, files }: { root: string; files: readonly string[] },
): Promise<MetadataReport> {
  const sources = await Promise.all(
    files.map(async (path) => {
      const bytes = await readBytes(path)
      const file = relativePath(root, path)
      return { file, bytes, metadata: readMetadataFile({ text: decodeUtf8(bytes, path), file }) }
    }),
  )
  const { modules: keptModules } = await readModules(tx, null)
  const known = new Set(keptModules.map((module) => module.id))
  for (const { metadata } of sources) for (const module of metadata.modules ?? []) known.add(module.id)
  for (const source of sources) checkReferences(source, known)

  const metadata = mergeMetadata(sources.map((source) => source.metadata))
  const counts = await saveMetadata(tx, metadata)
  const touched = new Set([
    ...(metadata.modules ?? []).map((module) => module.id),
    ...(metadata.signals ?? []).map((signal) => signal.module),
    ...(metadata.followups ?? []).map((followup) => followup.module),
  ])
  const versions = await assembleModules(tx, [...touched])
  for (const source of sources) checkConditions(source, versions)
  const newModuleVersions = await keepModuleVersions(
    tx,
    [...versions].map(([moduleId, document]) => ({ moduleId, contentHash: contentHash(document), document })),
  )
  await keepSourceFiles(tx, {
    facility: SYNTHETIC_FACILITY,
    files: sources.map(({ file, bytes }) => ({ path: file, bytes, contentHash: sha256Of(bytes) })),
  })
  return { counts, newModuleVersions }
}

/** The modules as their rows stand now, each assembled into one version, its rules checked. */
async function assembleModules(
  tx: Transaction,
  moduleIds: readonly string[],
): Promise<Map<string, ModuleVersion>> {
  const { modules, signals } = await readModules(tx, moduleIds)
  const versions = modules.map((module) => assembleModuleVersion(module, signals))
  for (const version of versions) compileModuleRules(version)
  return new Map(versions.map((version) => [version.module, version]))
}

function checkReferences(
  { file, metadata }: { file: string; metadata: Metadata },
  known: ReadonlySet<string>,
): void {
  const lists = { signals: metadata.signals ?? [], followups: metadata.followups ?? [] }
  for (const [list, entries] of Object.entries(lists)) {
    for (const [index, { module }] of entries.entries()) {
      if (known.has(module)) continue
      throw new TouchstoneError(
        'metadata_invalid',
        `${list}[${index}].module: there is no module ${module}.`,
        { file, field: `${list}.${index}.module` },
      )
    }
  }
}

function checkConditions(
  { file, metadata }: { file: string; metadata: Metadata },
  versions: ReadonlyMap<string, ModuleVersion>,
): void {
  for (const [index, { module, when }] of (metadata.followups ?? []).entries()) {
    const moduleVersion = versions.get(module)
    if (when === undefined || moduleVersion === undefined) continue
    try {
      compileFollowupCondition({ when, moduleVersion })
    } catch (cause) {
      if (!(cause instanceof TouchstoneError)) throw cause
      throw new TouchstoneError('metadata_invalid', `followups[${index}].when: ${cause.message}`, {
        file,
        field: `followups.${index}.when`,
      })
    }
  }
}

function mergeMetadata(all: readonly Metadata[]): Metadata {
  return {
    specialties: all.flatMap((one) => one.specialties ?? []),
    modules: all.flatMap((one) => one.modules ?? []),
    signals: all.flatMap((one) => one.signals ?? []),
    followups: all.flatMap((one) => one.followups ?? []),
    prices: all.flatMap((one) => one.prices ?? []),
    facilities: all.flatMap((one) => one.facilities ?? []),
    users: all.flatMap((one) => one.users ?? []),
  }
}
