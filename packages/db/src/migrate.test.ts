import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MIGRATIONS_FOLDER, migrate, readMigrations } from './migrate.ts'
import { asOwner } from './open.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'

let fresh: FreshDatabase
let folder: string

beforeEach(async () => {
  fresh = await freshDatabase({ isEmpty: true })
  folder = await mkdtemp(path.join(tmpdir(), 'migrations-'))
})
afterEach(async () => {
  await fresh.close()
  await rm(folder, { recursive: true })
})

/** The names of the tables a database has, without the migrator's own. */
async function tablesOf(ownerUrl: string): Promise<string[]> {
  const { rows } = await asOwner(ownerUrl, (tx) =>
    tx.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations' ORDER BY 1",
    ),
  )
  return rows.map(({ name }) => name)
}

test('a fresh database gets every migration, and a second call does nothing', async () => {
  const first = await migrate({ ownerUrl: fresh.ownerUrl })
  const second = await migrate({ ownerUrl: fresh.ownerUrl })

  const names = (await readMigrations(MIGRATIONS_FOLDER)).map(({ name }) => name)
  expect(first).toEqual({ applied: names, total: names.length })
  expect(second).toEqual({ applied: [], total: names.length })
})

test('the owner that migrates is neither a superuser nor above row-level security', async () => {
  await migrate({ ownerUrl: fresh.ownerUrl })

  const { rows } = await asOwner(fresh.ownerUrl, (tx) =>
    tx.query(`SELECT current_user AS name, session_user AS login, rolsuper, rolbypassrls, rolcreaterole
                FROM pg_roles WHERE rolname = current_user`),
  )

  expect(rows).toEqual([
    {
      name: 'touchstone_owner',
      login: 'touchstone_owner',
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
    },
  ])
})

test("what a superuser's login migrates belongs to touchstone_owner", async () => {
  await migrate({ ownerUrl: fresh.superuserUrl })

  const { rows } = await asOwner(fresh.ownerUrl, (tx) =>
    tx.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"),
  )

  expect(rows).toEqual([{ tableowner: 'touchstone_owner' }])
})

test('twenty migrators at once apply each file exactly once', async () => {
  const reports = await Promise.all(Array.from({ length: 20 }, () => migrate({ ownerUrl: fresh.ownerUrl })))

  const names = (await readMigrations(MIGRATIONS_FOLDER)).map(({ name }) => name)
  expect(reports.flatMap(({ applied }) => applied).sort()).toEqual(names)
})

test('a file that fails half-way leaves nothing of itself, keeps those before it, and names the line', async () => {
  await writeFile(path.join(folder, '0001_first.sql'), 'CREATE TABLE first (id INT);')
  await writeFile(
    path.join(folder, '0002_second.sql'),
    'CREATE TABLE second (id INT);\nCREATE TABLE third (id NONSENSE);',
  )

  const migrating = migrate({ ownerUrl: fresh.ownerUrl, folder })

  await expect(migrating).rejects.toMatchObject({
    code: 'database_refused',
    place: { file: path.join(folder, '0002_second.sql'), line: 2 },
  })
  expect(await tablesOf(fresh.ownerUrl)).toEqual(['first'])
  await writeFile(path.join(folder, '0002_second.sql'), 'CREATE TABLE second (id INT);')
  expect((await migrate({ ownerUrl: fresh.ownerUrl, folder })).applied).toEqual(['0002_second.sql'])
})

test('a migrator whose connection dies half-way leaves nothing half-done', async () => {
  await writeFile(path.join(folder, '0001_slow.sql'), 'CREATE TABLE slow (id INT);\nSELECT pg_sleep(20);')
  const migrating = migrate({ ownerUrl: fresh.ownerUrl, folder }).catch((error: unknown) => error)
  const killer = new Client({ connectionString: fresh.superuserUrl })
  await killer.connect()

  for (let isKilled = false; !isKilled; ) {
    const { rowCount } = await killer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'touchstone:migrate' AND datname = current_database() AND query LIKE '%pg_sleep%'`,
    )
    isKilled = rowCount === 1
  }
  await killer.end()

  expect(await migrating).toMatchObject({ code: 'database_unreachable' })
  expect(await tablesOf(fresh.ownerUrl)).toEqual([])
  await writeFile(path.join(folder, '0001_slow.sql'), 'CREATE TABLE slow (id INT);')
  expect((await migrate({ ownerUrl: fresh.ownerUrl, folder })).applied).toEqual(['0001_slow.sql'])
})

test('an applied file whose text has changed is a conflict, whatever its line ends', async () => {
  const file = path.join(folder, '0001_first.sql')
  await writeFile(file, 'CREATE TABLE first (\nid INT);')
  await migrate({ ownerUrl: fresh.ownerUrl, folder })
  await writeFile(file, 'CREATE TABLE first (\r\nid INT);')
  expect((await migrate({ ownerUrl: fresh.ownerUrl, folder })).applied).toEqual([])

  await writeFile(file, 'CREATE TABLE first (\nid BIGINT);')

  await expect(migrate({ ownerUrl: fresh.ownerUrl, folder })).rejects.toMatchObject({
    code: 'conflict',
    place: { file },
  })
})

test('a database that is ahead of the checkout is not touched', async () => {
  await cp(MIGRATIONS_FOLDER, folder, { recursive: true })
  await writeFile(path.join(folder, '9999_later.sql'), 'SELECT 1;')
  await migrate({ ownerUrl: fresh.ownerUrl, folder })

  await expect(migrate({ ownerUrl: fresh.ownerUrl })).rejects.toMatchObject({ code: 'database_not_ready' })
})

test.each([['no-number.sql'], ['1_short.sql'], ['0001_Upper.sql']])('%s is not a migration', async (name) => {
  await writeFile(path.join(folder, name), 'SELECT 1;')

  await expect(readMigrations(folder)).rejects.toMatchObject({ code: 'file_invalid' })
})
