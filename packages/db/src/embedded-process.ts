import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TouchstoneError } from '@touchstone/core'
import type { EmbeddedLayout } from './embedded-layout.ts'

/** A server process that runs on a cluster, as its `postmaster.pid` and the process table agree. */
export type ServerProcess = { pid: number; port: number }

/** What `postmaster.pid` means: a live server of this cluster, a leftover, or nothing at all. */
export type ServerTrace =
  | { state: 'running'; server: ServerProcess }
  | { state: 'stale'; isPidTaken: boolean }
  | { state: 'absent' }

/**
 * Reads `postmaster.pid` and holds it against the process table, since pids are reused: the pid must be a
 * `postgres` whose data folder is this one, not merely alive.
 */
export async function traceServer(layout: EmbeddedLayout): Promise<ServerTrace> {
  const text = await readOptional(path.join(layout.cluster, 'postmaster.pid'))
  if (text === null) return { state: 'absent' }
  const [pidLine, , , portLine] = text.split('\n')
  const pid = Number(pidLine)
  const port = Number(portLine)
  if (!Number.isSafeInteger(pid) || pid <= 1) return { state: 'stale', isPidTaken: false }
  if (!isAlive(pid)) return { state: 'stale', isPidTaken: false }
  if (!isServerOf(layout.cluster, pid)) return { state: 'stale', isPidTaken: true }
  return { state: 'running', server: { pid, port: Number.isSafeInteger(port) ? port : 0 } }
}

/** Whether a process of this pid exists, of whatever user; one that has ended but was not yet reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  if (process.platform !== 'linux') return true
  const state = readOptionalNow(`/proc/${pid}/stat`)?.split(') ').at(-1)?.[0]
  return state !== undefined && state !== 'Z' && state !== 'X'
}

/** Stops a server at once but in order (PostgreSQL's fast shutdown), and waits until its process has ended. */
export async function stopServer(pid: number, waitSeconds = 60): Promise<void> {
  try {
    process.kill(pid, 'SIGINT')
  } catch (error) {
    if (!isAlive(pid)) return
    throw new TouchstoneError(
      'environment',
      `The database server (pid ${pid}) may not be stopped by this user.`,
      {
        cause: error,
      },
    )
  }
  const giveUpAt = performance.now() + waitSeconds * 1000
  while (isAlive(pid)) {
    if (performance.now() > giveUpAt) {
      throw new TouchstoneError(
        'conflict',
        `The database server (pid ${pid}) has not stopped within ${waitSeconds} seconds. Wait, then try again.`,
      )
    }
    await sleep(10)
  }
}

function isServerOf(cluster: string, pid: number): boolean {
  const command = commandOf(pid)
  return command.includes('postgres') && command.includes(` -D ${cluster} `)
}

/** The command line of a process, words parted by spaces and a space at its end; empty when there is no such process. */
export function commandOf(pid: number): string {
  if (process.platform === 'linux') {
    return `${(readOptionalNow(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ')} `
  }
  try {
    return `${execFileSync('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim()} `
  } catch {
    return ''
  }
}

async function readOptional(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function readOptionalNow(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** ESRCH is what /proc answers when the process ends between opening its file and reading it. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')
}
