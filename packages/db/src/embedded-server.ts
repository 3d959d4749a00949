import { once } from 'node:events'
import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TouchstoneError } from '@touchstone/core'
import { SUPERUSER, spawnServer } from './embedded-cluster.ts'
import { loginUrl, tryConnect } from './embedded-connection.ts'
import type { EmbeddedLayout } from './embedded-layout.ts'
import type { NativePostgres } from './embedded-platform.ts'
import { type ServerProcess, traceServer } from './embedded-process.ts'

/** A server that answered as superuser and named this cluster as its own. */
export type VerifiedServer = ServerProcess & { version: string; rolesMark: string | null }

const PATIENCE_SECONDS = 300
const POLL_MS = 15

/**
 * The server that runs on the cluster already, once it accepts connections; null when none runs, or it stops
 * meanwhile. `conflict` when a live one does not answer, or what answers on its port is another's.
 */
export async function adoptServer(layout: EmbeddedLayout, password: string): Promise<VerifiedServer | null> {
  const giveUpAt = performance.now() + PATIENCE_SECONDS * 1000
  while (performance.now() < giveUpAt) {
    const trace = traceServer(layout)
    if (trace.state !== 'running') return null
    const verified = trace.server.isReady ? await verifyServer(layout, trace.server, password) : null
    if (verified !== null) return verified
    await sleep(POLL_MS)
  }
  throw new TouchstoneError(
    'conflict',
    `A database server runs on ${layout.cluster} but has not answered for ${PATIENCE_SECONDS} seconds. ` +
      `Look into ${layout.log}, end it, and start again.`,
    { file: layout.log },
  )
}

/** Starts a server on the cluster, on the port it had before or a free one, and waits until it answers. */
export async function startServer(
  layout: EmbeddedLayout,
  options: { native: NativePostgres; password: string },
): Promise<VerifiedServer> {
  const giveUpAt = performance.now() + PATIENCE_SECONDS * 1000
  let port = await choosePort(await rememberedPort(layout))
  while (performance.now() < giveUpAt) {
    await removeTakenPidFile(layout)
    await writeFile(layout.port, String(port))
    const spawned = await spawnServer(layout, { native: options.native, port })
    while (!spawned.hasEnded() && performance.now() < giveUpAt) {
      const trace = traceServer(layout)
      if (trace.state === 'running' && trace.server.pid === spawned.pid && trace.server.isReady) {
        const server = await verifyServer(layout, trace.server, options.password)
        if (server !== null) return server
      }
      await sleep(POLL_MS)
    }
    const said = await readFrom(layout.log, spawned.logFrom)
    if (said.includes('Address already in use')) port = await choosePort(null)
    // Processes of a server that was killed may need a moment to notice, and it must not be started beside them.
    else if (said.includes('is still in use') || said.includes('"postmaster.pid" already exists'))
      await sleep(100)
    else throw startFailure(layout, said)
  }
  throw startFailure(layout, `no answer within ${PATIENCE_SECONDS} seconds`)
}

async function verifyServer(
  layout: EmbeddedLayout,
  server: ServerProcess,
  password: string,
): Promise<VerifiedServer | null> {
  const url = loginUrl({ user: SUPERUSER, password, port: server.port, database: 'postgres' })
  const client = await tryConnect(url, { applicationName: 'touchstone:start' })
  if (client === null) return null
  try {
    const { rows } = await client.query(
      `SELECT current_setting('data_directory') AS folder, current_setting('server_version') AS version,
              (SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'touchstone') AS mark`,
    )
    const [found] = rows
    if (found.folder !== layout.cluster) {
      throw new TouchstoneError(
        'conflict',
        `The server on port ${server.port} works on ${found.folder}, not on ${layout.cluster}: ` +
          'was the folder copied or moved while its server ran? Stop that server, then start again.',
        { file: layout.cluster },
      )
    }
    return { ...server, version: found.version, rolesMark: found.mark }
  } finally {
    await client.end()
  }
}

/** PostgreSQL trusts a live pid in its pid file; one that now belongs to something else would bar the start for ever. */
async function removeTakenPidFile(layout: EmbeddedLayout): Promise<void> {
  const trace = traceServer(layout)
  if (trace.state === 'stale' && trace.isPidTaken) await rm(path.join(layout.cluster, 'postmaster.pid'))
}

async function rememberedPort(layout: EmbeddedLayout): Promise<number | null> {
  const port = Number(await readFile(layout.port, 'utf8').catch(() => ''))
  return Number.isInteger(port) && port > 0 && port < 65536 ? port : null
}

async function choosePort(preferred: number | null): Promise<number> {
  if (preferred !== null && (await listenOnce(preferred)) !== null) return preferred
  const port = await listenOnce(0)
  if (port !== null) return port
  throw new TouchstoneError('environment', 'No free port was found on 127.0.0.1 for the database.')
}

async function listenOnce(port: number): Promise<number | null> {
  const probe = createServer().listen(port, '127.0.0.1')
  try {
    await once(probe, 'listening')
  } catch {
    return null
  }
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return address !== null && typeof address === 'object' ? address.port : null
}

async function readFrom(file: string, start: number): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const from = Math.max(start, size - 20_000)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(20_000), 0, 20_000, from)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

function startFailure(layout: EmbeddedLayout, said: string): TouchstoneError {
  const isFull = said.includes('No space left on device')
  const reason = said.split('\n').findLast((line) => /FATAL|PANIC/.test(line)) ?? said.trim().slice(-300)
  return new TouchstoneError(
    isFull ? 'disk_full' : 'database_unreachable',
    `The embedded database did not start (${reason}). ` +
      (isFull ? 'Free some space and start again.' : `Its messages are in ${layout.log}.`),
    { file: layout.log },
  )
}
