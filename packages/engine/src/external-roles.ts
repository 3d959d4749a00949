import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TouchstoneError } from '@touchstone/core'
import { canMakeRoles, ensureRoles, ROLES } from '@touchstone/db'
import { writeSecret } from './write-secret.ts'

/**
 * On a database of one's own, makes the roles when the owner's URL is a login that may; the application's
 * password is the one DATABASE_URL gives. A login that may not make roles must find them there.
 */
export async function ensureExternalRoles(options: {
  appUrl: string
  ownerUrl: string
  dataFolder: string
}): Promise<void> {
  if (!(await canMakeRoles(options.ownerUrl))) return
  const app = new URL(options.appUrl)
  if (decodeURIComponent(app.username) !== ROLES.app || app.password === '') {
    throw new TouchstoneError(
      'environment',
      `DATABASE_URL must log in as ${ROLES.app} with the password you choose for it; setup makes that role from DATABASE_OWNER_URL.`,
      { field: 'DATABASE_URL' },
    )
  }
  const passwords = {
    owner: await keptPassword(options.dataFolder, ROLES.owner),
    app: decodeURIComponent(app.password),
    auth: await keptPassword(options.dataFolder, ROLES.auth),
  }
  const database = decodeURIComponent(app.pathname.slice(1))
  await ensureRoles({ superuserUrl: options.ownerUrl, passwords, database })
}

async function keptPassword(dataFolder: string, role: string): Promise<string> {
  const file = join(dataFolder, 'credentials', role)
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const password = randomBytes(32).toString('base64url')
  await writeSecret(file, password)
  return password
}
