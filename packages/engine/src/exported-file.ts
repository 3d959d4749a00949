import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TouchstoneError } from '@touchstone/core'

/** A file as it is exported: its path (with forward slashes), its bytes, and whether these are the very ones that were imported. */
export type ExportedFile = { path: string; bytes: Uint8Array; isImported: boolean }

/** Writes an exported file below a folder, whole or not at all; throws `disk_full` or `file_unreadable` naming it. */
export async function writeExportedFile(
  folder: string,
  { path, bytes }: Pick<ExportedFile, 'path' | 'bytes'>,
): Promise<void> {
  const target = join(folder, path)
  const partial = await partialOf(target)
  try {
    await mkdir(dirname(target), { recursive: true })
    await writeFile(partial, bytes)
    if (partial !== target) await rename(partial, target)
  } catch (cause) {
    if (partial !== target)
      await rm(partial, { force: true }).catch(() => {
        // The folder itself may be what is missing; the first error is the one to tell.
      })
    throw unwritable(target, cause)
  }
}

/**
 * Where a file is written before it takes its name: beside it, or straight into what is no file. To rename
 * over a device or a pipe would put a file in its place.
 */
export async function partialOf(target: string): Promise<string> {
  const there = await stat(target).catch(() => null)
  return there === null || there.isFile() || there.isDirectory() ? `${target}.${process.pid}.partial` : target
}

/** Refuses a folder that holds something already: an export beside other files could not be told from them. */
export async function requireEmptyFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return []
    throw unwritable(folder, cause)
  })
  if (names.length === 0) return
  throw new TouchstoneError('conflict', `${folder} is not empty; name a new folder to export into.`, {
    file: folder,
  })
}

/** A file that could not be written, as an error that says why. */
export function unwritable(path: string, cause: unknown): TouchstoneError {
  const code = codeOf(cause)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TouchstoneError('disk_full', `The disk is full: ${path} was not written.`, {
      file: path,
      cause,
    })
  }
  const reason =
    WORDS.get(code ?? '') ?? (code === null ? 'the system refuses it' : `the system says ${code}`)
  return new TouchstoneError('file_unreadable', `${path} cannot be written: ${reason}.`, {
    file: path,
    cause,
  })
}

const WORDS = new Map([
  ['EISDIR', 'it is a folder; name a file'],
  ['ENOTDIR', 'what should be its folder is a file'],
  ['EACCES', 'you may not write there'],
  ['EROFS', 'nothing can be written there'],
])

function codeOf(cause: unknown): string | null {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : null
}
