import { sql } from 'drizzle-orm'
import { boolean, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Written policies, by hash. */
export const gatePolicies = pgTable('gate_policies', {
  id: uuid().primaryKey().defaultRandom(),
  contentHash: text().notNull(),
  document: jsonb().notNull(),
  state: text({ enum: ['PROPOSED', 'ACCEPTED'] })
    .notNull()
    .default('PROPOSED'),
  acceptedBy: uuid(),
  acceptedAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})

/** Which suite gates which prompt. */
export const promptGates = pgTable(
  'prompt_gates',
  {
    promptId: uuid().notNull(),
    suiteId: text().notNull(),
    facilityId: text().notNull(),
    isRequired: boolean().notNull().default(true),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    createdBy: uuid().notNull(),
  },
  (table) => [primaryKey({ columns: [table.promptId, table.suiteId] })],
)

/** Every attempt counts. */
export const gateAttempts = pgTable('gate_attempts', {
  id: uuid().primaryKey().defaultRandom(),
  facilityId: text().notNull(),
  promptVersionId: uuid().notNull(),
  baselinePromptVersionId: uuid(),
  suiteVersionId: uuid().notNull(),
  moduleVersionId: uuid().notNull(),
  gatePolicyId: uuid().notNull(),
  environment: text({ enum: ['TEST', 'STAGING', 'PROD'] }).notNull(),
  ordinal: integer().notNull(),
  candidateRunIds: uuid().array().notNull().default(sql`'{}'::uuid[]`),
  baselineRunIds: uuid().array().notNull().default(sql`'{}'::uuid[]`),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})

/** Written by the database alone. */
export const gateVerdicts = pgTable('gate_verdicts', {
  id: uuid().primaryKey().defaultRandom(),
  facilityId: text().notNull(),
  gateAttemptId: uuid().notNull(),
  candidateGradingId: uuid().notNull(),
  baselineGradingId: uuid(),
  comparisonId: uuid(),
  verdict: text({ enum: ['PASS', 'FAIL', 'INCONCLUSIVE'] }).notNull(),
  isExploratory: boolean().notNull(),
  split: text({ enum: ['all', 'tune', 'holdout'] }).notNull(),
  bestPossible: text({ enum: ['PASS', 'FAIL', 'INCONCLUSIVE'] }).notNull(),
  headline: text().notNull(),
  criteria: jsonb().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})
