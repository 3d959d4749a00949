import { createHash } from 'node:crypto'
import { existsSync, lstatSync } from 'node:fs'
import { chmod, chown, mkdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { TouchstoneError } from '@touchstone/core'
import { canServerPass, makePassable, serverUid, serverUser } from './embedded-platform.ts'

/** Where everything of one embedded PostgreSQL lies; all paths absolute. */
export type EmbeddedLayout = {
  dataFolder: string
  /** Passwords, one file each; belongs to the application. */
  credentials: string
  /** Belongs to the server's user: the cluster and what initdb needs beside it. */
  serverFolder: string
  cluster: string
  log: string
  /** Who may log in and how; readable to the server, written by the application alone. */
  accessRules: string
  port: string
  startLock: string
  supervisorLock: string
  supervisorPid: string
}

const SHARED_STATE = '/var/lib/touchstone'

/** The layout below a data folder, by names alone: nothing is read or made. */
export function layoutOf(dataFolder: string): EmbeddedLayout {
  const serverFolder = path.join(dataFolder, 'postgres')
  return {
    dataFolder,
    credentials: path.join(dataFolder, 'credentials'),
    serverFolder,
    cluster: path.join(serverFolder, 'cluster'),
    log: path.join(dataFolder, 'postgres.log'),
    accessRules: path.join(dataFolder, 'pg_hba.conf'),
    port: path.join(dataFolder, 'postgres.port'),
    startLock: path.join(dataFolder, 'start.lock'),
    supervisorLock: path.join(dataFolder, 'supervisor.lock'),
    supervisorPid: path.join(dataFolder, 'supervisor.pid'),
  }
}

/** The folder outside the checkout for a root, as real path: `/var/lib/touchstone/<16 hex digits of its SHA-256>`. */
export function sharedStateFolder(root: string): string {
  return path.join(SHARED_STATE, createHash('sha256').update(root).digest('hex').slice(0, 16))
}

/**
 * Chooses, makes and checks the data folder of a root; given twice the same root it answers the same.
 *
 * It is `<root>/.touchstone` unless the server's user cannot get there; then the folder outside the checkout.
 * A database that exists in either place is never passed over for a new one: `environment` says what bars it.
 */
export async function prepareLayout(place: { root: string; dataFolder?: string }): Promise<EmbeddedLayout> {
  const root = await realpath(place.root)
  const wanted = path.resolve(place.dataFolder ?? (await defaultDataFolder(root)))
  const barred = nearestExisting(wanted)
  if (!canServerPass(barred)) {
    throw new TouchstoneError(
      'environment',
      `PostgreSQL runs as uid ${serverUid()}, which cannot pass through ${barred} to the data folder ${wanted}. ` +
        'Let others pass through it and the folders above it (chmod o+x), or set TOUCHSTONE_DATA to a folder elsewhere.',
      { file: barred },
    )
  }
  await makeFolder(wanted)
  const layout = layoutOf(await realpath(wanted))
  await makeFolder(layout.credentials, 0o700)
  await makeServerFolder(layout)
  refuseForeignCluster(layout)
  return layout
}

/** The data folder Touchstone uses for a root when none is named. */
export async function defaultDataFolder(root: string): Promise<string> {
  const inCheckout = path.join(root, '.touchstone')
  const outside = sharedStateFolder(root)
  if (existsSync(layoutOf(inCheckout).cluster)) return inCheckout
  if (existsSync(layoutOf(outside).cluster)) return outside
  if (serverUser() !== null) return canServerPass(root) ? inCheckout : outside
  return (await canMake(inCheckout)) ? inCheckout : outside
}

function nearestExisting(folder: string): string {
  let existing = folder
  while (!existsSync(existing) && existing !== path.dirname(existing)) existing = path.dirname(existing)
  return existing
}

async function canMake(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o711 })
    return true
  } catch {
    return false
  }
}

async function makeFolder(folder: string, mode = 0o711): Promise<void> {
  try {
    if (existsSync(folder)) return
    await makePassable(folder)
    await chmod(folder, mode)
  } catch (error) {
    throw new TouchstoneError(
      'environment',
      `The data folder ${folder} cannot be made. Set TOUCHSTONE_DATA to a folder that this user may write.`,
      { file: folder, cause: error },
    )
  }
}

async function makeServerFolder(layout: EmbeddedLayout): Promise<void> {
  await makeFolder(layout.serverFolder, 0o700)
  const user = serverUser()
  if (user === null || existsSync(layout.cluster)) return
  await chown(layout.serverFolder, user.uid, user.gid)
}

function refuseForeignCluster(layout: EmbeddedLayout): void {
  const place = existsSync(layout.cluster) ? layout.cluster : layout.serverFolder
  const owner = lstatSync(place).uid
  if (owner === serverUid()) return
  throw new TouchstoneError(
    'environment',
    `The database in ${place} belongs to uid ${owner}, but started by this user it would run as uid ${serverUid()}. ` +
      'Run Touchstone as the user who made it, or set TOUCHSTONE_DATA to another folder.',
    { file: place },
  )
}
