import * as z from 'zod'
import { ROLES } from './module.ts'

const Time = z.iso.datetime({ offset: true })

/** `user add --json`, `user role --json`: the user as they are now. */
export const UserOutput = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  displayName: z.string().nullable(),
  email: z.string().nullable(),
  role: z.enum(ROLES),
  isActive: z.boolean(),
  facilities: z.array(z.string()),
})
export type UserOutput = z.infer<typeof UserOutput>

/** `user list --json`: everybody, by name. */
export const UserListOutput = z.strictObject({ users: z.array(UserOutput) })
export type UserListOutput = z.infer<typeof UserListOutput>

/** `token create --json`: `token` is shown this once and kept nowhere. */
export const TokenCreateOutput = z.strictObject({
  id: z.uuid(),
  user: z.string(),
  name: z.string(),
  token: z.string(),
  expiresAt: Time.nullable(),
})
export type TokenCreateOutput = z.infer<typeof TokenCreateOutput>

/** `token revoke --json`: the token as it is now; never the token itself. */
export const TokenOutput = z.strictObject({
  id: z.uuid(),
  user: z.string(),
  name: z.string(),
  kind: z.enum(['api', 'local_operator']),
  scopes: z.array(z.string()),
  expiresAt: Time.nullable(),
  lastUsedAt: Time.nullable(),
  revokedAt: Time.nullable(),
  createdAt: Time,
})
export type TokenOutput = z.infer<typeof TokenOutput>

/** `token list --json`: every token there is or was, oldest first. */
export const TokenListOutput = z.strictObject({ tokens: z.array(TokenOutput) })
export type TokenListOutput = z.infer<typeof TokenListOutput>
