import { is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { asActor, asOwner, openDatabase } from '../open.ts'
import { freshDatabase } from '../testing.ts'
import * as schema from './index.ts'

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Each column as "table.column type nullability", as Drizzle knows it. */
function columnsOfDrizzle(): string[] {
  return Object.values(schema)
    .filter((table) => is(table, PgTable))
    .flatMap((table) => {
      const { name, columns } = getTableConfig(table)
      return columns.map((column) => {
        const type = column.getSQLType().replace(', ', ',')
        return `${name}.${snakeCase(column.name)} ${type}${column.notNull ? ' not null' : ''}`
      })
    })
    .sort()
}

test('the Drizzle tables have exactly the columns of the migrated schema', async () => {
  await using fresh = await freshDatabase()

  const { rows } = await asOwner(fresh.ownerUrl, (tx) =>
    tx.query<{ line: string }>(
      `SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
              || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END AS line
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
          AND c.relname <> 'schema_migrations'`,
    ),
  )

  expect(columnsOfDrizzle()).toEqual(rows.map(({ line }) => line).sort())
})

test('typed SQL runs in the transaction of its actor', async () => {
  await using fresh = await freshDatabase()
  await using db = openDatabase(fresh.appUrl)

  const made = await asActor(db, fresh.operatorCredential, async (tx) => {
    const [prompt] = await tx.drizzle
      .insert(schema.prompts)
      .values({ promptType: 'default', name: 'Default', createdBy: tx.actor.userId })
      .returning()
    return { prompt, userId: tx.actor.userId }
  })

  expect(made.prompt).toMatchObject({ path: 'global/default/default', createdBy: made.userId })
})
