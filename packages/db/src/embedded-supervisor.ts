/**
 * The supervisor of one embedded server: a process of its own that stops the server some seconds after the last
 * connection whose application_name begins with `touchstone:` is gone, so that nothing is left behind.
 *
 * Run as `node embedded-supervisor.ts <data folder> <idle seconds>`. There is never more than one per data folder:
 * it holds a lock for as long as it lives. It stops a server only under the start lock and after counting again,
 * and a starter keeps that lock until it is connected, so no server is stopped under somebody's hands.
 */
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TouchstoneError } from '@touchstone/core'
import type { Client } from 'pg'
import { SUPERUSER } from './embedded-cluster.ts'
import { loginUrl, tryConnect } from './embedded-connection.ts'
import { type EmbeddedLayout, layoutOf } from './embedded-layout.ts'
import { type FolderLock, takeFolderLock, tryFolderLock } from './embedded-lock.ts'
import { stopServer, traceServer } from './embedded-process.ts'

type Post = { layout: EmbeddedLayout; idleMs: number; only: FolderLock }
type Watched = { client: Client; pid: number }

// The server's pid file appears some milliseconds after its process, and a slow disk may make that seconds.
const FIRST_SERVER_MS = 10_000
const LOOK_AGAIN_MS = 200

const [dataFolder, idleSeconds] = process.argv.slice(2)
if (dataFolder === undefined || !(Number(idleSeconds) > 0)) {
  throw new TouchstoneError('usage', 'Run as: node embedded-supervisor.ts <data folder> <idle seconds>')
}
const layout = layoutOf(dataFolder)
const only = await becomeOnly(layout)
if (only !== null) await supervise({ layout, idleMs: Number(idleSeconds) * 1000, only })

/** Whoever only asks whether the lock is held takes it for an instant, so one refusal is not the answer yet. */
async function becomeOnly(at: EmbeddedLayout): Promise<FolderLock | null> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const lock = tryFolderLock(at.supervisorLock)
    if (lock !== null) return lock
    await sleep(30)
  }
  return null
}

async function supervise(post: Post): Promise<void> {
  const firstServerBy = performance.now() + FIRST_SERVER_MS
  let hasSeenServer = false
  while (existsSync(post.layout.dataFolder)) {
    const watched = await reachServer(post.layout)
    if (watched !== null) {
      hasSeenServer = true
      if ((await watch(post, watched)) === 'stopped') return
    } else if ((hasSeenServer || performance.now() > firstServerBy) && (await retireIfOver(post))) return
    else await sleep(LOOK_AGAIN_MS)
  }
}

async function reachServer(at: EmbeddedLayout): Promise<Watched | null> {
  const trace = traceServer(at)
  if (trace.state !== 'running' || !trace.server.isReady) return null
  const { pid, port } = trace.server
  const password = (await readFile(path.join(at.credentials, 'superuser'), 'utf8')).trim()
  const url = loginUrl({ user: SUPERUSER, password, port, database: 'postgres' })
  const client = await tryConnect(url, { applicationName: 'touchstone supervisor' })
  return client === null ? null : { client, pid }
}

async function watch(post: Post, watched: Watched): Promise<'stopped' | 'lost'> {
  let idleSince = performance.now()
  while (true) {
    const connections = await countConnections(watched.client)
    if (connections === null) break
    if (connections > 0) idleSince = performance.now()
    else if (performance.now() - idleSince >= post.idleMs && (await stopIfIdle(post, watched)))
      return 'stopped'
    await sleep(Math.min(1000, post.idleMs / 4))
  }
  await watched.client.end().catch(() => undefined)
  return 'lost'
}

/** How many connections are Touchstone's; null when the server does not answer and has to be looked for again. */
async function countConnections(client: Client): Promise<number | null> {
  try {
    const { rows } = await client.query(
      "SELECT count(*)::int AS connections FROM pg_stat_activity WHERE application_name LIKE 'touchstone:%'",
    )
    return rows[0].connections
  } catch {
    return null
  }
}

async function stopIfIdle(post: Post, watched: Watched): Promise<boolean> {
  // A folder that was removed has no lock to take, and nobody can start from it.
  using _lock = existsSync(post.layout.dataFolder) ? await takeFolderLock(post.layout.startLock) : null
  if ((await countConnections(watched.client)) !== 0) return false
  await watched.client.end()
  await stopServer(watched.pid)
  await retire(post)
  return true
}

async function retireIfOver(post: Post): Promise<boolean> {
  if (!existsSync(post.layout.dataFolder)) return true
  using _lock = await takeFolderLock(post.layout.startLock)
  if (traceServer(post.layout).state === 'running') return false
  await retire(post)
  return true
}

/** Gives the post up while the start lock is held, so that the next starter sees that it needs a new supervisor. */
async function retire(post: Post): Promise<void> {
  await rm(post.layout.supervisorPid, { force: true })
  post.only.release()
}
