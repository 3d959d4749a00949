import { Socket } from 'node:net'
import { TouchstoneError } from '@touchstone/core'
import { Client } from 'pg'

const NOT_NOW = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  // PostgreSQL: it is starting up, recovering or shutting down; the server was stopped; all places are taken.
  '57P03',
  '57P01',
  '53300',
]

/** A login at the embedded server as a URL. */
export function loginUrl(login: { user: string; password: string; port: number; database: string }): string {
  return `postgresql://${login.user}:${login.password}@127.0.0.1:${login.port}/${login.database}`
}

const idleSockets = new WeakMap<Client, Socket>()

/** Ends a connection that was `idleForever`. While it ends it counts again, or a process with nothing else to do would end in the middle of waiting. */
export async function endIdle(client: Client): Promise<void> {
  idleSockets.get(client)?.ref()
  await client.end()
}

/**
 * A connection to the embedded server, or null when it cannot be had at this moment (it is starting, stopping,
 * or gone); `database_refused` when the server knows another password. One that is `idleForever` does not keep
 * this process from ending.
 */
export async function tryConnect(
  url: string,
  options: { applicationName: string; idleForever?: boolean },
): Promise<Client | null> {
  const socket = new Socket()
  const client = new Client({
    connectionString: url,
    application_name: options.applicationName,
    stream: () => socket,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  client.on('error', () => {
    // A query under way rejects with the same loss; an idle connection that is lost has nothing to tell.
  })
  try {
    await client.connect()
    if (options.idleForever) {
      socket.unref()
      idleSockets.set(client, socket)
    }
    return client
  } catch (error) {
    await client.end().catch(() => undefined)
    if (isNotNow(error)) return null
    const { username } = new URL(url)
    throw new TouchstoneError(
      'database_refused',
      `The embedded database refused the login ${username}: its password file is not the one the database was made with.`,
      { cause: error },
    )
  }
}

function isNotNow(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string') return NOT_NOW.includes(error.code)
  return /terminated|timeout/i.test(error.message)
}
