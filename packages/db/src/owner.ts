import { Client } from 'pg'
import { explainDatabaseFault } from './database-fault.ts'
import { ROLES } from './roles.ts'

/** A connection that works with the owner's rights; `transaction` is all or nothing. */
export type OwnerConnection = {
  client: Client
  transaction<T>(work: (client: Client) => Promise<T>): Promise<T>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Connects as whoever owns the schema. A superuser's login works under `SET LOCAL ROLE touchstone_owner`, so
 * that what it makes belongs to the owner. Errors: `database_unreachable`, `database_refused`.
 */
export async function connectOwner(
  url: string,
  applicationName = 'touchstone:owner',
): Promise<OwnerConnection> {
  const client = new Client({ connectionString: url, application_name: applicationName })
  client.on('error', () => {
    // The query under way rejects with the same loss; without a listener it would end the process too.
  })
  try {
    await client.connect()
  } catch (error) {
    throw explainDatabaseFault(error, url)
  }
  return {
    client,
    async transaction(work) {
      try {
        await client.query(`BEGIN; SET LOCAL ROLE ${ROLES.owner}`)
        const outcome = await work(client)
        await client.query('COMMIT')
        return outcome
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined)
        throw explainDatabaseFault(error, url)
      }
    },
    async [Symbol.asyncDispose]() {
      await client.end().catch(() => undefined)
    },
  }
}
