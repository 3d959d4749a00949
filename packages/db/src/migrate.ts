import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { TouchstoneError } from '@touchstone/core'
import { type Client, DatabaseError } from 'pg'
import { isConnectionFault } from './database-fault.ts'
import { connectOwner } from './owner.ts'

/** The folder of the numbered migrations of this checkout. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../../migrations', import.meta.url))

/** One migration file: its name, its SQL, and the SHA-256 of its text with LF line ends. */
export type Migration = { name: string; file: string; sql: string; sha256: string }

/** What a call of `migrate` did: the names it applied itself, and how many there are in all. */
export type MigrationReport = { applied: string[]; total: number }

// One lock for all who migrate one database; the number is ours alone.
const MIGRATION_LOCK = 7_466_117_201
const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/

/**
 * Brings a database to the state of the migrations in a folder: each file once, in order, in a transaction of
 * its own, so that what is interrupted leaves nothing half-done. Any number of processes may call it at once.
 * Where nothing is to do it is one query.
 *
 * Errors: `conflict` when an applied file has changed or a new one is numbered below it, `database_not_ready`
 * when the database is ahead of the folder, `database_refused` when a file fails (with its line),
 * `database_unreachable`.
 */
export async function migrate(options: { ownerUrl: string; folder?: string }): Promise<MigrationReport> {
  const migrations = await readMigrations(options.folder ?? MIGRATIONS_FOLDER)
  await using owner = await connectOwner(options.ownerUrl, 'touchstone:migrate')
  const applied: string[] = []
  const present = await readApplied(owner.client)
  for (const migration of pendingOf(migrations, present)) {
    if (await applyOnce(owner, { migration, migrations })) applied.push(migration.name)
  }
  return { applied, total: migrations.length }
}

/** The migrations of a folder, in order; `file_invalid` on a name that is not `0001_what_it_does.sql` or a number used twice. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return await Promise.all(
    names.map(async (name, index) => {
      const file = path.join(folder, name)
      if (!FILE_NAME.test(name) || names[index - 1]?.slice(0, 4) === name.slice(0, 4)) {
        throw new TouchstoneError(
          'file_invalid',
          `${name} is not a migration's name: use a number of its own and words, like 0012_add_colour.sql.`,
          { file },
        )
      }
      const sql = (await readFile(file, 'utf8')).replaceAll('\r\n', '\n')
      return { name, file, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

async function readApplied(client: Client): Promise<Map<string, string>> {
  try {
    const { rows } = await client.query<{ name: string; sha256: string }>(
      'SELECT name, sha256 FROM public.schema_migrations',
    )
    return new Map(rows.map((row) => [row.name, row.sha256]))
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '42P01') return new Map()
    throw error
  }
}

function pendingOf(migrations: readonly Migration[], present: ReadonlyMap<string, string>): Migration[] {
  const unknown = [...present.keys()].find((name) => !migrations.some((migration) => migration.name === name))
  if (unknown !== undefined) {
    throw new TouchstoneError(
      'database_not_ready',
      `The database has the migration ${unknown}, which this checkout does not: use the newer Touchstone it was set up with.`,
    )
  }
  const newest = [...present.keys()].sort().at(-1) ?? ''
  for (const { name, file, sha256 } of migrations) {
    const was = present.get(name)
    if (was !== undefined && was !== sha256) {
      throw new TouchstoneError(
        'conflict',
        `The migration ${name} has changed since it was applied: put its text back and add a new file instead.`,
        { file },
      )
    }
    if (was === undefined && name < newest) {
      throw new TouchstoneError(
        'conflict',
        `The migration ${name} is new but ${newest} is applied already: give it a higher number.`,
        { file },
      )
    }
  }
  return migrations.filter(({ name }) => !present.has(name))
}

type Owner = Awaited<ReturnType<typeof connectOwner>>

/** Applies one file unless somebody else has done so since; the lock lasts as long as the transaction. */
async function applyOnce(
  owner: Owner,
  { migration, migrations }: { migration: Migration; migrations: readonly Migration[] },
): Promise<boolean> {
  return await owner.transaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    await client.query(
      `CREATE TABLE IF NOT EXISTS public.schema_migrations (
         name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP)`,
    )
    const pending = pendingOf(migrations, await readApplied(client))
    if (!pending.includes(migration)) return false
    await runFile(client, migration)
    await client.query('INSERT INTO public.schema_migrations (name, sha256) VALUES ($1, $2)', [
      migration.name,
      migration.sha256,
    ])
    return true
  })
}

async function runFile(client: Client, { name, file, sql }: Migration): Promise<void> {
  try {
    await client.query(sql)
  } catch (error) {
    if (!(error instanceof DatabaseError) || isConnectionFault(error)) throw error
    const line =
      error.position === undefined ? undefined : sql.slice(0, Number(error.position)).split('\n').length
    throw new TouchstoneError('database_refused', `The migration ${name} was refused: ${error.message}.`, {
      file,
      ...(line === undefined ? {} : { line }),
      cause: error,
    })
  }
}
