import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedServer, startEmbedded, stopEmbedded } from './embedded.ts'
import { ensureRoles } from './roles.ts'
import { scramSecret } from './scram-secret.ts'

let root: string
let server: EmbeddedServer

beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'touchstone roles ')))
  await chmod(root, 0o711)
  server = await startEmbedded({ root })
})

afterAll(async () => {
  await stopEmbedded(server)
  await rm(root, { recursive: true, force: true })
})

async function withLogin<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'touchstone:test' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function passwordOf(url: string): string {
  return new URL(url).password
}

describe('the roles', () => {
  it('have no power over the server, and the eraser cannot log in', async () => {
    const { rows } = await withLogin(server.superuserUrl, (client) =>
      client.query(`SELECT rolname, rolcanlogin,
                           rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS is_powerful
                      FROM pg_roles WHERE rolname LIKE 'touchstone\\_%' AND NOT rolsuper ORDER BY rolname`),
    )

    expect(rows).toEqual([
      { rolname: 'touchstone_app', rolcanlogin: true, is_powerful: false },
      { rolname: 'touchstone_auth', rolcanlogin: true, is_powerful: false },
      { rolname: 'touchstone_eraser', rolcanlogin: false, is_powerful: false },
      { rolname: 'touchstone_owner', rolcanlogin: true, is_powerful: false },
    ])
  })

  it('are made once: twenty more at the same time change no attribute and end well', async () => {
    const passwords = {
      owner: passwordOf(server.ownerUrl),
      app: passwordOf(server.appUrl),
      auth: passwordOf(server.authUrl),
    }

    await Promise.all(
      Array.from({ length: 20 }, () =>
        ensureRoles({ superuserUrl: server.superuserUrl, passwords, database: 'touchstone' }),
      ),
    )

    for (const url of [server.ownerUrl, server.appUrl, server.authUrl]) {
      const { rows } = await withLogin(url, (client) => client.query('SELECT current_user::text AS login'))
      expect(rows).toEqual([{ login: new URL(url).username }])
    }
  })

  it('take power away from a role that had it', async () => {
    await withLogin(server.superuserUrl, (client) =>
      client.query('ALTER ROLE touchstone_auth CREATEDB BYPASSRLS'),
    )
    const passwords = {
      owner: passwordOf(server.ownerUrl),
      app: passwordOf(server.appUrl),
      auth: passwordOf(server.authUrl),
    }

    await ensureRoles({ superuserUrl: server.superuserUrl, passwords, database: 'touchstone' })

    const { rows } = await withLogin(server.superuserUrl, (client) =>
      client.query("SELECT rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = 'touchstone_auth'"),
    )
    expect(rows).toEqual([{ rolcreatedb: false, rolbypassrls: false }])
  })

  it('let the owner create extensions and tables, and hand a function to the eraser', async () => {
    const { rows } = await withLogin(server.ownerUrl, async (client) => {
      await client.query('CREATE EXTENSION pgcrypto; CREATE EXTENSION pg_trgm; CREATE TABLE kept (id int)')
      await client.query(
        "CREATE FUNCTION who() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user'",
      )
      await client.query('ALTER FUNCTION who() OWNER TO touchstone_eraser')
      return await client.query("SELECT who(), encode(digest('a', 'sha256'), 'hex') LIKE 'ca97%' AS digested")
    })

    expect(rows).toEqual([{ who: 'touchstone_eraser', digested: true }])
  })

  it.each([
    ['create a table', 'CREATE TABLE mine (id int)'],
    ['create a schema', 'CREATE SCHEMA mine'],
    ['create a database', 'CREATE DATABASE mine'],
    ['become the owner', 'SET ROLE touchstone_owner'],
    ['become the eraser', 'SET ROLE touchstone_eraser'],
    ['read passwords', 'SELECT rolpassword FROM pg_authid'],
  ])('do not let the application %s', async (_what, statement) => {
    await expect(withLogin(server.appUrl, (client) => client.query(statement))).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('keep other logins of the server out of the database', async () => {
    await withLogin(server.superuserUrl, (client) =>
      client.query("CREATE ROLE stranger LOGIN PASSWORD 'stranger'"),
    )
    const url = new URL(server.appUrl)
    url.username = 'stranger'
    url.password = 'stranger'

    await expect(withLogin(url.href, (client) => client.query('SELECT 1'))).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('are refused to a login that may not make them, and to a wrong password', async () => {
    const passwords = { owner: 'a', app: 'b', auth: 'c' }

    await expect(
      ensureRoles({ superuserUrl: server.ownerUrl, passwords, database: 'touchstone' }),
    ).rejects.toMatchObject({ code: 'database_refused' })

    const wrong = new URL(server.superuserUrl)
    wrong.password = 'guess'
    await expect(
      ensureRoles({ superuserUrl: wrong.href, passwords, database: 'touchstone' }),
    ).rejects.toMatchObject({ code: 'database_unreachable', message: expect.not.stringContaining('guess') })
  })
})

describe('scramSecret', () => {
  it('agrees with what PostgreSQL computes for the same password, salt and count', () => {
    // From the exchange of RFC 7677, section 3: password "pencil", salt "W22ZaJ0SNY7soEsUEjb6gQ==", 4096 rounds.
    const secret = scramSecret('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))

    expect(secret).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    )
  })
})
