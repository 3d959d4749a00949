import { ROLES, TouchstoneError } from '@touchstone/core'
import { DatabaseError } from 'pg'
import * as z from 'zod'
import { type Queryable, readOnlyRow, readRows } from './rows.ts'

/** A user as kept: role, and the facilities beside `synthetic` whose rows they see. */
export const KeptUser = z.object({
  id: z.uuid(),
  name: z.string(),
  displayName: z.string().nullable(),
  email: z.string().nullable(),
  role: z.enum(ROLES),
  isActive: z.boolean(),
  facilities: z.array(z.string()),
})
export type KeptUser = z.infer<typeof KeptUser>

const USERS = `SELECT u.id, u.name, u.display_name AS "displayName", u.email, u.role, u.is_active AS "isActive",
    ARRAY(SELECT m.facility_id FROM facility_members m WHERE m.user_id = u.id ORDER BY 1) AS facilities FROM users u`

/** Everybody there is, by name; the author of what set-up writes is nobody and left out. */
export async function listUsers(tx: Queryable): Promise<KeptUser[]> {
  return readRows(tx, KeptUser, { text: `${USERS} WHERE u.name <> 'setup' ORDER BY u.name` })
}

/** A user by name; throws `not_found`. */
export async function findUser(tx: Queryable, name: string): Promise<KeptUser> {
  const [user] = await readRows(tx, KeptUser, { text: `${USERS} WHERE u.name = $1`, values: [name] })
  if (user) return user
  throw new TouchstoneError('not_found', `There is no user ${name}; make one with "touchstone user add".`)
}

/** Makes a user and its memberships; needs an admin or the owner's rights. Throws `conflict`, `not_found`, `forbidden`. */
export async function keepUser(
  tx: Queryable,
  user: {
    name: string
    role: KeptUser['role']
    displayName: string | null
    email: string | null
    facilities: readonly string[]
  },
): Promise<void> {
  const { name, role, displayName, email, facilities } = user
  const missing = await readRows(tx, z.object({ id: z.string() }), {
    text: 'SELECT id FROM unnest($1::text[]) AS wanted(id) WHERE id NOT IN (SELECT f.id FROM facilities f)',
    values: [facilities],
  })
  if (missing[0]) throw new TouchstoneError('not_found', `There is no facility ${missing[0].id}.`)
  try {
    const { id } = await readOnlyRow(tx, z.object({ id: z.uuid() }), {
      text: 'SELECT create_user($1, $2, $3, $4) AS id',
      values: [name, role, displayName, email],
    })
    await tx.query('SELECT add_member($1, f.id) FROM unnest($2::text[]) AS f(id)', [id, facilities])
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== '23505') throw error
    const what = error.constraint === 'users_email_unique' ? `the address ${email}` : `the name ${name}`
    throw new TouchstoneError('conflict', `Another user has ${what} already.`, { cause: error })
  }
}

/** Gives a user another role; needs an admin or the owner's rights. */
export async function giveRole(
  tx: Queryable,
  { userId, role }: { userId: string; role: KeptUser['role'] },
): Promise<void> {
  await tx.query('SELECT set_role($1, $2)', [userId, role])
}

/** A token as it may be listed: whose, what for, how long; nothing that proves anything. */
export const KeptToken = z.object({
  id: z.uuid(),
  user: z.string(),
  name: z.string(),
  kind: z.enum(['api', 'local_operator']),
  scopes: z.array(z.string()),
  expiresAt: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
  revokedAt: z.date().nullable(),
  createdAt: z.date(),
})
export type KeptToken = z.infer<typeof KeptToken>

const TOKENS = `SELECT t.id, t.user_name AS "user", t.name, t.kind, t.scopes, t.expires_at AS "expiresAt",
    t.last_used_at AS "lastUsedAt", t.revoked_at AS "revokedAt", t.created_at AS "createdAt" FROM list_tokens() t`

/** Every token, oldest first; needs an admin or the owner's rights. */
export async function listTokens(tx: Queryable): Promise<KeptToken[]> {
  return readRows(tx, KeptToken, { text: TOKENS })
}

/** A token by its id or the first eight or more characters of it; throws `not_found`. */
export async function findToken(tx: Queryable, id: string): Promise<KeptToken> {
  const found = /^[0-9a-f-]{8,36}$/.test(id)
    ? await readRows(tx, KeptToken, {
        text: `${TOKENS} WHERE t.id::text LIKE $1 || '%' LIMIT 2`,
        values: [id],
      })
    : []
  const [token, another] = found
  if (!token)
    throw new TouchstoneError('not_found', `There is no token ${id}; "token list" names those there are.`)
  if (another) throw new TouchstoneError('usage', `More than one token begins with ${id}; write more of it.`)
  return token
}

/** Keeps a token by its SHA-256 (lower-case hex) and returns its row's id; needs an admin or the owner's rights. */
export async function keepToken(
  tx: Queryable,
  token: {
    userId: string
    name: string
    tokenHash: string
    scopes: readonly string[]
    expiresAt: Date | null
  },
): Promise<string> {
  const { userId, name, tokenHash, scopes, expiresAt } = token
  const { id } = await readOnlyRow(tx, z.object({ id: z.uuid() }), {
    text: `SELECT create_token($1, $2, $3, 'api', $4, $5) AS id`,
    values: [userId, name, tokenHash, scopes, expiresAt],
  })
  return id
}

/** Ends a token; its own user may, and whoever administers. */
export async function endToken(tx: Queryable, id: string): Promise<void> {
  await tx.query('SELECT revoke_token($1)', [id])
}
