import {
  canonicalJson,
  type FollowupQuestion,
  type Metadata,
  type ModelPrice,
  type Module,
  type SignalDefinition,
  type Specialty,
  withSignalDefaults,
} from '@touchstone/core'
import {
  asActor,
  listFollowups,
  listMetadataFiles,
  listPrices,
  listSpecialties,
  readModules,
  type Transaction,
} from '@touchstone/db'
import { readMetadataFile, writeMetadataFile } from '@touchstone/formats'
import type { Bench } from './bench.ts'
import type { ExportedFile } from './exported-file.ts'
import { decodeUtf8 } from './files.ts'

/** What `export metadata` gives: everything that is current, as one document; and as files, those that are unchanged with the very bytes they were imported with. */
export type MetadataExport = { metadata: Metadata; text: string; files: ExportedFile[] }

/** The file that takes what no unchanged file holds. */
const REST_FILE = 'seeds/exported.yaml'

type Lists = {
  specialties: Specialty[]
  modules: Module[]
  signals: SignalDefinition[]
  followups: FollowupQuestion[]
  prices: ModelPrice[]
}

/**
 * Exports specialties, modules, signals, follow-ups and prices as they stand. Importing `text`, or all of
 * `files`, into an empty database and exporting again gives the same text.
 */
export async function exportMetadata(bench: Bench): Promise<MetadataExport> {
  const { lists, imported } = await asActor(bench.db, bench.credential, async (tx) => ({
    lists: await readLists(tx),
    imported: await listMetadataFiles(tx),
  }))
  const current = new Set(keysOf(lists))
  const covered = new Set<string>()
  const taken = new Set<string>()
  const files: ExportedFile[] = []
  for (const { path, bytes } of imported) {
    if (taken.has(path)) continue
    const keys = keysOf(readMetadataFile({ text: decodeUtf8(bytes, path), file: path }))
    if (keys.length === 0 || !keys.every((key) => current.has(key))) continue
    taken.add(path)
    for (const key of keys) covered.add(key)
    files.push({ path, bytes, isImported: true })
  }
  const rest = without(lists, covered)
  if (keysOf(rest).length > 0) {
    files.push({ path: freePath(taken), bytes: Buffer.from(textOf(rest)), isImported: false })
  }
  const metadata = nonEmpty(lists)
  return { metadata, text: writeMetadataFile(metadata), files }
}

async function readLists(tx: Transaction): Promise<Lists> {
  const { modules, signals } = await readModules(tx, null)
  return {
    specialties: await listSpecialties(tx),
    modules,
    signals,
    followups: await listFollowups(tx),
    prices: await listPrices(tx),
  }
}

/** One key for each entry, equal for entries that mean the same: defaults filled in, keys sorted. */
function keysOf(metadata: Metadata): string[] {
  return [
    ...(metadata.specialties ?? []).map(specialtyKey),
    ...(metadata.modules ?? []).map(moduleKey),
    ...(metadata.signals ?? []).map(signalKey),
    ...(metadata.followups ?? []).map(followupKey),
    ...(metadata.prices ?? []).map(priceKey),
  ]
}

function specialtyKey(specialty: Specialty): string {
  return canonicalJson(['specialty', { display_name: specialty.name, ...specialty }])
}

function moduleKey(module: Module): string {
  return canonicalJson(['module', { display_name: module.name, constraints: [], ...module }])
}

function signalKey(signal: SignalDefinition): string {
  return canonicalJson(['signal', withSignalDefaults(signal)])
}

function followupKey(followup: FollowupQuestion): string {
  return canonicalJson(['followup', { response_type: 'TEXT', ...followup }])
}

function priceKey(price: ModelPrice): string {
  return canonicalJson(['price', price])
}

function without(lists: Lists, covered: ReadonlySet<string>): Lists {
  return {
    specialties: lists.specialties.filter((one) => !covered.has(specialtyKey(one))),
    modules: lists.modules.filter((one) => !covered.has(moduleKey(one))),
    signals: lists.signals.filter((one) => !covered.has(signalKey(one))),
    followups: lists.followups.filter((one) => !covered.has(followupKey(one))),
    prices: lists.prices.filter((one) => !covered.has(priceKey(one))),
  }
}

function nonEmpty(lists: Lists): Metadata {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0))
}

function textOf(lists: Lists): string {
  return writeMetadataFile(nonEmpty(lists))
}

function freePath(taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const path = number === 1 ? REST_FILE : REST_FILE.replace('.yaml', `-${number}.yaml`)
    if (!taken.has(path)) return path
  }
}
