import { sql } from 'drizzle-orm'
import { bigint, boolean, integer, jsonb, numeric, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** A suite version put to a prompt version and a model. */
export const evalRuns = pgTable('eval_runs', {
  id: uuid().primaryKey().defaultRandom(),
  facilityId: text().notNull(),
  suiteVersionId: uuid().notNull(),
  moduleVersionId: uuid().notNull(),
  promptVersionId: uuid().notNull(),
  model: text().notNull(),
  modelParams: jsonb().notNull().default(sql`'{}'::jsonb`),
  repeats: integer().notNull().default(1),
  split: text({ enum: ['tune', 'holdout'] }),
  selection: jsonb().notNull().default(sql`'{}'::jsonb`),
  seed: bigint({ mode: 'number' }).notNull().default(0),
  purpose: text({ enum: ['EVAL', 'GATE', 'TRY'] })
    .notNull()
    .default('EVAL'),
  status: text({ enum: ['PLANNED', 'RUNNING', 'COMPLETED', 'STOPPED', 'FAILED', 'CANCELLED'] })
    .notNull()
    .default('PLANNED'),
  stopReason: text(),
  budgetUsd: numeric({ precision: 18, scale: 10 }),
  concurrency: integer(),
  usesCache: boolean().notNull().default(true),
  digest: text().notNull(),
  startedAt: timestamp({ withTimezone: true }),
  finishedAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})

/** A gold case and a repeat of a run. */
export const evalSamples = pgTable('eval_samples', {
  id: uuid().primaryKey().defaultRandom(),
  evalRunId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  goldCaseId: uuid().notNull(),
  repeat: integer().notNull().default(1),
  shard: integer().notNull().default(0),
  state: text({ enum: ['pending', 'completed', 'unfinished'] })
    .notNull()
    .default('pending'),
  failureKind: text(),
  failureNote: text(),
  abstractionRunId: uuid(),
  completedAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** Money set aside before it is spent. */
export const budgetReservations = pgTable('budget_reservations', {
  id: uuid().primaryKey().defaultRandom(),
  evalRunId: uuid().notNull(),
  facilityId: text().notNull(),
  shard: integer().notNull(),
  amountUsd: numeric({ precision: 18, scale: 10 }).notNull(),
  leaseId: uuid().notNull(),
  leaseUntil: timestamp({ withTimezone: true }).notNull(),
  settledUsd: numeric({ precision: 18, scale: 10 }),
  settledAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})
