import { createHash, randomBytes } from 'node:crypto'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, escapeIdentifier } from 'pg'
import { startEmbedded } from './embedded.ts'
import { defaultDataFolder } from './embedded-layout.ts'
import { migrate, readMigrations } from './migrate.ts'
import { asOwner } from './open.ts'
import { isAlive } from './process-table.ts'
import { ensureRoles } from './roles.ts'

/** A database of one's own for a test, migrated, with an operator and one user of each role; dropped when disposed. */
export type FreshDatabase = {
  superuserUrl: string
  ownerUrl: string
  appUrl: string
  authUrl: string
  /** Proves the local operator, an engineer. */
  operatorCredential: string
  /** Proves a user of that role, member of no facility but `synthetic`. */
  credentials: Readonly<Record<TestRole, string>>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const TEST_ROLES = ['viewer', 'engineer', 'quality_lead', 'admin', 'ci'] as const
type TestRole = (typeof TEST_ROLES)[number]
type ServerUrls = { superuserUrl: string; ownerUrl: string; appUrl: string; authUrl: string; isOurs: boolean }

const OPERATOR = 'operator'
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
// All test processes of one server take it while they make the template; the number is ours alone.
const TEMPLATE_LOCK = 7_466_117_202

let server: Promise<ServerUrls> | undefined
let template: Promise<string> | undefined

/**
 * A fresh database, cloned from a template that is migrated once for each state of the migrations. The server is
 * that of TOUCHSTONE_TEST_DATABASE_URL (a superuser's URL), or an embedded one of the checkout's own for tests.
 */
export async function freshDatabase(options: { isEmpty?: boolean } = {}): Promise<FreshDatabase> {
  server ??= findServer()
  const urls = await server
  const name = `touchstone_test_${process.pid}_${randomBytes(5).toString('hex')}`
  // Made first in any case: it makes the roles, too, on a server that has none yet.
  template ??= ensureTemplate(urls)
  const source = await template
  if (options.isEmpty === true) {
    await ensureRoles({ superuserUrl: urls.superuserUrl, passwords: passwordsOf(urls), database: name })
  } else {
    await onServer(urls, (client) =>
      client.query(`CREATE DATABASE ${name} TEMPLATE ${escapeIdentifier(source)} OWNER touchstone_owner`),
    )
  }
  const close = async (): Promise<void> => {
    await onServer(urls, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  }
  return {
    superuserUrl: inDatabase(urls.superuserUrl, name),
    ownerUrl: inDatabase(urls.ownerUrl, name),
    appUrl: inDatabase(urls.appUrl, name),
    authUrl: inDatabase(urls.authUrl, name),
    operatorCredential: credentialOf(OPERATOR),
    credentials: {
      viewer: credentialOf('viewer'),
      engineer: credentialOf('engineer'),
      quality_lead: credentialOf('quality_lead'),
      admin: credentialOf('admin'),
      ci: credentialOf('ci'),
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function findServer(): Promise<ServerUrls> {
  const given = process.env.TOUCHSTONE_TEST_DATABASE_URL
  if (given === undefined || given === '') {
    const dataFolder = path.join(await defaultDataFolder(ROOT), 'test')
    return { ...(await startEmbedded({ root: ROOT, dataFolder })), isOurs: true }
  }
  const password = createHash('sha256').update(`touchstone-test ${given}`).digest('hex').slice(0, 32)
  const loginOf = (user: string): string => {
    const url = new URL(given)
    url.username = user
    url.password = password
    return url.href
  }
  return {
    superuserUrl: given,
    ownerUrl: loginOf('touchstone_owner'),
    appUrl: loginOf('touchstone_app'),
    authUrl: loginOf('touchstone_auth'),
    isOurs: false,
  }
}

/** Makes the template under a lock and names it last, so that a template that has its name is whole. */
async function ensureTemplate(urls: ServerUrls): Promise<string> {
  const migrations = await readMigrations(path.join(ROOT, 'migrations'))
  const state = createHash('sha256').update(`2 ${migrations.map(({ sha256 }) => sha256).join(' ')}`)
  const name = `touchstone_template_${state.digest('hex').slice(0, 16)}`
  const unfinished = `${name}_unfinished`
  await onServer(urls, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK])
    const { rows } = await client.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE datname LIKE 'touchstone\\_te%'",
    )
    const names = rows.map(({ datname }) => datname)
    if (names.includes(name)) return
    if (urls.isOurs) await dropLeftOvers(client, names)
    await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`)
    await ensureRoles({
      superuserUrl: urls.superuserUrl,
      passwords: passwordsOf(urls),
      database: unfinished,
    })
    await migrate({ ownerUrl: inDatabase(urls.ownerUrl, unfinished) })
    await makePeople(inDatabase(urls.ownerUrl, unfinished))
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${name}`)
  })
  return name
}

function passwordsOf(urls: ServerUrls): { owner: string; app: string; auth: string } {
  return {
    owner: new URL(urls.ownerUrl).password,
    app: new URL(urls.appUrl).password,
    auth: new URL(urls.authUrl).password,
  }
}

async function makePeople(ownerUrl: string): Promise<void> {
  await asOwner(ownerUrl, async (tx) => {
    for (const name of [OPERATOR, ...TEST_ROLES]) {
      const role = name === OPERATOR ? 'engineer' : name
      const kind = name === OPERATOR ? 'local_operator' : 'api'
      await tx.query(
        `SELECT create_token(create_user($1, $2), 'test', encode(sha256(convert_to($3, 'UTF8')), 'hex'), $4)`,
        [name, role, credentialOf(name), kind],
      )
    }
  })
}

/** Databases of earlier states of the migrations, and of test processes that were killed. */
async function dropLeftOvers(client: Client, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const pid = /^touchstone_test_(\d+)_/.exec(name)?.[1]
    if (pid !== undefined && isAlive(Number(pid))) continue
    await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)}`).catch(() => undefined)
  }
}

function credentialOf(name: string): string {
  return `touchstone-test-${name}`
}

function inDatabase(url: string, name: string): string {
  const target = new URL(url)
  target.pathname = `/${name}`
  return target.href
}

async function onServer<T>(urls: ServerUrls, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: inDatabase(urls.superuserUrl, 'postgres'),
    application_name: 'touchstone:test',
  })
  client.on('error', () => {
    // The query under way rejects with the same loss; without a listener it would end the process too.
  })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
