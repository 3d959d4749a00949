import { sql } from 'drizzle-orm'
import { boolean, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Prompts by routing key. */
export const prompts = pgTable('prompts', {
  id: uuid().primaryKey().defaultRandom(),
  specialtyId: text(),
  moduleId: text(),
  promptType: text({ enum: ['abstraction_help', 'signal_processing', 'automapper', 'default'] }).notNull(),
  path: text()
    .notNull()
    .generatedAlwaysAs(
      sql`((COALESCE(module_id, (COALESCE(specialty_id, 'global'::text) || '/default'::text)) || '/'::text) || prompt_type)`,
    ),
  name: text().notNull(),
  description: text(),
  currentVersionId: uuid(),
  ownerId: uuid(),
  isActive: boolean().notNull().default(true),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})

/** Versions; frozen past DRAFT. */
export const promptVersions = pgTable('prompt_versions', {
  id: uuid().primaryKey().defaultRandom(),
  promptId: uuid().notNull(),
  versionNumber: integer(),
  name: text(),
  promptText: text().notNull(),
  document: jsonb().notNull(),
  contentHash: text().notNull(),
  modelInstructions: jsonb(),
  modelName: text().notNull(),
  modelParams: jsonb().notNull().default(sql`'{}'::jsonb`),
  contextPaths: text().array().notNull(),
  changeNote: text(),
  parentVersionId: uuid(),
  sourceFileId: uuid(),
  status: text({ enum: ['WORKING', 'DRAFT', 'TESTING', 'APPROVED', 'ARCHIVED'] })
    .notNull()
    .default('DRAFT'),
  approvedBy: uuid(),
  approvedAt: timestamp({ withTimezone: true }),
  usageCount: integer().notNull().default(0),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
  /** Who, beside its author, rewrote it while it was a DRAFT. */
  coauthors: uuid().array().notNull().default([]),
})

/** The history of what was promoted: append-only. */
export const promotions = pgTable('promotions', {
  id: uuid().primaryKey().defaultRandom(),
  promptId: uuid().notNull(),
  environment: text({ enum: ['TEST', 'STAGING', 'PROD'] }).notNull(),
  promptVersionId: uuid().notNull(),
  moduleVersionId: uuid(),
  previousVersionId: uuid(),
  gateVerdictId: uuid(),
  kind: text({ enum: ['GATED', 'OVERRIDE', 'ROLLBACK'] }).notNull(),
  reason: text().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})

/** What is current in each environment. */
export const promptCurrent = pgTable(
  'prompt_current',
  {
    promptId: uuid().notNull(),
    environment: text({ enum: ['TEST', 'STAGING', 'PROD'] }).notNull(),
    promptVersionId: uuid().notNull(),
    moduleVersionId: uuid(),
    promotionId: uuid().notNull(),
    updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.promptId, table.environment] })],
)
