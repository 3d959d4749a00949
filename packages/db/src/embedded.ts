import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { TouchstoneError } from '@touchstone/core'
import { Client } from 'pg'
import { ensureCluster, SUPERUSER } from './embedded-cluster.ts'
import { endIdle, loginUrl, tryConnect } from './embedded-connection.ts'
import { type EmbeddedPasswords, readPasswords } from './embedded-credentials.ts'
import { explainingFileFaults } from './embedded-fault.ts'
import { type EmbeddedLayout, layoutOf, prepareLayout, sharedStateFolder } from './embedded-layout.ts'
import { takeFolderLock } from './embedded-lock.ts'
import { findNativePostgres, type NativePostgres, reachableNativePostgres } from './embedded-platform.ts'
import { stopServer, traceServer } from './embedded-process.ts'
import { adoptServer, startServer, type VerifiedServer } from './embedded-server.ts'
import { endSupervisor, ensureSupervisor, supervisorPid } from './embedded-supervision.ts'
import { ensureRoles, ROLES } from './roles.ts'

/** Which embedded PostgreSQL is meant: the one of a root (the checkout), kept in its usual data folder or in another. */
export type EmbeddedOptions = { root: string; dataFolder?: string; idleSeconds?: number }

/** A running embedded PostgreSQL; it keeps running at least until `release` is called or this process ends. */
export type EmbeddedServer = {
  port: number
  dataFolder: string
  superuserUrl: string
  ownerUrl: string
  appUrl: string
  authUrl: string
  /** Whether it ran already before it was asked for. */
  adopted: boolean
  /** PostgreSQL's own, such as `18.4`. */
  version: string
  /** Lets the server stop some seconds after the last Touchstone connection is gone. */
  release(): Promise<void>
}

/** What `doctor` tells of an embedded PostgreSQL; never a password. */
export type EmbeddedDescription = { dataFolder: string } & (
  | { state: 'none' }
  | { state: 'stopped'; version: string | null; uid: number }
  | {
      state: 'running'
      version: string | null
      uid: number
      pid: number
      port: number
      supervisorPid: number | null
    }
)

const DATABASE = 'touchstone'
const IDLE_SECONDS = 30
// Raised when ensureRoles does more than before, so that servers set up earlier get it.
const ROLES_REVISION = 2

/**
 * Starts the embedded PostgreSQL of a root, or joins the one that runs: makes the cluster, the roles and the
 * database `touchstone` where they are missing. Any number of processes may call it at once and share one server.
 *
 * `dataFolder` is TOUCHSTONE_DATA; `idleSeconds` is how long the server stays after its last connection.
 * Errors: `environment`, `conflict`, `database_unreachable`, `database_refused`, `disk_full`.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  return await explainingFileFaults(() => startOrJoin(options))
}

async function startOrJoin(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const native = findNativePostgres()
  const layout = await prepareLayout(options)
  using _lock = await takeFolderLock(layout.startLock)
  const passwords = await readPasswords(layout)
  const idleSeconds = options.idleSeconds ?? IDLE_SECONDS
  const found = await adoptServer(layout, passwords.superuser)
  if (found !== null) await ensureSupervisor(layout, idleSeconds)
  const server = found ?? (await startNew(layout, { native, root: options.root, passwords, idleSeconds }))
  const url = urlsOf(server.port, passwords)
  await ensureSetUp(server, passwords)
  const lease = await takeLease(loginUrl({ ...appLogin(passwords), port: server.port, database: 'postgres' }))
  return {
    port: server.port,
    dataFolder: layout.dataFolder,
    superuserUrl: url.superuser,
    ownerUrl: url.owner,
    appUrl: url.app,
    authUrl: url.auth,
    adopted: found !== null,
    version: server.version,
    release: () => endIdle(lease),
  }
}

/** Stops the embedded PostgreSQL of a data folder for everybody; false when none ran. */
export async function stopEmbedded(options: { dataFolder: string }): Promise<boolean> {
  return await explainingFileFaults(() => stop(options.dataFolder))
}

async function stop(folder: string): Promise<boolean> {
  const layout = await existingLayout(folder)
  if (layout === null) return false
  using _lock = await takeFolderLock(layout.startLock)
  const trace = traceServer(layout)
  if (trace.state === 'running') await stopServer(trace.server.pid)
  await endSupervisor(layout)
  return trace.state === 'running'
}

/** Says what is in a data folder and whether it runs; starts and changes nothing. */
export async function describeEmbedded(options: { dataFolder: string }): Promise<EmbeddedDescription> {
  return await explainingFileFaults(() => describe(options.dataFolder))
}

async function describe(folder: string): Promise<EmbeddedDescription> {
  const layout = await existingLayout(folder)
  if (layout === null) return { dataFolder: path.resolve(folder), state: 'none' }
  const { dataFolder } = layout
  const version = clusterVersion(layout)
  const { uid } = statSync(layout.serverFolder)
  const trace = traceServer(layout)
  if (trace.state !== 'running') return { dataFolder, state: 'stopped', version, uid }
  const { pid, port } = trace.server
  return { dataFolder, state: 'running', version, uid, pid, port, supervisorPid: await supervisorPid(layout) }
}

async function startNew(
  layout: EmbeddedLayout,
  options: { native: NativePostgres; root: string; passwords: EmbeddedPasswords; idleSeconds: number },
): Promise<VerifiedServer> {
  const copyFolder = sharedStateFolder(await realpath(options.root))
  const native = await reachableNativePostgres(options.native, copyFolder)
  const password = options.passwords.superuser
  await ensureCluster(layout, { native, superuserPassword: password })
  // The supervisor comes first: were this process killed now, somebody would still stop the server.
  await ensureSupervisor(layout, options.idleSeconds)
  return await startServer(layout, { native, password })
}

/** Makes roles and database unless the database's comment says that it was done, by this revision and with these passwords. */
async function ensureSetUp(server: VerifiedServer, passwords: EmbeddedPasswords): Promise<void> {
  const { superuser, owner, app, auth } = passwords
  const digest = createHash('sha256').update([owner, app, auth].join()).digest('hex').slice(0, 16)
  const mark = `touchstone roles ${ROLES_REVISION} ${digest}`
  if (server.rolesMark === mark) return
  const superuserUrl = loginUrl({
    user: SUPERUSER,
    password: superuser,
    port: server.port,
    database: 'postgres',
  })
  await ensureRoles({ superuserUrl, passwords: { owner, app, auth }, database: DATABASE })
  const client = new Client({ connectionString: superuserUrl, application_name: 'touchstone:start' })
  await client.connect()
  try {
    await client.query(`COMMENT ON DATABASE ${DATABASE} IS '${mark}'`)
  } finally {
    await client.end()
  }
}

/** An open connection that does nothing: while it is there, the supervisor sees that somebody needs the server. */
async function takeLease(url: string): Promise<Client> {
  const lease = await tryConnect(url, { applicationName: 'touchstone:lease', idleForever: true })
  if (lease === null) {
    throw new TouchstoneError(
      'database_unreachable',
      'The embedded database stopped while it was joined; start again.',
    )
  }
  return lease
}

async function existingLayout(dataFolder: string): Promise<EmbeddedLayout | null> {
  if (!existsSync(dataFolder)) return null
  const layout = layoutOf(await realpath(dataFolder))
  return existsSync(layout.serverFolder) ? layout : null
}

function clusterVersion(layout: EmbeddedLayout): string | null {
  const file = path.join(layout.cluster, 'PG_VERSION')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
}

function appLogin(passwords: EmbeddedPasswords): { user: string; password: string } {
  return { user: ROLES.app, password: passwords.app }
}

function urlsOf(
  port: number,
  passwords: EmbeddedPasswords,
): { superuser: string; owner: string; app: string; auth: string } {
  const at = { port, database: DATABASE }
  return {
    superuser: loginUrl({ user: SUPERUSER, password: passwords.superuser, ...at }),
    owner: loginUrl({ user: ROLES.owner, password: passwords.owner, ...at }),
    app: loginUrl({ ...appLogin(passwords), ...at }),
    auth: loginUrl({ user: ROLES.auth, password: passwords.auth, ...at }),
  }
}
