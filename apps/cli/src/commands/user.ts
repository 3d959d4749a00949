import { ROLES, UserListOutput, UserOutput } from '@touchstone/core'
import { type Command, Option } from 'commander'
import { gather, requireOption } from '../arguments.ts'
import { atDesk } from '../at-desk.ts'
import { defineCommand, defineGroup } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { layOutTable } from '../output/table.ts'
import type { Session } from '../session.ts'

/** `user`: who may work here, and as what; for admins and the database's owner. */
export function addUser(program: Command, session: Session): void {
  const group = defineGroup(program, {
    name: 'user',
    description: 'add users, give roles, list users',
    example: 'touchstone user add ada --role quality_lead',
  })
  addUserAdd(group, session)
  addUserRole(group, session)
  addUserList(group, session)
}

type UserFlags = { role?: string; displayName?: string; email?: string; facility?: string[] }

function addUserAdd(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'add',
    description: 'add a user',
    example: 'touchstone user add ada --role quality_lead --display-name "Ada L."',
  })
    .argument('<name>', 'small letters, digits, dots and dashes')
    .addOption(new Option('--role <role>', 'what the user may do').choices(ROLES))
    .option('--display-name <text>', 'how people know the user')
    .option('--email <address>')
    .option('--facility <id>', 'a facility beside synthetic; may be repeated', gather)
    .action(async (name: string, { role, displayName, email, facility }: UserFlags) => {
      const given = requireOption(role, `Which role? Give --role ${ROLES.join('|')}.`)
      const { addUser: add } = await import('@touchstone/engine')
      const wanted = { name, role: given, displayName, email, facilities: facility }
      reportUser(session, await atDesk(session, (administrator) => add(administrator, wanted)))
    })
}

function addUserRole(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'role',
    description: 'give a user another role',
    example: 'touchstone user role ada admin',
  })
    .argument('<name>', 'the user')
    .argument('<role>', ROLES.join(', '))
    .action(async (user: string, role: string) => {
      const { setRole } = await import('@touchstone/engine')
      reportUser(session, await atDesk(session, (administrator) => setRole(administrator, { user, role })))
    })
}

function addUserList(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'list',
    description: 'list the users',
    example: 'touchstone user list',
  }).action(async () => {
    const { listUsers } = await import('@touchstone/engine')
    const users = await atDesk(session, listUsers)
    if (session.isJson) return printDocument(session, UserListOutput, { users })
    const columns = ['name', 'role', 'active', 'facilities', 'known as'].map((heading) => ({ heading }))
    const rows = users.map(({ name, role, isActive, facilities, displayName }) => [
      name,
      role,
      isActive ? 'yes' : 'no',
      facilities.length === 0 ? 'synthetic alone' : facilities.join(', '),
      displayName ?? name,
    ])
    session.print(layOutTable(columns, rows))
  })
}

function reportUser(session: Session, user: UserOutput): void {
  if (session.isJson) printDocument(session, UserOutput, user)
  else session.print(`${user.name} is ${user.role}`)
}
