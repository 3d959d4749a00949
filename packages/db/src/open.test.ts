import { TouchstoneError } from '@touchstone/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asActor, asOwner, openDatabase } from './open.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'

let fresh: FreshDatabase

beforeAll(async () => {
  fresh = await freshDatabase()
})
afterAll(async () => {
  await fresh.close()
})

test('an actor is proved by a credential and sees the synthetic facility', async () => {
  await using db = openDatabase(fresh.appUrl)

  const actor = await asActor(db, fresh.operatorCredential, async (tx) => tx.actor)

  expect(actor).toMatchObject({ role: 'engineer', facilities: ['synthetic'] })
})

test('a credential that proves nobody is not signed in', async () => {
  await using db = openDatabase(fresh.appUrl)

  const asking = asActor(db, 'not-a-token', async (tx) => tx.actor)

  await expect(asking).rejects.toMatchObject({ name: 'TouchstoneError', code: 'not_signed_in' })
})

test('work that throws leaves nothing behind and the connection usable', async () => {
  await using db = openDatabase(fresh.appUrl, { max: 1 })
  const failing = asActor(db, fresh.operatorCredential, async (tx) => {
    await tx.query("INSERT INTO prompts (prompt_type, name) VALUES ('default', 'short-lived')")
    throw new Error('stop')
  })
  await expect(failing).rejects.toThrow('stop')

  const { rows } = await asActor(db, fresh.operatorCredential, (tx) =>
    tx.query("SELECT FROM prompts WHERE name = 'short-lived'"),
  )

  expect(rows).toHaveLength(0)
})

test('a transaction cannot be used after it has ended', async () => {
  await using db = openDatabase(fresh.appUrl)

  const kept = await asActor(db, fresh.operatorCredential, async (tx) => ({ tx }))

  await expect(kept.tx.query('SELECT 1')).rejects.toMatchObject({ code: 'internal' })
})

test.each(['ownerUrl', 'superuserUrl'] as const)("the %s works under the application's role", async (url) => {
  await using db = openDatabase(fresh[url])

  const { rows } = await asActor(db, fresh.operatorCredential, (tx) =>
    tx.query('SELECT current_user AS name'),
  )

  expect(rows).toEqual([{ name: 'touchstone_app' }])
})

test.each(['ownerUrl', 'superuserUrl'] as const)(
  'under the %s an engineer is still no admin',
  async (url) => {
    await using db = openDatabase(fresh[url])

    const asking = asActor(db, fresh.operatorCredential, (tx) =>
      tx.query("SELECT create_user('intruder', 'admin')"),
    )

    await expect(asking).rejects.toMatchObject({ code: 'forbidden' })
  },
)

test('connections that the server ended are replaced without an error', async () => {
  await using db = openDatabase(fresh.appUrl, { max: 1, applicationName: 'touchstone:cut-off' })
  await asActor(db, fresh.operatorCredential, (tx) => tx.query('SELECT 1'))
  await asOwner(fresh.superuserUrl, async (tx) => {
    await tx.query('RESET ROLE')
    await tx.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'touchstone:cut-off'",
    )
  })

  const { rows } = await asActor(db, fresh.operatorCredential, (tx) => tx.query('SELECT 1 AS one'))

  expect(rows).toEqual([{ one: 1 }])
})

test('a server that is not there is named without its password', async () => {
  await using db = openDatabase('postgresql://touchstone_app:hush@127.0.0.1:9/none')

  const error: unknown = await asActor(db, 'any', async () => 1).catch((reason: unknown) => reason)

  expect(error).toBeInstanceOf(TouchstoneError)
  expect(error).toMatchObject({ code: 'database_unreachable' })
  expect(String(error)).toContain('127.0.0.1:9')
  expect(String(error)).not.toContain('hush')
})

test('a database that was never migrated says to run setup', async () => {
  await using empty = await freshDatabase({ isEmpty: true })
  await using db = openDatabase(empty.appUrl)

  await expect(asActor(db, 'any', async () => 1)).rejects.toMatchObject({ code: 'database_not_ready' })
})

test.each([
  ['postgresql://u:p@ep-cool-1-pooler.eu.neon.tech/x', true],
  ['postgresql://u:p@db.example.org:6432/x', true],
  ['postgresql://u:p@db.example.org:5432/x', false],
])('%s is a transaction pooler: %s', async (url, expected) => {
  await using db = openDatabase(url)

  expect(db.isPooled).toBe(expected)
})
