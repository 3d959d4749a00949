import {
  type FollowupQuestion,
  type Metadata,
  type ModelPrice,
  Module,
  type ModuleVersion,
  SignalDefinition,
  signalId,
  withSignalDefaults,
} from '@touchstone/core'
import * as z from 'zod'
import { newId } from './new-id.ts'
import { type Queryable, readRows, type Statement } from './rows.ts'

/** How many rows of a kind an import made, changed, and left as they were. */
export type SaveCount = { kind: string; created: number; changed: number; same: number }

const Saved = z.object({ created: z.boolean() })

/** Writes specialties, modules, signals, follow-ups and prices, each kind in one statement; what is there already is changed only where it differs. */
export async function saveMetadata(tx: Queryable, metadata: Metadata): Promise<SaveCount[]> {
  const counts: SaveCount[] = []
  const save = async (kind: string, rows: readonly unknown[], text: string): Promise<void> => {
    if (rows.length === 0) return
    const saved = await readRows(tx, Saved, { text, values: [JSON.stringify(rows)] })
    const created = saved.filter((row) => row.created).length
    counts.push({ kind, created, changed: saved.length - created, same: rows.length - saved.length })
  }
  await save('specialties', metadata.specialties ?? [], SAVE_SPECIALTIES)
  await save('modules', (metadata.modules ?? []).map(moduleRow), SAVE_MODULES)
  await save('signals', (metadata.signals ?? []).map(signalRow), SAVE_SIGNALS)
  await save('follow-ups', (metadata.followups ?? []).map(followupRow), SAVE_FOLLOWUPS)
  await save('prices', (metadata.prices ?? []).map(priceRow), SAVE_PRICES)
  return counts
}

function moduleRow(module: Module): Record<string, unknown> {
  const [specialty = '', code = ''] = module.id.split('/')
  return {
    constraints: [],
    ...module,
    display_name: module.display_name ?? module.name,
    specialty_id: specialty,
    code,
  }
}

function signalRow(signal: SignalDefinition): Record<string, unknown> {
  const { module, group, rule, ...rest } = withSignalDefaults(signal)
  return {
    ...rest,
    id: signalId(module, signal.code),
    module_id: module,
    group_name: group,
    validation_rule: rule,
  }
}

function followupRow(followup: FollowupQuestion): Record<string, unknown> {
  const { module, question, when, options, response_type, display_order } = followup
  return {
    module_id: module,
    question_text: question,
    when_condition: when,
    response_type: response_type ?? 'TEXT',
    response_options: options,
    display_order,
  }
}

function priceRow(price: ModelPrice): Record<string, unknown> {
  return { id: newId(), ...price, valid_from: `${price.valid_from}T00:00:00Z` }
}

/** An upsert that touches only rows that differ, and tells for each it touched whether it is new. */
function upsert(
  table: string,
  { key, columns }: { key: readonly string[]; columns: Record<string, string> },
): string {
  const names = Object.keys(columns)
  const others = names.filter((name) => !key.includes(name))
  const typed = names.map((name) => `${name} ${columns[name]}`).join(', ')
  return `INSERT INTO ${table} AS target (${names.join(', ')})
    SELECT ${names.map((name) => (columns[name] === 'text[]' ? `coalesce(${name}, '{}')` : name)).join(', ')}
      FROM jsonb_to_recordset($1::jsonb) AS batch(${typed})
    ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${others.map((name) => `${name} = excluded.${name}`).join(', ')}
      WHERE (${others.map((name) => `target.${name}`).join(', ')}) IS DISTINCT FROM (${others.map((name) => `excluded.${name}`).join(', ')})
    RETURNING (xmax = 0) AS created`
}

const SAVE_SPECIALTIES = upsert('specialties', {
  key: ['id'],
  columns: { id: 'text', name: 'text', display_name: 'text', description: 'text', display_order: 'int' },
}).replace('SELECT id, name, display_name,', 'SELECT id, name, coalesce(display_name, name),')
const SAVE_MODULES = upsert('modules', {
  key: ['id'],
  columns: {
    id: 'text',
    specialty_id: 'text',
    code: 'text',
    name: 'text',
    display_name: 'text',
    description: 'text',
    usnwr_question_id: 'text',
    outcome: 'text',
    constraints: 'text[]',
    display_order: 'int',
  },
})
const SAVE_SIGNALS = upsert('signal_definitions', {
  key: ['id'],
  columns: {
    id: 'text',
    module_id: 'text',
    code: 'text',
    label: 'text',
    group_name: 'text',
    definition: 'text',
    tooltip: 'text',
    allowed_cites: 'jsonb',
    validation_rule: 'text',
    polarity: 'text',
    severity: 'text',
    critical: 'boolean',
    adverse_status: 'text',
    measure: 'jsonb',
    search_scope: 'text[]',
    search_terms: 'text[]',
    display_order: 'int',
  },
})
const SAVE_FOLLOWUPS = upsert('followup_questions', {
  key: ['module_id', 'question_text'],
  columns: {
    module_id: 'text',
    question_text: 'text',
    when_condition: 'text',
    response_type: 'text',
    response_options: 'jsonb',
    display_order: 'int',
  },
})
// A price that was used is never rewritten: a changed one needs a new valid_from.
const SAVE_PRICES = `INSERT INTO model_prices (id, provider, model, input_per_million, cached_input_per_million, output_per_million, valid_from, source)
  SELECT id, provider, model, input_per_million, cached_input_per_million, output_per_million, valid_from, source
    FROM jsonb_to_recordset($1::jsonb) AS batch(id uuid, provider text, model text, input_per_million numeric,
         cached_input_per_million numeric, output_per_million numeric, valid_from timestamptz, source text)
  ON CONFLICT (provider, model, valid_from) DO NOTHING
  RETURNING true AS created`

/** The modules and signals that are current, as metadata: all of them, or those of some modules. */
export async function readModules(
  tx: Queryable,
  moduleIds: readonly string[] | null,
): Promise<{ modules: Module[]; signals: SignalDefinition[] }> {
  const values = [moduleIds]
  const modules = await readRows(tx, z.object({ module: Module }), { text: READ_MODULES, values })
  const signals = await readRows(tx, z.object({ signal: SignalDefinition }), { text: READ_SIGNALS, values })
  return { modules: modules.map((row) => row.module), signals: signals.map((row) => row.signal) }
}

const READ_MODULES = `SELECT jsonb_strip_nulls(jsonb_build_object('id', id, 'name', name, 'display_name', display_name,
    'description', description, 'usnwr_question_id', usnwr_question_id, 'display_order', display_order,
    'outcome', outcome, 'constraints', to_jsonb(constraints))) AS module
  FROM modules WHERE $1::text[] IS NULL OR id = ANY ($1) ORDER BY display_order, id`
const READ_SIGNALS = `SELECT jsonb_strip_nulls(jsonb_build_object('module', module_id, 'code', code, 'label', label,
    'group', group_name, 'definition', definition, 'tooltip', tooltip, 'polarity', polarity, 'severity', severity,
    'critical', critical, 'adverse_status', adverse_status, 'allowed_cites', allowed_cites, 'measure', measure,
    'rule', validation_rule, 'search_scope', to_jsonb(search_scope), 'search_terms', to_jsonb(search_terms),
    'display_order', display_order)) AS signal
  FROM signal_definitions WHERE is_active AND ($1::text[] IS NULL OR module_id = ANY ($1)) ORDER BY module_id, display_order, code`

/**
 * Makes these the current versions of their modules: a content that is new becomes a new version, one
 * that was there before is taken up again. Returns the modules whose current version changed.
 */
export async function keepModuleVersions(
  tx: Queryable,
  versions: readonly { moduleId: string; contentHash: string; document: ModuleVersion }[],
): Promise<string[]> {
  const rows = versions.map((version) => ({
    id: newId(),
    module_id: version.moduleId,
    content_hash: version.contentHash,
    document: version.document,
  }))
  await tx.query(KEEP_VERSIONS, [JSON.stringify(rows)])
  const moved: Statement = { text: MOVE_CURRENT, values: [JSON.stringify(rows)] }
  return (await readRows(tx, z.object({ id: z.string() }), moved)).map((row) => row.id)
}

const KEEP_VERSIONS = `INSERT INTO module_versions (id, module_id, version_number, content_hash, document)
  SELECT b.id, b.module_id, coalesce((SELECT max(v.version_number) FROM module_versions v WHERE v.module_id = b.module_id), 0) + 1,
         b.content_hash, b.document
    FROM jsonb_to_recordset($1::jsonb) AS b(id uuid, module_id text, content_hash text, document jsonb)
  ON CONFLICT (module_id, content_hash) DO NOTHING`
const MOVE_CURRENT = `UPDATE modules m SET current_version_id = v.id
    FROM jsonb_to_recordset($1::jsonb) AS b(module_id text, content_hash text)
    JOIN module_versions v ON v.module_id = b.module_id AND v.content_hash = b.content_hash
   WHERE m.id = b.module_id AND m.current_version_id IS DISTINCT FROM v.id
  RETURNING m.id`
