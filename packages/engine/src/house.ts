import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TouchstoneError } from '@touchstone/core'
import { type Database, defaultDataFolder, openDatabase, startEmbedded } from '@touchstone/db'
import type { Bench } from './bench.ts'
import type { Environment } from './environment.ts'

/** Where the database is: the embedded PostgreSQL of this checkout, or one that DATABASE_URL names. */
export type DatabasePlace = { kind: 'embedded' | 'external'; dataFolder: string }

/** The connections of a place: the application's, and the owner's where it is known. */
export type Connections = {
  place: DatabasePlace
  appUrl: string
  ownerUrl: string | null
  /** Lets the embedded server stop when nobody needs it any more. */
  release: () => Promise<void>
}

/** An open house: a bench to work at, with a proved operator. */
export type House = {
  bench: Bench
  place: DatabasePlace
  ownerUrl: string | null
  close: () => Promise<void>
}

/** Starts or joins the embedded PostgreSQL, or takes the database that the environment names. */
export async function connectHouse({
  root,
  environment,
}: {
  root: string
  environment: Environment
}): Promise<Connections> {
  const { databaseUrl, databaseOwnerUrl, dataFolder } = environment
  if (databaseUrl !== undefined) {
    const folder = dataFolder ?? join(root, '.touchstone')
    const place: DatabasePlace = { kind: 'external', dataFolder: folder }
    return { place, appUrl: databaseUrl, ownerUrl: databaseOwnerUrl ?? null, release: async () => undefined }
  }
  const server = await startEmbedded({ root, ...(dataFolder === undefined ? {} : { dataFolder }) })
  const place: DatabasePlace = { kind: 'embedded', dataFolder: server.dataFolder }
  return { place, appUrl: server.appUrl, ownerUrl: server.ownerUrl, release: () => server.release() }
}

/** Where the local operator's credential is kept: a file of mode 0600 in the data folder. */
export function operatorFile(place: DatabasePlace): string {
  return join(place.dataFolder, 'credentials', 'operator')
}

/**
 * Opens the house for work. Who asks is proved by the token given, by TOUCHSTONE_TOKEN, or else by the local
 * operator's credential. Throws `database_not_ready` where nothing has been set up yet.
 */
export async function openHouse(options: {
  root: string
  environment: Environment
  token?: string | undefined
  applicationName?: `touchstone:${string}`
}): Promise<House> {
  const { root, environment } = options
  const connections = await connectHouse({ root, environment })
  try {
    const credential = options.token ?? environment.token ?? readOperator(connections.place)
    const db = openDatabase(connections.appUrl, {
      applicationName: options.applicationName ?? 'touchstone:cli',
      max: 6,
    })
    return {
      bench: benchOf({ root, environment, db, credential }),
      place: connections.place,
      ownerUrl: connections.ownerUrl,
      close: async () => {
        await db.close()
        await connections.release()
      },
    }
  } catch (error) {
    await connections.release()
    throw error
  }
}

/** A bench at an open database. */
export function benchOf(parts: {
  root: string
  environment: Environment
  db: Database
  credential: string
}): Bench {
  const { root, environment, db, credential } = parts
  return { root, db, credential, models: { ...environment.openai } }
}

function readOperator(place: DatabasePlace): string {
  const file = operatorFile(place)
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  throw new TouchstoneError(
    'database_not_ready',
    'Nothing is set up here yet; run "npm start" or "touchstone setup" first.',
  )
}

/** The data folder that an environment means, without starting anything. */
export async function dataFolderOf({
  root,
  environment,
}: {
  root: string
  environment: Environment
}): Promise<string> {
  if (environment.dataFolder !== undefined) return environment.dataFolder
  return environment.databaseUrl === undefined ? defaultDataFolder(root) : join(root, '.touchstone')
}
