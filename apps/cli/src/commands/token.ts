import { TokenCreateOutput, TokenListOutput, TokenOutput } from '@touchstone/core'
import { type Command, Option } from 'commander'
import { readMoment, requireOption } from '../arguments.ts'
import { atDesk } from '../at-desk.ts'
import { defineCommand, defineGroup } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { layOutTable } from '../output/table.ts'
import type { Session } from '../session.ts'

/** `token`: what proves a user from outside; for admins and the database's owner. */
export function addToken(program: Command, session: Session): void {
  const group = defineGroup(program, {
    name: 'token',
    description: 'create, revoke and list API tokens',
    example: 'touchstone token create --user ci --name pipeline',
  })
  addTokenCreate(group, session)
  addTokenRevoke(group, session)
  addTokenList(group, session)
}

type CreateFlags = { user?: string; name?: string; scope?: 'read' | 'write'; expires?: Date }

function addTokenCreate(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'create',
    description: 'make a token for a user; it is shown this once',
    example: 'touchstone token create --user ci --name pipeline --expires 2027-01-01',
  })
    .option('--user <name>', 'whom it proves')
    .option('--name <text>', 'what it is for')
    .addOption(
      new Option('--scope <scope>', 'a token that only reads acts as a viewer').choices(['read', 'write']),
    )
    .option('--expires <date>', 'when it ends; never, when left out', readMoment)
    .action(async ({ user, name, scope = 'write', expires }: CreateFlags) => {
      const wanted = {
        user: requireOption(user, 'Whose token? Give --user NAME; "touchstone user list" lists them.'),
        name: requireOption(name, 'What is it for? Give --name TEXT.'),
        scopes: scope === 'read' ? (['read'] as const) : (['read', 'write'] as const),
        expiresAt: expires,
      }
      const { createToken } = await import('@touchstone/engine')
      const made = await atDesk(session, (administrator) => createToken(administrator, wanted))
      const expiresAt = made.expiresAt?.toISOString() ?? null
      if (session.isJson) return printDocument(session, TokenCreateOutput, { ...made, expiresAt })
      session.note('Keep it well; it is shown this once. It is used as TOUCHSTONE_TOKEN.')
      session.print(made.token)
    })
}

function addTokenRevoke(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'revoke',
    description: 'end a token',
    example: 'touchstone token revoke 0198c0de',
  })
    .argument('<id>', 'the id, or the beginning of it; "touchstone token list" lists them')
    .action(async (id: string) => {
      const { revokeToken } = await import('@touchstone/engine')
      const token = await atDesk(session, (administrator) => revokeToken(administrator, id))
      if (session.isJson) printDocument(session, TokenOutput, tokenOf(token))
      else session.print(`${token.name} of ${token.user} is revoked`)
    })
}

function addTokenList(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'list',
    description: 'list the tokens there are and were; never the tokens themselves',
    example: 'touchstone token list',
  }).action(async () => {
    const { listTokens } = await import('@touchstone/engine')
    const tokens = (await atDesk(session, listTokens)).map(tokenOf)
    if (session.isJson) return printDocument(session, TokenListOutput, { tokens })
    const columns = ['id', 'user', 'name', 'scopes', 'expires', 'state'].map((heading) => ({ heading }))
    const rows = tokens.map((token) => [
      token.id,
      token.user,
      token.name,
      token.scopes.join(', '),
      token.expiresAt ?? 'never',
      tokenState(token, new Date()),
    ])
    session.print(layOutTable(columns, rows))
  })
}

/** Whether a token proves anybody still. */
export function tokenState(
  { expiresAt, revokedAt }: Pick<TokenOutput, 'expiresAt' | 'revokedAt'>,
  now: Date,
): 'in use' | 'revoked' | 'expired' {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && new Date(expiresAt) <= now ? 'expired' : 'in use'
}

type KeptToken = Omit<TokenOutput, 'expiresAt' | 'lastUsedAt' | 'revokedAt' | 'createdAt'> & {
  expiresAt: Date | null
  lastUsedAt: Date | null
  revokedAt: Date | null
  createdAt: Date
}

function tokenOf(token: KeptToken): TokenOutput {
  return {
    ...token,
    expiresAt: token.expiresAt?.toISOString() ?? null,
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    revokedAt: token.revokedAt?.toISOString() ?? null,
    createdAt: token.createdAt.toISOString(),
  }
}
