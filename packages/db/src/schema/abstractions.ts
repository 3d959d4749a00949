import { sql } from 'drizzle-orm'
import {
  boolean,
  doublePrecision,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'

/** Exact messages, once for each hash. */
export const renderedRequests = pgTable(
  'rendered_requests',
  {
    facilityId: text().notNull(),
    requestHash: text().notNull(),
    isHoldout: boolean().notNull().default(false),
    messages: jsonb(),
    answerSchema: jsonb(),
    isEscaped: boolean().notNull().default(false),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    erasedAt: timestamp({ withTimezone: true }),
  },
  (table) => [primaryKey({ columns: [table.facilityId, table.requestHash, table.isHoldout] })],
)

/** One model call on one case. */
export const abstractionRuns = pgTable('abstraction_runs', {
  id: uuid().primaryKey().defaultRandom(),
  caseId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  casePayloadId: uuid(),
  evalSampleId: uuid(),
  promptVersionId: uuid().notNull(),
  moduleVersionId: uuid().notNull(),
  purpose: text({ enum: ['EVAL', 'PRODUCTION'] })
    .notNull()
    .default('EVAL'),
  provider: text().notNull(),
  modelName: text().notNull(),
  modelReturned: text(),
  modelParams: jsonb(),
  inputPayload: jsonb(),
  inputHash: text().notNull(),
  requestHash: text(),
  status: text({ enum: ['PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'] })
    .notNull()
    .default('PENDING'),
  startedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  completedAt: timestamp({ withTimezone: true }),
  rawText: text(),
  rawResponse: jsonb(),
  responseDetails: jsonb(),
  isEscaped: boolean().notNull().default(false),
  parseOutcome: text({ enum: ['parsed', 'unparsable', 'refused', 'truncated'] }),
  defects: jsonb().notNull().default(sql`'[]'::jsonb`),
  finishReason: text(),
  failureKind: text(),
  errorMessage: text(),
  tokensPrompt: integer(),
  tokensCompletion: integer(),
  tokensTotal: integer(),
  tokensCached: integer(),
  priceId: uuid(),
  spentUsd: numeric({ precision: 18, scale: 10 }),
  listUsd: numeric({ precision: 18, scale: 10 }),
  costUsd: numeric({ precision: 18, scale: 10 }).generatedAlwaysAs(sql`spent_usd`),
  fromCache: boolean().notNull().default(false),
  durationMs: integer(),
  pipelineVersion: integer(),
  createdBy: uuid().notNull(),
  erasedAt: timestamp({ withTimezone: true }),
})

/** Every try of a call. */
export const modelAttempts = pgTable('model_attempts', {
  id: uuid().primaryKey().defaultRandom(),
  abstractionRunId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  attemptNumber: integer().notNull(),
  failureKind: text(),
  failureNote: text(),
  httpStatus: integer(),
  delayMs: integer(),
  rawText: text(),
  isEscaped: boolean().notNull().default(false),
  tokensPrompt: integer(),
  tokensCompletion: integer(),
  tokensCached: integer(),
  spentUsd: numeric({ precision: 18, scale: 10 }),
  durationMs: integer(),
  startedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  erasedAt: timestamp({ withTimezone: true }),
})

/** Answers by signal: never overwritten. */
export const abstractionResults = pgTable('abstraction_results', {
  id: uuid().primaryKey().defaultRandom(),
  runId: uuid().notNull(),
  caseId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  signalId: text(),
  signalCode: text(),
  source: text({ enum: ['AI', 'RULE', 'HUMAN'] }).notNull(),
  outcome: text({ enum: ['answered', 'missing', 'invalid_status', 'duplicate', 'unknown_signal'] }).notNull(),
  status: text({ enum: ['pass', 'fail', 'caution', 'inactive'] }),
  statusAsWritten: text(),
  confidence: doublePrecision(),
  finding: text(),
  reason: text(),
  support: text({ enum: ['supported', 'partly', 'unsupported', 'uncited'] }),
  defects: text().array().notNull().default(sql`'{}'::text[]`),
  isEnriched: boolean().notNull().default(false),
  isEscaped: boolean().notNull().default(false),
  supersedesId: uuid(),
  validatedBy: uuid(),
  validatedAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  erasedAt: timestamp({ withTimezone: true }),
})

/** Cites, with our verdict. */
export const signalEvidence = pgTable('signal_evidence', {
  id: uuid().primaryKey().defaultRandom(),
  resultId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  position: integer().notNull().default(0),
  citeType: text({ enum: ['note', 'lab', 'operative', 'image', 'timestamp', 'computed', 'search', 'other'] })
    .notNull()
    .default('other'),
  fieldPath: text(),
  resolvedPath: text(),
  fieldValue: text(),
  fieldType: text(),
  excerpt: text(),
  rawExcerpt: text(),
  span: jsonb(),
  confidence: doublePrecision(),
  verification: text({
    enum: [
      'verified',
      'bare',
      'altered',
      'cut_context',
      'absent',
      'not_shown',
      'out_of_scope',
      'contradicted',
      'not_searched',
    ],
  }),
  verificationNote: text(),
  isEscaped: boolean().notNull().default(false),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  erasedAt: timestamp({ withTimezone: true }),
})

/** Complete answers of priced providers. */
export const responseCache = pgTable(
  'response_cache',
  {
    facilityId: text().notNull(),
    cacheKey: text().notNull(),
    isHoldout: boolean().notNull().default(false),
    provider: text().notNull(),
    model: text().notNull(),
    modelReturned: text(),
    rawText: text().notNull(),
    isEscaped: boolean().notNull().default(false),
    finishReason: text().notNull(),
    responseDetails: jsonb(),
    tokensPrompt: integer(),
    tokensCompletion: integer(),
    tokensCached: integer(),
    durationMs: integer(),
    priceId: uuid().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.facilityId, table.cacheKey, table.isHoldout] })],
)
