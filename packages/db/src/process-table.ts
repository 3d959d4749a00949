import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { TouchstoneError } from '@touchstone/core'

/** Whether a process of this pid exists, of whatever user; one that has ended but was not yet reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  if (process.platform !== 'linux') return true
  const state = readIfThere(`/proc/${pid}/stat`)?.split(') ').at(-1)?.[0]
  return state !== undefined && state !== 'Z' && state !== 'X'
}

/** Signals a process to end and waits until it has; `environment` when it may not be signalled, `conflict` when it stays. */
export async function endProcess(
  pid: number,
  options: { signal: 'SIGINT' | 'SIGTERM'; name: string; waitSeconds?: number },
): Promise<void> {
  const { signal, name, waitSeconds = 60 } = options
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!isAlive(pid)) return
    throw new TouchstoneError(
      'environment',
      `The ${name} (pid ${pid}) may not be stopped by this user: stop it as the user who started it.`,
      { cause: error },
    )
  }
  const giveUpAt = performance.now() + waitSeconds * 1000
  while (isAlive(pid)) {
    if (performance.now() > giveUpAt) {
      throw new TouchstoneError(
        'conflict',
        `The ${name} (pid ${pid}) has not stopped within ${waitSeconds} seconds. Wait, then try again.`,
      )
    }
    await sleep(10)
  }
}

/** The command line of a process, words parted by spaces and a space at its end; empty when there is no such process. */
export function commandOf(pid: number): string {
  if (process.platform === 'linux') {
    return `${(readIfThere(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ')} `
  }
  try {
    return `${execFileSync('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim()} `
  } catch {
    return ''
  }
}

/** The uid a process runs as (Linux); undefined when there is no such process. */
export function uidOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid
}

/** A file's text, or null when the file (or the process it tells of) does not exist. */
export function readIfThere(file: string): string | null {
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
