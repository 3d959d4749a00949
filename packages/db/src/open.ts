import { TouchstoneError } from '@touchstone/core'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { type Client, Pool, type PoolClient, type QueryResult, type QueryResultRow } from 'pg'
import { explainDatabaseFault, isConnectionFault, placeOf } from './database-fault.ts'
import { connectOwner } from './owner.ts'
import { ROLES } from './roles.ts'

/** An open database: a pool of connections, each named `touchstone:…`. Nothing is connected before it is first asked. */
export type Database = {
  pool: Pool
  url: string
  /** Whether the URL leads to a transaction pooler, where LISTEN does not work. */
  isPooled: boolean
  /** How the pool's login works: as the application itself, or (an owner's or superuser's login) under SET LOCAL ROLE. */
  login(): Promise<'app' | 'set-role'>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Who has been proved to ask. */
export type Actor = { userId: string; role: string; facilities: string[] }

/** One transaction: plain SQL by `query`, typed SQL by `drizzle`. It ends with the function it was given to. */
export type Transaction = {
  query<Row extends QueryResultRow = QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<QueryResult<Row>>
  readonly drizzle: NodePgDatabase
}

/** A transaction that carries who is asking. */
export type ActorTransaction = Transaction & { readonly actor: Actor }

/** Opens a pool on a database; the login may be the application's, or one that can become it. */
export function openDatabase(
  url: string,
  options: { applicationName?: `touchstone:${string}`; max?: number } = {},
): Database {
  if (!URL.canParse(url)) {
    throw new TouchstoneError(
      'environment',
      'DATABASE_URL is not a URL: write postgresql://user:password@host:5432/name.',
    )
  }
  const pool = new Pool({
    connectionString: url,
    application_name: options.applicationName ?? 'touchstone:app',
    max: options.max ?? 10,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 10_000,
    keepAlive: true,
    pipeline: true,
  })
  pool.on('error', () => {
    // An idle connection was lost: the pool drops it and opens another when asked.
  })
  pool.on('connect', (client) => {
    // Lost while it is in use, its queries reject; without a listener of its own the loss would end the process too.
    client.on('error', () => undefined)
  })
  let known: Promise<'app' | 'set-role'> | undefined
  const close = async (): Promise<void> => {
    if (!pool.ending) await pool.end()
  }
  return {
    pool,
    url,
    isPooled: isPoolerUrl(url),
    login() {
      known ??= readLogin(pool, url).catch((error: unknown) => {
        known = undefined
        throw error
      })
      return known
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * Runs `work` in one short transaction of whoever the credential proves (an API token, the local operator's
 * credential, a session). It commits when `work` resolves and rolls back when it throws. Never keep it open
 * across a model call or a stream.
 *
 * Errors: `not_signed_in` for a credential that proves nobody, `forbidden`, `frozen`, `database_unreachable`,
 * `database_not_ready`, `disk_full`; other faults of the database come as `pg` throws them.
 */
export async function asActor<T>(
  db: Database,
  credential: string,
  work: (tx: ActorTransaction) => Promise<T>,
): Promise<T> {
  try {
    const { client, actor } = await begin(db, credential)
    return await finish(client, { actor, work })
  } catch (error) {
    throw explainDatabaseFault(error, db.url)
  }
}

/** Runs `work` in one transaction with the owner's rights: for set-up and administration, never for requests. */
export async function asOwner<T>(url: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
  await using owner = await connectOwner(url)
  return await owner.transaction(async (client) => {
    const { tx, end } = transactionOn(client, {})
    try {
      return await work(tx)
    } finally {
      end()
    }
  })
}

/** Begins a transaction and proves its actor; a pooled connection that turns out to be dead is replaced once. */
async function begin(db: Database, credential: string): Promise<{ client: PoolClient; actor: Actor }> {
  const opening = (await db.login()) === 'app' ? 'BEGIN' : `BEGIN; SET LOCAL ROLE ${ROLES.app}`
  try {
    return await beginOn(await db.pool.connect(), { opening, credential })
  } catch (error) {
    if (!isConnectionFault(error)) throw error
    return await beginOn(await db.pool.connect(), { opening, credential })
  }
}

async function beginOn(
  client: PoolClient,
  { opening, credential }: { opening: string; credential: string },
): Promise<{ client: PoolClient; actor: Actor }> {
  // Both are sent at once: what an actor costs is one round trip.
  const [opened, proved] = await Promise.allSettled([
    client.query(opening),
    client.query<{ user_id: string; role: string; facilities: string[] }>(
      'SELECT user_id, role, facilities FROM begin_actor($1)',
      [credential],
    ),
  ])
  const failed = [opened, proved].find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) {
    await abandon(client, failed.reason)
    throw failed.reason
  }
  const row = proved.status === 'fulfilled' ? proved.value.rows[0] : undefined
  if (row === undefined) {
    await abandon(client, undefined)
    throw new TouchstoneError('internal', 'The database proved no actor and raised no error.')
  }
  return { client, actor: { userId: row.user_id, role: row.role, facilities: row.facilities } }
}

async function finish<T>(
  client: PoolClient,
  { actor, work }: { actor: Actor; work: (tx: ActorTransaction) => Promise<T> },
): Promise<T> {
  const { tx, end } = transactionOn(client, { actor })
  try {
    const outcome = await work(tx)
    end()
    await client.query('COMMIT')
    client.release()
    return outcome
  } catch (error) {
    end()
    await abandon(client, error)
    throw error
  }
}

/** Rolls back and gives the connection back, or throws it away where it is not to be trusted. */
async function abandon(client: PoolClient, error: unknown): Promise<void> {
  if (isConnectionFault(error)) {
    client.release(true)
    return
  }
  try {
    await client.query('ROLLBACK')
    client.release()
  } catch {
    client.release(true)
  }
}

function transactionOn<Extra extends object>(
  client: PoolClient | Client,
  extra: Extra,
): { tx: Transaction & Extra; end: () => void } {
  let isOver = false
  let typed: NodePgDatabase | undefined
  const refuse = (): void => {
    if (isOver) throw new TouchstoneError('internal', 'A transaction was used after it had ended.')
  }
  const tx = {
    ...extra,
    async query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<Row>> {
      refuse()
      return await client.query<Row>(text, values)
    },
    get drizzle(): NodePgDatabase {
      refuse()
      typed ??= drizzle(client, { casing: 'snake_case' })
      return typed
    },
  }
  return {
    tx,
    end() {
      isOver = true
    },
  }
}

async function readLogin(pool: Pool, url: string): Promise<'app' | 'set-role'> {
  try {
    const { rows } = await pool.query<{ is_app: boolean; can_become_app: boolean }>(
      `SELECT current_user = $1 AS is_app,
              EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(oid, 'MEMBER')) AS can_become_app`,
      [ROLES.app],
    )
    if (rows[0]?.is_app) return 'app'
    if (rows[0]?.can_become_app) return 'set-role'
  } catch (error) {
    throw explainDatabaseFault(error, url)
  }
  throw new TouchstoneError(
    'database_refused',
    `The login at ${placeOf(url)} is not ${ROLES.app} and may not become it: put the application's login in DATABASE_URL.`,
  )
}

/** Whether a URL leads to a transaction pooler, by its host, port or parameters. */
export function isPoolerUrl(url: string): boolean {
  const { hostname, port, searchParams } = new URL(url)
  return (
    hostname.split('.')[0]?.endsWith('-pooler') === true ||
    port === '6432' ||
    searchParams.get('pgbouncer') === 'true'
  )
}
