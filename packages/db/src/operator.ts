import * as z from 'zod'
import { type Queryable, readRow } from './rows.ts'

const OPERATOR = 'operator'

/**
 * Gives the local operator, an engineer, a new credential by the SHA-256 of it; earlier ones end. Needs the
 * owner's rights. The operator is made where there is none.
 */
export async function renewOperator(tx: Queryable, credentialHash: string): Promise<void> {
  await tx.query(
    `SELECT create_user($1, 'engineer', 'Local operator') WHERE NOT EXISTS (SELECT 1 FROM users WHERE name = $1)`,
    [OPERATOR],
  )
  await tx.query(
    `SELECT revoke_token(t.id) FROM list_tokens() t WHERE t.user_name = $1 AND t.kind = 'local_operator' AND t.revoked_at IS NULL`,
    [OPERATOR],
  )
  await tx.query(
    `SELECT create_token(u.id, 'this machine', $2, 'local_operator') FROM users u WHERE u.name = $1`,
    [OPERATOR, credentialHash],
  )
}

/** Whether a credential, given by its hash, still proves the local operator. Needs the owner's rights. */
export async function isOperatorCredential(tx: Queryable, credentialHash: string): Promise<boolean> {
  const text = `SELECT 1 AS found FROM api_tokens WHERE token_hash = $1 AND kind = 'local_operator' AND revoked_at IS NULL`
  return (await readRow(tx, z.object({ found: z.int() }), { text, values: [credentialHash] })) !== null
}

/** Makes facilities and users that do not exist yet, for a demonstration. Needs the owner's rights. */
export async function makeDemoPeople(
  tx: Queryable,
  people: {
    facilities: readonly { id: string; name: string }[]
    users: readonly {
      name: string
      role: string
      display_name?: string | undefined
      facilities?: readonly string[] | undefined
    }[]
  },
): Promise<void> {
  await tx.query(
    `SELECT create_facility(b.id, b.name) FROM jsonb_to_recordset($1::jsonb) AS b(id text, name text)`,
    [JSON.stringify(people.facilities)],
  )
  const users = JSON.stringify(people.users)
  await tx.query(
    `SELECT create_user(b.name, b.role, b.display_name) FROM jsonb_to_recordset($1::jsonb) AS b(name text, role text, display_name text)
      WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.name = b.name)`,
    [users],
  )
  await tx.query(
    `SELECT add_member(u.id, f.id) FROM jsonb_to_recordset($1::jsonb) AS b(name text, facilities jsonb)
       JOIN users u ON u.name = b.name CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(b.facilities, '[]')) AS f(id)
      WHERE NOT EXISTS (SELECT 1 FROM facility_members m WHERE m.user_id = u.id AND m.facility_id = f.id)`,
    [users],
  )
}

const SETUP_LOCK = 7_466_117_204

/** Makes this transaction wait until no other set-up of this database is under way. */
export async function lockSetup(tx: Queryable): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [SETUP_LOCK])
}
