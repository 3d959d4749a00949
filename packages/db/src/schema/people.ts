import { sql } from 'drizzle-orm'
import { boolean, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { bytea } from './bytea.ts'

/** Where rows belong. */
export const facilities = pgTable('facilities', {
  id: text().primaryKey(),
  name: text().notNull(),
  isActive: boolean().notNull().default(true),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** People and machines, one role each. */
export const users = pgTable('users', {
  id: uuid().primaryKey().defaultRandom(),
  name: text().notNull(),
  displayName: text(),
  email: text(),
  firstName: text(),
  lastName: text(),
  profileImageUrl: text(),
  role: text({ enum: ['viewer', 'engineer', 'quality_lead', 'admin', 'ci'] }).notNull(),
  isActive: boolean().notNull().default(true),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** Membership, and nothing more. */
export const facilityMembers = pgTable(
  'facility_members',
  {
    facilityId: text().notNull(),
    userId: uuid().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.facilityId] })],
)

/** Hashed tokens; the application cannot read them. */
export const apiTokens = pgTable('api_tokens', {
  id: uuid().primaryKey().defaultRandom(),
  userId: uuid().notNull(),
  name: text().notNull(),
  kind: text({ enum: ['api', 'local_operator'] }).notNull(),
  tokenHash: text().notNull(),
  scopes: text().array().notNull().default(sql`'{read,write}'::text[]`),
  expiresAt: timestamp({ withTimezone: true }),
  lastUsedAt: timestamp({ withTimezone: true }),
  revokedAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdBy: uuid().notNull(),
})

/** Kept by the authentication library. */
export const sessions = pgTable('sessions', {
  id: text().primaryKey(),
  userId: uuid().notNull(),
  token: text().notNull(),
  expiresAt: timestamp({ withTimezone: true }).notNull(),
  ipAddress: text(),
  userAgent: text(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** The key that seals a proved actor; read by definer functions alone. */
export const actorSecret = pgTable('actor_secret', {
  isOnlyRow: boolean().primaryKey().default(true),
  secret: bytea().notNull(),
})
