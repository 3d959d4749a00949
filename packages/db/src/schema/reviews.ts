import { boolean, inet, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** A person's review of a case. */
export const caseReviews = pgTable('case_reviews', {
  id: uuid().primaryKey().defaultRandom(),
  caseId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  runId: uuid(),
  reviewStatus: text({ enum: ['PENDING', 'IN_PROGRESS', 'COMPLETED', 'REJECTED'] })
    .notNull()
    .default('PENDING'),
  reviewerComment: text(),
  clinicalNotes: text(),
  assignedTo: uuid(),
  reviewedBy: uuid(),
  reviewedAt: timestamp({ withTimezone: true }),
  signalsCorrect: integer(),
  signalsIncorrect: integer(),
  signalsModified: integer(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
  erasedAt: timestamp({ withTimezone: true }),
})

/** What people say of an answer. */
export const feedback = pgTable('feedback', {
  id: uuid().primaryKey().defaultRandom(),
  resultId: uuid().notNull(),
  caseId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  signalId: text().notNull(),
  feedbackType: text({
    enum: ['CORRECT', 'INCORRECT', 'MISSING_EVIDENCE', 'HALLUCINATION', 'OTHER'],
  }).notNull(),
  rating: integer(),
  comment: text(),
  suggestedStatus: text({ enum: ['pass', 'fail', 'caution', 'inactive'] }),
  suggestedFinding: text(),
  userId: uuid().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  erasedAt: timestamp({ withTimezone: true }),
})

/** Who changed what: append-only. */
export const auditLog = pgTable('audit_log', {
  id: uuid().primaryKey().defaultRandom(),
  facilityId: text().notNull(),
  entityType: text().notNull(),
  entityId: text().notNull(),
  action: text({ enum: ['CREATE', 'UPDATE', 'DELETE', 'REVIEW'] }).notNull(),
  fieldName: text(),
  oldValue: text(),
  newValue: text(),
  userId: uuid().notNull(),
  ipAddress: inet(),
  userAgent: text(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})
