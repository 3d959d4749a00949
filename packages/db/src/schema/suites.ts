import { sql } from 'drizzle-orm'
import { boolean, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Suites by path. */
export const evalSuites = pgTable('eval_suites', {
  id: text().primaryKey(),
  facilityId: text().notNull(),
  moduleId: text().notNull(),
  name: text().notNull(),
  description: text(),
  currentVersionId: uuid(),
  isActive: boolean().notNull().default(true),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})

/** Suites by content: append-only. */
export const evalSuiteVersions = pgTable('eval_suite_versions', {
  id: uuid().primaryKey().defaultRandom(),
  suiteId: text().notNull(),
  facilityId: text().notNull(),
  versionNumber: integer().notNull(),
  contentHash: text().notNull(),
  casesHash: text().notNull(),
  document: jsonb().notNull().default(sql`'{}'::jsonb`),
  moduleVersionId: uuid().notNull(),
  gatePolicyId: uuid(),
  sourceFileId: uuid(),
  state: text({ enum: ['PROPOSED', 'ACCEPTED'] })
    .notNull()
    .default('PROPOSED'),
  acceptedBy: uuid(),
  acceptedAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})

/** Cases of a suite version. */
export const goldCases = pgTable('gold_cases', {
  id: uuid().primaryKey().defaultRandom(),
  suiteVersionId: uuid().notNull(),
  facilityId: text().notNull(),
  name: text().notNull(),
  caseId: uuid().notNull(),
  casePayloadId: uuid().notNull(),
  title: text(),
  why: text(),
  tags: text().array().notNull().default(sql`'{}'::text[]`),
  split: text({ enum: ['tune', 'holdout'] })
    .notNull()
    .default('tune'),
  isHoldout: boolean().notNull().generatedAlwaysAs(sql`(split = 'holdout'::text)`),
  clusterKey: text().notNull(),
  origin: text({ enum: ['AUTHORED', 'TWIN', 'SYNTHETIC', 'REVIEWED', 'IMPORTED'] })
    .notNull()
    .default('IMPORTED'),
  position: integer().notNull().default(0),
  sourceFileId: uuid(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** Right answers, with their reasons. */
export const goldLabels = pgTable('gold_labels', {
  id: uuid().primaryKey().defaultRandom(),
  goldCaseId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  signalId: text().notNull(),
  status: text({ enum: ['pass', 'fail', 'caution', 'inactive'] }).notNull(),
  alsoAccept: text().array().notNull().default(sql`'{}'::text[]`),
  alsoAcceptReason: text(),
  basis: text({ enum: ['explicit', 'silent', 'not_applicable'] }),
  mustCite: jsonb().notNull().default(sql`'[]'::jsonb`),
  mustPass: boolean().notNull().default(false),
  rationale: text(),
  labelledBy: uuid().notNull(),
  source: text().notNull().default('IMPORTED'),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})
