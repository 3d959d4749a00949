import { statSync } from 'node:fs'
import path from 'node:path'
import type { EmbeddedLayout } from './embedded-layout.ts'
import { commandOf, endProcess, isAlive, readIfThere, uidOf } from './process-table.ts'

/** A server process that runs on a cluster, as its `postmaster.pid` and the process table agree. */
export type ServerProcess = { pid: number; port: number; isReady: boolean }

/** What `postmaster.pid` means: a live server of this cluster, a leftover, or nothing at all. */
type ServerTrace =
  | { state: 'running'; server: ServerProcess }
  | { state: 'stale'; isPidTaken: boolean }
  | { state: 'absent' }

/**
 * Reads `postmaster.pid` and holds it against the process table, since pids are reused: the pid must be a
 * `postgres` whose data folder is this one, not merely alive.
 */
export function traceServer(layout: EmbeddedLayout): ServerTrace {
  const text = readIfThere(path.join(layout.cluster, 'postmaster.pid'))
  if (text === null) return { state: 'absent' }
  const [pidLine, , , portLine, , , , status] = text.split('\n')
  const pid = Number(pidLine)
  const port = Number(portLine)
  if (!Number.isSafeInteger(pid) || pid <= 1) return { state: 'stale', isPidTaken: false }
  if (!isAlive(pid)) return { state: 'stale', isPidTaken: false }
  if (!isServerOf(layout.cluster, pid)) return { state: 'stale', isPidTaken: true }
  return { state: 'running', server: { pid, port, isReady: port > 0 && status?.trim() === 'ready' } }
}

/** Stops a server at once but in order (PostgreSQL's fast shutdown), and waits until its process has ended. */
export async function stopServer(pid: number): Promise<void> {
  await endProcess(pid, { signal: 'SIGINT', name: 'database server' })
}

function isServerOf(cluster: string, pid: number): boolean {
  if (process.platform === 'linux' && uidOf(pid) !== statSync(cluster, { throwIfNoEntry: false })?.uid)
    return false
  const command = commandOf(pid)
  return command.includes('postgres') && command.includes(` -D ${cluster} `)
}
