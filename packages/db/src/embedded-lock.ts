import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { TouchstoneError } from '@touchstone/core'

/** A lock that is held until `release` is called or the process that holds it ends, however it ends. */
export type FolderLock = { release(): void; [Symbol.dispose](): void }

const POLL_MS = 15

/**
 * Takes the lock on a file if it is free, else returns null; the file is made when missing, mode 0600.
 *
 * The lock is the kernel's own, taken by an exclusive transaction of SQLite (which is part of Node) on an
 * empty database. So a killed holder blocks nobody, no pid is ever guessed at, and two takers within one
 * process exclude each other too, which bare `fcntl` locks do not do.
 */
export function tryFolderLock(file: string): FolderLock | null {
  closeSync(openSync(file, 'a', 0o600))
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isBusy(error)) return null
    throw new TouchstoneError(
      'environment',
      `The lock file ${file} cannot be used: delete it and start again.`,
      {
        file,
        cause: error,
      },
    )
  }
  const release = (): void => {
    if (database.isOpen) database.close()
  }
  return { release, [Symbol.dispose]: release }
}

/** Takes the lock on a file, waiting up to `waitSeconds` for whoever holds it; `conflict` when that is not enough. */
export async function takeFolderLock(file: string, waitSeconds = 120): Promise<FolderLock> {
  const giveUpAt = performance.now() + waitSeconds * 1000
  while (true) {
    const lock = tryFolderLock(file)
    if (lock !== null) return lock
    if (performance.now() > giveUpAt) {
      throw new TouchstoneError(
        'conflict',
        `Another process has held ${file} for ${waitSeconds} seconds while it starts or stops the database. ` +
          'Wait for it, or end that process, then start again.',
        { file },
      )
    }
    await sleep(POLL_MS)
  }
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}
