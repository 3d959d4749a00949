import type { Stats } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TouchstoneError } from '@touchstone/core'

/** A file's bytes; throws `file_unreadable` naming it. */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new TouchstoneError('file_unreadable', `${path} cannot be read: ${reasonOf(cause)}.`, {
      file: path,
      cause,
    })
  }
}

/** A file's text; throws `file_unreadable` where it is no UTF-8. */
export async function readText(path: string): Promise<string> {
  return decodeUtf8(await readBytes(path), path)
}

/** Bytes as UTF-8 text, without a byte order mark. */
export function decodeUtf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new TouchstoneError('file_unreadable', `${path} is not UTF-8 text; save it as UTF-8.`, {
      file: path,
      cause,
    })
  }
}

/** The names in a folder, sorted; an absent folder has none. */
async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort()
  } catch (cause) {
    if (isMissing(cause)) return []
    throw new TouchstoneError('file_unreadable', `${path} cannot be listed: ${reasonOf(cause)}.`, {
      file: path,
      cause,
    })
  }
}

/** Every file below a folder whose name ends so, sorted by path. */
export async function findFiles(folder: string, ending: string): Promise<string[]> {
  const names = await listFolder(folder)
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      if (await isFolder(path)) return findFiles(path, ending)
      return name.endsWith(ending) ? [path] : []
    }),
  )
  return found.flat()
}

/** Whether a path is a folder; false where there is nothing. Throws `file_unreadable` where the system does not say. */
export async function isFolder(path: string): Promise<boolean> {
  return (await look(path))?.isDirectory() ?? false
}

/** Whether there is a file or folder at a path. Throws as `isFolder` does. */
export async function exists(path: string): Promise<boolean> {
  return (await look(path)) !== null
}

async function look(path: string): Promise<Stats | null> {
  try {
    return await stat(path)
  } catch (cause) {
    if (isMissing(cause)) return null
    throw new TouchstoneError('file_unreadable', `${path} cannot be looked at: ${reasonOf(cause)}.`, {
      file: path,
      cause,
    })
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')
}

const WORDS = new Map([
  ['ENOENT', 'it does not exist'],
  ['EISDIR', 'it is a folder; name a file'],
  ['ENOTDIR', 'what should be its folder is a file'],
  ['EACCES', 'you may not read it'],
])

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : null
  return WORDS.get(code ?? '') ?? (code === null ? 'the system refuses it' : `the system says ${code}`)
}
