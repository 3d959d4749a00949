import { sql } from 'drizzle-orm'
import { boolean, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** A run held against a version of the gold. */
export const gradings = pgTable('gradings', {
  id: uuid().primaryKey().defaultRandom(),
  evalRunId: uuid().notNull(),
  facilityId: text().notNull(),
  suiteVersionId: uuid().notNull(),
  moduleVersionId: uuid().notNull(),
  pipelineVersion: integer().notNull(),
  gradingVersion: integer().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})

/** A signal of a sample, graded. */
export const signalGrades = pgTable('signal_grades', {
  id: uuid().primaryKey().defaultRandom(),
  gradingId: uuid().notNull(),
  evalSampleId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  signalId: text().notNull(),
  goldLabelId: uuid(),
  resultId: uuid(),
  expected: text({ enum: ['pass', 'fail', 'caution', 'inactive'] }).notNull(),
  got: text({
    enum: ['pass', 'fail', 'caution', 'inactive', 'missing', 'invalid', 'unparsable', 'refused', 'truncated'],
  }).notNull(),
  grade: text({
    enum: ['correct', 'lenient', 'wrong', 'missing', 'invalid', 'unparsable', 'refused', 'truncated'],
  }).notNull(),
  support: text({ enum: ['supported', 'partly', 'unsupported', 'uncited'] }),
  cited: integer().notNull().default(0),
  verified: integer().notNull().default(0),
  bare: integer().notNull().default(0),
  altered: integer().notNull().default(0),
  cutContext: integer().notNull().default(0),
  absent: integer().notNull().default(0),
  notShown: integer().notNull().default(0),
  outOfScope: integer().notNull().default(0),
  contradicted: integer().notNull().default(0),
  notSearched: integer().notNull().default(0),
  mustCite: integer().notNull().default(0),
  mustCiteHit: integer().notNull().default(0),
  mustPass: boolean().notNull().default(false),
  ruleStatus: text({ enum: ['pass', 'fail', 'caution', 'inactive', 'undecided'] }),
  ruleAgrees: boolean(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** What the measure reports of a sample. */
export const caseOutcomes = pgTable('case_outcomes', {
  id: uuid().primaryKey().defaultRandom(),
  gradingId: uuid().notNull(),
  evalSampleId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  aiOutcome: text({ enum: ['excluded', 'met', 'not_met', 'undetermined'] }).notNull(),
  ruleOutcome: text({ enum: ['excluded', 'met', 'not_met', 'undetermined'] }).notNull(),
  goldOutcome: text({ enum: ['excluded', 'met', 'not_met', 'undetermined'] }).notNull(),
  constraintsBroken: text().array().notNull().default(sql`'{}'::text[]`),
  wholeCaseRight: boolean(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** Counts, rebuilt from grades at any time. */
export const signalSummaries = pgTable('signal_summaries', {
  id: uuid().primaryKey().defaultRandom(),
  gradingId: uuid().notNull(),
  facilityId: text().notNull(),
  signalId: text(),
  split: text({ enum: ['all', 'tune', 'holdout'] })
    .notNull()
    .default('all'),
  n: integer().notNull(),
  clusters: integer().notNull(),
  correct: integer().notNull(),
  summary: jsonb().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** Two gradings, paired. */
export const comparisons = pgTable('comparisons', {
  id: uuid().primaryKey().defaultRandom(),
  facilityId: text().notNull(),
  baselineGradingId: uuid().notNull(),
  candidateGradingId: uuid().notNull(),
  comparable: boolean().notNull(),
  reason: text(),
  comparison: jsonb().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})
