import { randomBytes } from 'node:crypto'
import { ROLES, TouchstoneError } from '@touchstone/core'
import {
  asActor,
  asOwner,
  endToken,
  findToken,
  findUser,
  giveRole,
  type KeptToken,
  type KeptUser,
  keepToken,
  keepUser,
  listTokens as readTokens,
  listUsers as readUsers,
  type Transaction,
} from '@touchstone/db'
import type { Bench } from './bench.ts'
import type { House } from './house.ts'
import { sha256Of } from './sha256.ts'

type Role = (typeof ROLES)[number]

/** Who administers: an actor proved by a token, or whoever holds the owner's credential of the database. */
export type Administrator =
  | { by: 'token'; bench: Pick<Bench, 'db' | 'credential'> }
  | { by: 'owner'; ownerUrl: string }

/** A token that was just made. `token` is shown this once: the database keeps its SHA-256 alone. */
export type NewToken = { id: string; user: string; name: string; token: string; expiresAt: Date | null }

/** The administrator of a house: a token that was given goes first, then the owner's credential, then the local operator, who will be refused. */
export function administratorOf(house: House, { isTokenGiven }: { isTokenGiven: boolean }): Administrator {
  if (isTokenGiven || house.ownerUrl === null) return { by: 'token', bench: house.bench }
  return { by: 'owner', ownerUrl: house.ownerUrl }
}

/** Makes a user, member of `synthetic` and of the facilities named. Throws `conflict` for a name that is taken, `not_found` for an unknown facility, `forbidden`. */
export async function addUser(
  administrator: Administrator,
  user: {
    name: string
    role: string
    displayName?: string | undefined
    email?: string | undefined
    facilities?: readonly string[] | undefined
  },
): Promise<KeptUser> {
  if (!/^[a-z][a-z0-9._-]{0,99}$/.test(user.name)) {
    throw new TouchstoneError(
      'usage',
      `"${user.name}" is no user's name; use small letters, digits, dots and dashes, such as ada.l.`,
    )
  }
  const role = readRole(user.role)
  return within(administrator, async (tx) => {
    await keepUser(tx, {
      name: user.name,
      role,
      displayName: user.displayName ?? null,
      email: user.email ?? null,
      facilities: user.facilities ?? [],
    })
    return findUser(tx, user.name)
  })
}

/** Gives a user another role; throws `not_found`, `forbidden`, and `usage` naming the roles there are. */
export async function setRole(
  administrator: Administrator,
  change: { user: string; role: string },
): Promise<KeptUser> {
  const role = readRole(change.role)
  return within(administrator, async (tx) => {
    const { id } = await findUser(tx, change.user)
    await giveRole(tx, { userId: id, role })
    return findUser(tx, change.user)
  })
}

/** Everybody there is, by name, with role and facilities. */
export async function listUsers(administrator: Administrator): Promise<KeptUser[]> {
  return within(administrator, readUsers)
}

/** Makes a token for a user: 32 random bytes behind `ts_`. A token without the scope `write` acts as a viewer. */
export async function createToken(
  administrator: Administrator,
  wanted: {
    user: string
    name: string
    scopes?: readonly ('read' | 'write')[] | undefined
    expiresAt?: Date | undefined
  },
): Promise<NewToken> {
  const token = `ts_${randomBytes(32).toString('base64url')}`
  const expiresAt = wanted.expiresAt ?? null
  const id = await within(administrator, async (tx) => {
    const user = await findUser(tx, wanted.user)
    return keepToken(tx, {
      userId: user.id,
      name: wanted.name,
      tokenHash: sha256Of(token),
      scopes: wanted.scopes ?? ['read', 'write'],
      expiresAt,
    })
  })
  return { id, user: wanted.user, name: wanted.name, token, expiresAt }
}

/** Ends a token, named by its id or the first characters of it; ending it again changes nothing. */
export async function revokeToken(administrator: Administrator, id: string): Promise<KeptToken> {
  return within(administrator, async (tx) => {
    const token = await findToken(tx, id)
    await endToken(tx, token.id)
    return findToken(tx, token.id)
  })
}

/** Every token there is or was, oldest first; never the token itself. */
export async function listTokens(administrator: Administrator): Promise<KeptToken[]> {
  return within(administrator, readTokens)
}

async function within<T>(administrator: Administrator, work: (tx: Transaction) => Promise<T>): Promise<T> {
  if (administrator.by === 'owner') return asOwner(administrator.ownerUrl, work)
  const { db, credential } = administrator.bench
  return asActor(db, credential, work)
}

function readRole(text: string): Role {
  const role = ROLES.find((known) => known === text)
  if (role !== undefined) return role
  throw new TouchstoneError('usage', `There is no role "${text}"; there is ${ROLES.join(', ')}.`)
}
