import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TouchstoneError } from '@touchstone/core'
import {
  asOwner,
  isOperatorCredential,
  lockSetup,
  type MigrationReport,
  makeDemoPeople,
  migrate,
  newestFileHashes,
  openDatabase,
  renewOperator,
  SYNTHETIC_FACILITY,
  type Transaction,
} from '@touchstone/db'
import { readMetadataFile } from '@touchstone/formats'
import type { Environment } from './environment.ts'
import { ensureExternalRoles } from './external-roles.ts'
import { findFiles, readBytes, readText } from './files.ts'
import { benchOf, type Connections, connectHouse, type DatabasePlace, operatorFile } from './house.ts'
import { importMetadata, type MetadataReport } from './import-metadata.ts'
import { importPrompts } from './import-prompts.ts'
import type { ImportReport } from './import-report.ts'
import { relativePath } from './import-report.ts'
import { importSuites } from './import-suites.ts'
import { sha256Of } from './sha256.ts'
import { writeSecret } from './write-secret.ts'

/** What a set-up did. */
export type SetupReport = {
  place: DatabasePlace
  migrations: MigrationReport
  operator: 'made' | 'there'
  metadata: MetadataReport
  prompts: ImportReport
  suites: ImportReport
}

type SetupOptions = { root: string; environment: Environment; onStep?: (step: string) => void }

/**
 * Sets everything up: database, migrations, local operator, and what this folder holds of metadata, prompts
 * and suites. Run again it changes nothing that is there. Files that are refused are in the report.
 */
export async function setUp(options: SetupOptions): Promise<SetupReport> {
  const { root, environment, onStep = () => undefined } = options
  onStep('database')
  const connections = await connectHouse({ root, environment })
  try {
    const ownerUrl = await ownerUrlOf(connections, environment)
    const migrations = await migrateAs({ ownerUrl, environment })
    onStep('operator and metadata')
    const owned = await asOwner(ownerUrl, (tx) => setUpAsOwner(tx, { root, place: connections.place }))
    await using db = openDatabase(connections.appUrl, { applicationName: 'touchstone:setup', max: 2 })
    const bench = benchOf({ root, environment, db, credential: owned.credential })
    onStep('prompts')
    const prompts = await importPrompts(bench)
    onStep('suites')
    const suites = await importSuites(bench)
    const { operator, metadata } = owned
    return { place: connections.place, migrations, operator, metadata, prompts, suites }
  } finally {
    await connections.release()
  }
}

async function ownerUrlOf(connections: Connections, environment: Environment): Promise<string> {
  if (connections.place.kind === 'external' && environment.databaseOwnerUrl !== undefined) {
    await ensureExternalRoles({
      appUrl: connections.appUrl,
      ownerUrl: environment.databaseOwnerUrl,
      dataFolder: connections.place.dataFolder,
    })
  }
  // With DATABASE_URL alone its login may be the owner's; if it is not, the migration says so.
  return connections.ownerUrl ?? connections.appUrl
}

async function migrateAs(login: { ownerUrl: string; environment: Environment }): Promise<MigrationReport> {
  const { ownerUrl, environment } = login
  return migrate({ ownerUrl }).catch((error: unknown) => {
    const isLonely = environment.databaseUrl !== undefined && environment.databaseOwnerUrl === undefined
    const isRefusal =
      error instanceof TouchstoneError && ['forbidden', 'database_refused', 'internal'].includes(error.code)
    if (!isLonely || !isRefusal) throw error
    throw new TouchstoneError(
      'environment',
      'The login of DATABASE_URL may not set this database up; name one that may in DATABASE_OWNER_URL, and put touchstone_app with a password of your choice in DATABASE_URL.',
      { field: 'DATABASE_OWNER_URL', cause: error },
    )
  })
}

async function setUpAsOwner(
  tx: Transaction,
  { root, place }: { root: string; place: DatabasePlace },
): Promise<{ credential: string; operator: 'made' | 'there'; metadata: MetadataReport }> {
  await lockSetup(tx)
  const { credential, operator } = await ensureOperator(tx, place)
  const files = await changedFiles(tx, { root, files: await findFiles(join(root, 'seeds'), '.yaml') })
  const metadata = await importMetadata(tx, { root, files })
  for (const path of files) {
    const file = relativePath(root, path)
    const { facilities, users } = readMetadataFile({ text: await readText(path), file })
    if (facilities || users) await makeDemoPeople(tx, { facilities: facilities ?? [], users: users ?? [] })
  }
  return { credential, operator, metadata }
}

/**
 * The metadata files that are not as they were imported last. What has not changed is not imported again,
 * so that a definition edited elsewhere since is not put back at the next start.
 */
async function changedFiles(
  tx: Transaction,
  { root, files }: { root: string; files: readonly string[] },
): Promise<string[]> {
  const paths = files.map((file) => relativePath(root, file))
  const kept = await newestFileHashes(tx, { facility: SYNTHETIC_FACILITY, paths })
  const hashes = await Promise.all(files.map(async (file) => sha256Of(await readBytes(file))))
  return files.filter((_file, index) => kept.get(paths[index] ?? '') !== hashes[index])
}

/** The local operator's credential; a new one where the file is missing or proves nobody here. */
async function ensureOperator(
  tx: Transaction,
  place: DatabasePlace,
): Promise<{ credential: string; operator: 'made' | 'there' }> {
  const file = operatorFile(place)
  if (existsSync(file)) {
    const credential = (await readFile(file, 'utf8')).trim()
    if (await isOperatorCredential(tx, sha256Of(credential))) return { credential, operator: 'there' }
  }
  const credential = `ts_${randomBytes(32).toString('base64url')}`
  await renewOperator(tx, sha256Of(credential))
  await writeSecret(file, credential)
  return { credential, operator: 'made' }
}
