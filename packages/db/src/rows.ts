import { TouchstoneError } from '@touchstone/core'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type * as z from 'zod'

/** Whatever takes a statement: a transaction of an actor, or of the owner. */
export type Queryable = {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>
}

/** Whatever takes a typed query: a transaction. Plain reads are written so, against the tables in `schema/`; what works on sets of rows is SQL. */
export type TypedQueryable = { readonly drizzle: NodePgDatabase }

/** A statement with its parameters. */
export type Statement = { text: string; values?: unknown[] }

/** Runs a statement and reads its rows against a schema: the edge where the database's rows become ours. */
export async function readRows<Schema extends z.ZodType>(
  tx: Queryable,
  schema: Schema,
  { text, values }: Statement,
): Promise<z.output<Schema>[]> {
  const { rows } = await tx.query(text, values)
  return rows.map((row) => schema.parse(row))
}

/** The one row of a statement, or null. */
export async function readRow<Schema extends z.ZodType>(
  tx: Queryable,
  schema: Schema,
  statement: Statement,
): Promise<z.output<Schema> | null> {
  const [row] = await readRows(tx, schema, statement)
  return row ?? null
}

/** The one row that must be there; anything else is a fault of ours, not of the caller's. */
export async function readOnlyRow<Schema extends z.ZodType>(
  tx: Queryable,
  schema: Schema,
  statement: Statement,
): Promise<z.output<Schema>> {
  const row = await readRow(tx, schema, statement)
  if (row === null) throw new TouchstoneError('internal', 'A statement that must return a row returned none.')
  return row
}

/** Rows to be inserted by one statement: the table, its columns with their SQL types, and the rows by column name. */
export type RowBatch = {
  table: string
  columns: Readonly<Record<string, string>>
  rows: readonly Readonly<Record<string, unknown>>[]
  /** What follows the SELECT, such as `ON CONFLICT DO NOTHING`. */
  tail?: string
}

/**
 * Inserts rows from one JSON array in one statement. COPY would be faster, but row-level security
 * refuses it. Table and column names come from our own source, never from input.
 */
export async function insertRows(
  tx: Queryable,
  { table, columns, rows, tail = '' }: RowBatch,
): Promise<number> {
  if (rows.length === 0) return 0
  const names = Object.keys(columns).join(', ')
  const typed = Object.entries(columns)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')
  const text = `INSERT INTO ${table} (${names}) SELECT ${names} FROM jsonb_to_recordset($1::jsonb) AS batch(${typed}) ${tail}`
  const { rowCount } = await tx.query(text, [JSON.stringify(rows)])
  return rowCount ?? 0
}
