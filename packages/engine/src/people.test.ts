import { asActor, asOwner, openDatabase } from '@touchstone/db'
import { freshDatabase } from '@touchstone/db/testing'
import { describe, expect, it } from 'vitest'
import {
  type Administrator,
  addUser,
  createToken,
  listTokens,
  listUsers,
  revokeToken,
  setRole,
} from './people.ts'

/** A fresh database, its owner as administrator, and administrators who prove a role by token. */
async function freshPeople() {
  const database = await freshDatabase()
  const db = openDatabase(database.appUrl, { max: 2 })
  const owner: Administrator = { by: 'owner', ownerUrl: database.ownerUrl }
  const withToken = (credential: string): Administrator => ({ by: 'token', bench: { db, credential } })
  return {
    database,
    db,
    owner,
    withToken,
    async [Symbol.asyncDispose]() {
      await db.close()
      await database.close()
    },
  }
}

describe('users', () => {
  it.each(['owner', 'admin'] as const)('are made by the %s, change role, and are listed', async (who) => {
    await using house = await freshPeople()
    const by = who === 'owner' ? house.owner : house.withToken(house.database.credentials.admin)

    const made = await addUser(by, {
      name: 'ada',
      role: 'viewer',
      displayName: 'Ada L.',
      facilities: ['synthetic'],
    })
    expect(made).toMatchObject({
      name: 'ada',
      role: 'viewer',
      displayName: 'Ada L.',
      facilities: ['synthetic'],
    })
    expect(await setRole(by, { user: 'ada', role: 'quality_lead' })).toMatchObject({ role: 'quality_lead' })

    const users = await listUsers(house.withToken(house.database.credentials.viewer))
    expect(users.map(({ name }) => name)).toEqual([
      'ada',
      'admin',
      'ci',
      'engineer',
      'operator',
      'quality_lead',
      'viewer',
    ])
  })

  it.each(['viewer', 'engineer', 'quality_lead', 'ci'] as const)('are not made by a %s', async (role) => {
    await using house = await freshPeople()
    const by = house.withToken(house.database.credentials[role])
    await expect(addUser(by, { name: 'eve', role: 'admin' })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(setRole(by, { user: role, role: 'admin' })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(createToken(by, { user: 'admin', name: 'mine' })).rejects.toMatchObject({
      code: 'forbidden',
    })
    await expect(listTokens(by)).rejects.toMatchObject({ code: 'forbidden' })
    expect(await listUsers(house.owner)).not.toContainEqual(expect.objectContaining({ name: 'eve' }))
  })

  it.each([
    ['a name that is taken', { name: 'viewer', role: 'viewer' }, 'conflict'],
    ['a name with spaces', { name: 'Ada L', role: 'viewer' }, 'usage'],
    ['a role that does not exist', { name: 'ada', role: 'boss' }, 'usage'],
    ['a facility that does not exist', { name: 'ada', role: 'viewer', facilities: ['nowhere'] }, 'not_found'],
  ])('with %s are refused', async (_what, user, code) => {
    await using house = await freshPeople()
    const before = await listUsers(house.owner)
    await expect(addUser(house.owner, user)).rejects.toMatchObject({ code })
    expect(await listUsers(house.owner)).toEqual(before)
  })
})

describe('tokens', () => {
  it('prove their user, and only their SHA-256 is in the database', async () => {
    await using house = await freshPeople()
    await addUser(house.owner, { name: 'ada', role: 'quality_lead' })

    const { id, token } = await createToken(house.owner, { user: 'ada', name: 'laptop' })

    expect(token).toMatch(/^ts_[A-Za-z0-9_-]{43}$/)
    expect((await asActor(house.db, token, async (tx) => tx.actor)).role).toBe('quality_lead')
    const rows = await asOwner(house.database.ownerUrl, async (tx) => {
      return (await tx.query('SELECT to_jsonb(t)::text AS row FROM api_tokens t WHERE id = $1', [id])).rows
    })
    expect(rows).toHaveLength(1)
    expect(rows[0]?.row).not.toContain(token)
    const listed = (await listTokens(house.owner)).find((one) => one.id === id)
    expect(listed).toMatchObject({ user: 'ada', name: 'laptop', kind: 'api', scopes: ['read', 'write'] })
    expect(JSON.stringify(listed)).not.toContain(token.slice(3))
  })

  it('prove nobody once they are revoked or expired, and read-only ones act as a viewer', async () => {
    await using house = await freshPeople()
    const wanted = { user: 'engineer', name: 'test' }
    const revoked = await createToken(house.owner, wanted)
    const expired = await createToken(house.owner, { ...wanted, expiresAt: new Date(Date.now() - 1000) })
    const reading = await createToken(house.owner, { ...wanted, scopes: ['read'] })

    expect((await revokeToken(house.owner, revoked.id.slice(0, 18))).revokedAt).toBeInstanceOf(Date)

    for (const { token } of [revoked, expired]) {
      const asked = asActor(house.db, token, async (tx) => tx.actor)
      await expect(asked).rejects.toMatchObject({ code: 'not_signed_in' })
    }
    expect((await asActor(house.db, reading.token, async (tx) => tx.actor)).role).toBe('viewer')
    await expect(revokeToken(house.owner, 'ffffffff')).rejects.toMatchObject({ code: 'not_found' })
    await expect(createToken(house.owner, { user: 'nobody', name: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})
