import { TouchstoneError } from '@touchstone/core'
import { Client, DatabaseError, escapeIdentifier, escapeLiteral } from 'pg'
import { scramSecret } from './scram-secret.ts'

/** Passwords of the three login roles. */
type RolePasswords = { owner: string; app: string; auth: string }

/** The roles of a Touchstone database: who owns and migrates, who works, who signs people in, who erases. */
export const ROLES = {
  owner: 'touchstone_owner',
  app: 'touchstone_app',
  auth: 'touchstone_auth',
  eraser: 'touchstone_eraser',
} as const

const EXTENSIONS = ['pgcrypto', 'pg_trgm'] as const
// Roles belong to the whole server, so two set-ups on it wait for each other: this number is ours alone.
const ROLES_LOCK = 7_466_117_203
const POWERLESS = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS'

/**
 * Makes the roles, the database and the rights between them, on PostgreSQL 15 and later; run again it changes
 * nothing but the passwords, which become those given.
 *
 * Errors: `database_unreachable` when the login fails, `database_refused` when it may not make roles,
 * `database_not_ready` when the server is too old or lacks an extension.
 */
export async function ensureRoles(options: {
  superuserUrl: string
  passwords: RolePasswords
  database: string
}): Promise<void> {
  const { passwords, database } = options
  await withClient(options.superuserUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [ROLES_LOCK])
    await refuseUnfitServer(client)
    await ensureLogin(client, { role: ROLES.owner, password: passwords.owner })
    await ensureLogin(client, { role: ROLES.app, password: passwords.app })
    await ensureLogin(client, { role: ROLES.auth, password: passwords.auth })
    await ensureRole(client, ROLES.eraser)
    await grantMembership(client)
    await ensureDatabase(client, database)
    const inDatabase = new URL(options.superuserUrl)
    inDatabase.pathname = `/${encodeURIComponent(database)}`
    await withClient(inDatabase.href, grantSchema)
  })
}

async function refuseUnfitServer(client: Client): Promise<void> {
  const { rows } = await client.query(
    `SELECT current_setting('server_version_num')::int AS version,
            current_setting('server_version') AS text,
            rolsuper OR rolcreaterole AS can_make_roles,
            ARRAY(SELECT wanted FROM unnest($1::text[]) AS wanted
                   WHERE NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = wanted)) AS missing
       FROM pg_roles WHERE rolname = current_user`,
    [EXTENSIONS],
  )
  const [server] = rows
  if (server.version < 150000) {
    throw new TouchstoneError(
      'database_not_ready',
      `This server is PostgreSQL ${server.text}; Touchstone needs 15 or later.`,
    )
  }
  if (server.missing.length > 0) {
    throw new TouchstoneError(
      'database_not_ready',
      `This server lacks the extension ${server.missing.join(' and ')}: install PostgreSQL's contrib modules on it.`,
    )
  }
  if (!server.can_make_roles) {
    throw new TouchstoneError(
      'database_refused',
      'This login may not create roles. Give a superuser login in DATABASE_OWNER_URL for the first set-up.',
    )
  }
}

async function ensureLogin(client: Client, login: { role: string; password: string }): Promise<void> {
  await ensureRole(client, login.role)
  const secret = escapeLiteral(scramSecret(login.password))
  await client.query(`ALTER ROLE ${escapeIdentifier(login.role)} LOGIN PASSWORD ${secret}`)
}

async function ensureRole(client: Client, role: string): Promise<void> {
  const name = escapeIdentifier(role)
  const { rows } = await client.query(
    `SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS is_powerful
       FROM pg_roles WHERE rolname = $1`,
    [role],
  )
  if (rows.length === 0) await client.query(`CREATE ROLE ${name} NOLOGIN ${POWERLESS}`)
  else if (rows[0].is_powerful) await client.query(`ALTER ROLE ${name} ${POWERLESS}`)
}

/** The owner may hand a function to the eraser, but does not hold the eraser's rights day by day where that can be told apart. */
async function grantMembership(client: Client): Promise<void> {
  const { rows } = await client.query(
    "SELECT current_setting('server_version_num')::int >= 160000 AS has_options",
  )
  const options = rows[0].has_options ? ' WITH INHERIT FALSE, SET TRUE' : ''
  await client.query(`GRANT ${ROLES.eraser} TO ${ROLES.owner}${options}`)
  // The owner may become the application, where its login is the only one, but never counts as it: the policies
  // that narrow what the application sees must not narrow definer functions. PostgreSQL 15 says so for the role.
  await client.query(`ALTER ROLE ${ROLES.owner} NOINHERIT`)
  await client.query(`GRANT ${ROLES.app} TO ${ROLES.owner}${options}`)
}

async function ensureDatabase(client: Client, database: string): Promise<void> {
  const name = escapeIdentifier(database)
  const { rows } = await client.query(
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
    [database],
  )
  // Only a superuser may give away what he makes without being a member of the new owner.
  if (!(await isSuperuser(client))) await client.query(`GRANT ${ROLES.owner} TO CURRENT_USER`)
  if (rows.length === 0) await client.query(`CREATE DATABASE ${name} OWNER ${ROLES.owner}`)
  else if (rows[0].owner !== ROLES.owner) await client.query(`ALTER DATABASE ${name} OWNER TO ${ROLES.owner}`)
  await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`)
  await client.query(`GRANT CONNECT, TEMPORARY, CREATE ON DATABASE ${name} TO ${ROLES.owner}`)
  await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${ROLES.app}, ${ROLES.auth}`)
}

async function isSuperuser(client: Client): Promise<boolean> {
  const { rows } = await client.query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')
  return rows[0].rolsuper === true
}

async function grantSchema(client: Client): Promise<void> {
  await client.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC')
  await client.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${ROLES.owner}`)
  // A function can be handed only to a role that may create in the function's schema.
  await client.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${ROLES.eraser}`)
}

async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'touchstone:roles' })
  client.on('error', () => {
    // The query under way rejects with the same loss; without a listener it would end the process too.
  })
  try {
    await client.connect()
  } catch (error) {
    const { host } = new URL(url)
    throw new TouchstoneError(
      'database_unreachable',
      `No login to the PostgreSQL server at ${host} to make roles: check that it runs, and the user and password.`,
      { cause: error },
    )
  }
  try {
    await work(client)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    throw new TouchstoneError(
      'database_refused',
      `The server refused to make Touchstone's roles (${error.message}). ` +
        'Give a superuser login in DATABASE_OWNER_URL for the first set-up.',
      { cause: error },
    )
  } finally {
    await client.end()
  }
}

/** Whether the login of a URL may make roles: a superuser, or one with CREATEROLE. */
export async function canMakeRoles(url: string): Promise<boolean> {
  let isAllowed = false
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ is_allowed: boolean }>(
      'SELECT rolsuper OR rolcreaterole AS is_allowed FROM pg_roles WHERE rolname = current_user',
    )
    isAllowed = rows[0]?.is_allowed ?? false
  })
  return isAllowed
}
