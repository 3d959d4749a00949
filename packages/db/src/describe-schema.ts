import { createHash } from 'node:crypto'
import type { Queryable } from './rows.ts'

/** One kind of thing in the catalogue: a heading, and a query of one text column per line. */
type Section = { heading: string; sql: string }

const OURS = "n.nspname = 'public'"
const NOT_OF_AN_EXTENSION = (catalogue: string, alias: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${alias}.oid AND d.deptype = 'e')`

// PostgreSQL 18 keeps NOT NULL as constraints and 15 does not: they are shown with their columns.
const SECTIONS: readonly Section[] = [
  { heading: 'extensions', sql: "SELECT extname AS line FROM pg_extension WHERE extname <> 'plpgsql'" },
  {
    heading: 'tables',
    sql: `SELECT c.relname || CASE WHEN c.relrowsecurity THEN ' row-security' ELSE '' END
                 || CASE WHEN c.relforcerowsecurity THEN ' forced' ELSE '' END AS line
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE ${OURS} AND c.relkind = 'r'`,
  },
  {
    heading: 'columns',
    sql: `SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                 || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
                 || CASE a.attidentity WHEN 'd' THEN ' identity' WHEN 'a' THEN ' identity always' ELSE '' END
                 || CASE WHEN a.attgenerated = 's' THEN ' generated ' || pg_get_expr(e.adbin, e.adrelid)
                         WHEN e.adbin IS NOT NULL THEN ' default ' || pg_get_expr(e.adbin, e.adrelid) ELSE '' END AS line
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
           WHERE ${OURS} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`,
  },
  {
    heading: 'constraints',
    sql: `SELECT c.relname || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid) AS line
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE ${OURS} AND k.contype IN ('c', 'p', 'u', 'f', 'x')`,
  },
  {
    heading: 'indexes',
    sql: `SELECT pg_get_indexdef(i.indexrelid) AS line
            FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE ${OURS}`,
  },
  {
    heading: 'policies',
    sql: `SELECT p.tablename || '.' || p.policyname || ' ' || lower(p.permissive) || ' for ' || lower(p.cmd)
                 || ' to ' || array_to_string(p.roles, ', ') || coalesce(' using ' || p.qual, '')
                 || coalesce(' check ' || p.with_check, '') AS line
            FROM pg_policies p WHERE p.schemaname = 'public'`,
  },
  {
    heading: 'triggers',
    sql: `SELECT c.relname || '.' || pg_get_triggerdef(t.oid) AS line
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE ${OURS} AND NOT t.tgisinternal`,
  },
  {
    heading: 'views',
    sql: `SELECT c.relname || ' (' || coalesce(array_to_string(c.reloptions, ', '), '') || ') columns '
                 || (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
                       FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS line
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS} AND c.relkind = 'v'`,
  },
  {
    heading: 'grants',
    sql: `SELECT c.relname || ' to ' || CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END || ': '
                 || string_agg(lower(g.privilege_type), ', ' ORDER BY g.privilege_type) AS line
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) g
           WHERE ${OURS} AND c.relkind IN ('r', 'v', 'S') AND g.grantee <> c.relowner
           GROUP BY c.relname, g.grantee`,
  },
  {
    heading: 'comments',
    sql: `SELECT c.relname || coalesce('.' || a.attname, '') || ': ' || d.description AS line
            FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
           WHERE ${OURS}`,
  },
]

const FUNCTIONS = `
  SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ') returns ' || pg_get_function_result(p.oid)
         || CASE p.provolatile WHEN 's' THEN ' stable' WHEN 'i' THEN ' immutable' ELSE ' volatile' END
         || CASE WHEN p.prosecdef THEN ' definer' ELSE '' END
         || coalesce(' set ' || array_to_string(p.proconfig, '; '), '')
         || ' callable by ' || coalesce((SELECT string_agg(CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END, ', '
                                           ORDER BY pg_get_userbyid(g.grantee))
                                    FROM aclexplode(p.proacl) g WHERE g.grantee <> p.proowner),
                                  CASE WHEN p.proacl IS NULL THEN 'PUBLIC' ELSE 'the owner' END) AS line,
         p.prosrc AS source
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE ${OURS} AND ${NOT_OF_AN_EXTENSION('pg_proc', 'p')}`

const VIEW_TEXTS = `
  SELECT c.relname || ' text' AS line, pg_get_viewdef(c.oid) AS source
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS} AND c.relkind = 'v'`

/**
 * The schema as text: tables, columns, constraints, indexes, policies, functions (their bodies as hashes),
 * triggers, views, grants and comments, each kind sorted, the same on PostgreSQL 15 and 18.
 */
export async function describeSchema(tx: Queryable): Promise<string> {
  const parts: string[] = []
  for (const { heading, sql } of SECTIONS) {
    const { rows } = await tx.query(sql)
    parts.push(
      section(
        heading,
        rows.map((row) => textOf(row, 'line')),
      ),
    )
  }
  const { rows: functions } = await tx.query(FUNCTIONS)
  parts.push(section('functions', functions.map(withHash)))
  const { rows: views } = await tx.query(VIEW_TEXTS)
  parts.push(section('view texts', views.map(withHash)))
  return `${parts.join('\n')}`
}

function section(heading: string, lines: readonly string[]): string {
  const sorted = lines.map((line) => line.replace(/\s+/g, ' ')).sort()
  return `# ${heading}\n${sorted.join('\n')}\n`
}

/** Bodies are compared by hash: white space and the way a server prints a view do not count. */
function withHash(row: unknown): string {
  const source = textOf(row, 'source').replace(/\s+/g, ' ').trim()
  return `${textOf(row, 'line')} sha256:${createHash('sha256').update(source).digest('hex').slice(0, 16)}`
}

function textOf(row: unknown, key: 'line' | 'source'): string {
  const value: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, key) : undefined
  return typeof value === 'string' ? value : ''
}
