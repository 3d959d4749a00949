import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { TouchstoneError } from '@touchstone/core'
import type { EmbeddedLayout } from './embedded-layout.ts'

/** Passwords of the four logins of an embedded server. */
export type EmbeddedPasswords = { superuser: string; owner: string; app: string; auth: string }

/**
 * Reads the passwords from their 0600 files, making at random those that are missing.
 * The superuser's cannot be made again once a cluster exists that knows the old one: `environment`.
 */
export async function readPasswords(layout: EmbeddedLayout): Promise<EmbeddedPasswords> {
  const file = (login: string): string => path.join(layout.credentials, login)
  if (existsSync(layout.cluster) && !existsSync(file('superuser'))) {
    throw new TouchstoneError(
      'environment',
      `The password of the database in ${layout.cluster} is missing: put the file ${file('superuser')} back, ` +
        'or set TOUCHSTONE_DATA to a new folder.',
      { file: file('superuser') },
    )
  }
  return {
    superuser: await readOrMake(file('superuser')),
    owner: await readOrMake(file('touchstone_owner')),
    app: await readOrMake(file('touchstone_app')),
    auth: await readOrMake(file('touchstone_auth')),
  }
}

async function readOrMake(file: string): Promise<string> {
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim()
  const password = randomBytes(32).toString('base64url')
  const partial = `${file}.partial`
  const handle = await open(partial, 'w', 0o600)
  await handle.writeFile(password)
  await handle.sync()
  await handle.close()
  await rename(partial, file)
  return password
}
