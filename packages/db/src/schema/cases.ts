import { boolean, date, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { bytea } from './bytea.ts'

/** The bytes of imported files. */
export const sourceFiles = pgTable('source_files', {
  id: uuid().primaryKey().defaultRandom(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  path: text().notNull(),
  contentHash: text().notNull(),
  bytes: bytea(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
  erasedAt: timestamp({ withTimezone: true }),
})

/** Patients. */
export const patients = pgTable('patients', {
  id: uuid().primaryKey().defaultRandom(),
  facilityId: text().notNull(),
  mrn: text().notNull(),
  nameEncrypted: text(),
  dateOfBirth: date(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
  erasedAt: timestamp({ withTimezone: true }),
})

/** The unit of abstraction. */
export const cases = pgTable('cases', {
  id: uuid().primaryKey().defaultRandom(),
  facilityId: text().notNull(),
  caseNumber: text().notNull(),
  origin: text({ enum: ['CLINICAL', 'EVAL'] })
    .notNull()
    .default('CLINICAL'),
  patientId: uuid(),
  specialtyId: text().notNull(),
  moduleId: text().notNull(),
  status: text({ enum: ['DRAFT', 'IN_PROGRESS', 'PENDING_REVIEW', 'REVIEWED', 'CLOSED'] })
    .notNull()
    .default('DRAFT'),
  priority: text({ enum: ['LOW', 'NORMAL', 'HIGH', 'URGENT'] })
    .notNull()
    .default('NORMAL'),
  assignedTo: uuid(),
  reviewedBy: uuid(),
  reviewedAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
  updatedBy: uuid(),
})

/** Charts, by revision. */
export const casePayloads = pgTable('case_payloads', {
  id: uuid().primaryKey().defaultRandom(),
  caseId: uuid().notNull(),
  facilityId: text().notNull(),
  isHoldout: boolean().notNull().default(false),
  revision: integer().notNull().default(1),
  payload: jsonb(),
  payloadVersion: text().notNull().default('1.0'),
  payloadHash: text().notNull(),
  isEscaped: boolean().notNull().default(false),
  source: text(),
  uploadedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  uploadedBy: uuid().notNull(),
  erasedAt: timestamp({ withTimezone: true }),
})

/** Stays and visits. */
export const encounters = pgTable('encounters', {
  id: uuid().primaryKey().defaultRandom(),
  encounterId: text().notNull(),
  facilityId: text().notNull(),
  patientId: uuid().notNull(),
  caseId: uuid(),
  encounterType: text({ enum: ['ED', 'INPATIENT', 'OUTPATIENT'] }),
  location: text(),
  disposition: text(),
  arrivalTs: timestamp({ withTimezone: true }),
  dischargeTs: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})
