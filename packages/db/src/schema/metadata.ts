import { sql } from 'drizzle-orm'
import { boolean, integer, jsonb, numeric, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Clinical specialties. */
export const specialties = pgTable('specialties', {
  id: text().primaryKey(),
  name: text().notNull(),
  displayName: text().notNull(),
  description: text(),
  isActive: boolean().notNull().default(true),
  displayOrder: integer(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** Quality measures as they are now. */
export const modules = pgTable('modules', {
  id: text().primaryKey(),
  specialtyId: text().notNull(),
  code: text().notNull(),
  name: text().notNull(),
  displayName: text().notNull(),
  description: text(),
  usnwrQuestionId: text(),
  usnwrQuestionText: text(),
  outcome: text(),
  constraints: text().array().notNull().default(sql`'{}'::text[]`),
  isActive: boolean().notNull().default(true),
  displayOrder: integer(),
  currentVersionId: uuid(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** Measures as they were: append-only. */
export const moduleVersions = pgTable('module_versions', {
  id: uuid().primaryKey().defaultRandom(),
  moduleId: text().notNull(),
  versionNumber: integer().notNull(),
  contentHash: text().notNull(),
  document: jsonb().notNull(),
  validFrom: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})

/** The questions a module asks of a chart. */
export const signalDefinitions = pgTable('signal_definitions', {
  id: text().primaryKey(),
  moduleId: text().notNull(),
  code: text().notNull(),
  label: text().notNull(),
  groupName: text(),
  definition: text(),
  tooltip: text(),
  allowedCites: jsonb().notNull().default(sql`'[]'::jsonb`),
  validationRule: text(),
  triggers: text().array(),
  expectedStatus: text({ enum: ['pass', 'fail', 'caution', 'inactive'] }),
  polarity: text({ enum: ['compliance', 'presence', 'ruleout'] })
    .notNull()
    .default('presence'),
  severity: text({ enum: ['info', 'warn', 'error'] })
    .notNull()
    .default('info'),
  critical: boolean().notNull().default(false),
  adverseStatus: text({ enum: ['pass', 'fail', 'caution', 'inactive'] })
    .notNull()
    .default('pass'),
  measure: jsonb(),
  searchScope: text().array().notNull().default(sql`'{}'::text[]`),
  searchTerms: text().array().notNull().default(sql`'{}'::text[]`),
  displayOrder: integer(),
  isActive: boolean().notNull().default(true),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** Questions put to a person. */
export const followupQuestions = pgTable('followup_questions', {
  id: integer().primaryKey().generatedByDefaultAsIdentity(),
  moduleId: text().notNull(),
  questionText: text().notNull(),
  displayOrder: integer(),
  showWhenSignalId: text(),
  showWhenStatus: text({ enum: ['pass', 'fail', 'caution', 'inactive'] }),
  whenCondition: text(),
  responseType: text({ enum: ['TEXT', 'BOOLEAN', 'SELECT', 'MULTISELECT'] })
    .notNull()
    .default('TEXT'),
  responseOptions: jsonb(),
  isActive: boolean().notNull().default(true),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** US dollars per million tokens, from a day on. */
export const modelPrices = pgTable('model_prices', {
  id: uuid().primaryKey().defaultRandom(),
  provider: text().notNull(),
  model: text().notNull(),
  inputPerMillion: numeric({ precision: 18, scale: 10 }).notNull(),
  cachedInputPerMillion: numeric({ precision: 18, scale: 10 }),
  outputPerMillion: numeric({ precision: 18, scale: 10 }).notNull(),
  validFrom: timestamp({ withTimezone: true }).notNull(),
  source: text().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})
