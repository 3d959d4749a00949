import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Client, DatabaseError } from 'pg'
import * as z from 'zod'
import { explainDatabaseFault } from './database-fault.ts'
import { loginUrl } from './embedded-connection.ts'
import { layoutOf } from './embedded-layout.ts'
import { ROLES } from './roles.ts'

/** What a login finds at a database: its own rights, the roles there are, and which migrations were applied (by name, with their SHA-256). */
export type DatabaseInspection = {
  serverVersion: string
  login: string
  isSuperuser: boolean
  bypassesRls: boolean
  /** Whether the login is the owner or may act as it. */
  isOwner: boolean
  roles: { name: string; isSuperuser: boolean; bypassesRls: boolean }[]
  /** null where no migration was ever applied, or this login may not see. */
  migrations: Map<string, string> | null
}

const Login = z.object({
  serverVersion: z.string(),
  login: z.string(),
  isSuperuser: z.boolean(),
  bypassesRls: z.boolean(),
  isOwner: z.boolean(),
})
const Role = z.object({ name: z.string(), isSuperuser: z.boolean(), bypassesRls: z.boolean() })
const AppliedMigration = z.object({ name: z.string(), sha256: z.string() })

/** Looks at a database and changes nothing. Throws `database_unreachable` or `database_refused`. */
export async function inspectDatabase(url: string): Promise<DatabaseInspection> {
  const client = new Client({
    connectionString: url,
    application_name: 'touchstone:doctor',
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', () => {
    // The query under way rejects with the same loss; without a listener it would end the process too.
  })
  try {
    await client.connect()
    const own = await client.query(
      `SELECT current_setting('server_version') AS "serverVersion", current_user AS login, r.rolsuper AS "isSuperuser",
              r.rolbypassrls AS "bypassesRls",
              EXISTS (SELECT FROM pg_roles o WHERE o.rolname = $1 AND pg_has_role(r.oid, o.oid, 'MEMBER')) AS "isOwner"
         FROM pg_roles r WHERE r.rolname = current_user`,
      [ROLES.owner],
    )
    const roles = await client.query(
      `SELECT rolname AS name, rolsuper AS "isSuperuser", rolbypassrls AS "bypassesRls" FROM pg_roles
        WHERE rolname = ANY ($1) ORDER BY 1`,
      [Object.values(ROLES)],
    )
    return {
      ...Login.parse(own.rows[0]),
      roles: z.array(Role).parse(roles.rows),
      migrations: await readApplied(client),
    }
  } catch (error) {
    throw explainDatabaseFault(error, url)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function readApplied(client: Client): Promise<Map<string, string> | null> {
  try {
    const { rows } = await client.query('SELECT name, sha256 FROM public.schema_migrations')
    return new Map(
      z
        .array(AppliedMigration)
        .parse(rows)
        .map(({ name, sha256 }) => [name, sha256]),
    )
  } catch (error) {
    // No such table, or none that this login may read.
    if (error instanceof DatabaseError && (error.code === '42P01' || error.code === '42501')) return null
    throw error
  }
}

/** The application's login at an embedded server that runs on this port already; null where its password file cannot be read. Starts nothing. */
export async function embeddedAppUrl(at: { dataFolder: string; port: number }): Promise<string | null> {
  const file = path.join(layoutOf(at.dataFolder).credentials, ROLES.app)
  const password = await readFile(file, 'utf8').catch(() => null)
  if (password === null) return null
  return loginUrl({ user: ROLES.app, password: password.trim(), port: at.port, database: 'touchstone' })
}
