import { TouchstoneError } from '@touchstone/core'
import {
  type DatabaseInspection,
  describeEmbedded,
  embeddedAppUrl,
  inspectDatabase,
  isPoolerUrl,
  MIGRATIONS_FOLDER,
  ROLES,
  readMigrations,
} from '@touchstone/db'
import type { Finding } from './doctor.ts'
import type { Environment } from './environment.ts'
import type { DatabasePlace } from './house.ts'

/** What was found of the database, and the URL by which it can be asked; null where it cannot. */
export type ExaminedDatabase = { findings: Finding[]; appUrl: string | null }

const SET_UP = 'Run "touchstone setup".'

/** Examines the database of a place: whether it runs, who logs in with which rights, and which migrations it has. Starts nothing. */
export async function examineDatabase({
  place,
  environment,
}: {
  place: DatabasePlace
  environment: Environment
}): Promise<ExaminedDatabase> {
  return environment.databaseUrl === undefined
    ? examineEmbedded(place.dataFolder)
    : examineExternal({ appUrl: environment.databaseUrl, ownerUrl: environment.databaseOwnerUrl })
}

async function examineEmbedded(dataFolder: string): Promise<ExaminedDatabase> {
  const found = await describeEmbedded({ dataFolder })
  if (found.state === 'none') {
    return {
      findings: [{ level: 'error', what: `No embedded PostgreSQL in ${dataFolder} yet`, mend: SET_UP }],
      appUrl: null,
    }
  }
  const name = `Embedded PostgreSQL ${found.version ?? 'of unknown version'} in ${dataFolder}`
  if (found.state === 'stopped') {
    return {
      findings: [
        {
          level: 'ok',
          what: `${name}, stopped; it starts when it is needed, so what is in it was not looked at`,
        },
      ],
      appUrl: null,
    }
  }
  const running: Finding = { level: 'ok', what: `${name}, running on port ${found.port} (pid ${found.pid})` }
  const unattended: Finding = {
    level: 'warning',
    what: 'The embedded PostgreSQL runs without its supervisor, so nothing will stop it',
    mend: 'Run any command that uses it; it brings a supervisor back.',
  }
  const attended = found.supervisorPid === null ? [running, unattended] : [running]
  const appUrl = await embeddedAppUrl({ dataFolder, port: found.port })
  if (appUrl !== null) return examineLogin({ appUrl, before: attended })
  const missing: Finding = {
    level: 'error',
    what: `The password of ${ROLES.app} in ${dataFolder}/credentials is missing or cannot be read`,
    mend: 'Run as the user who set this up, or run "touchstone setup" again.',
  }
  return { findings: [...attended, missing], appUrl: null }
}

async function examineExternal(urls: {
  appUrl: string
  ownerUrl: string | undefined
}): Promise<ExaminedDatabase> {
  const { host, pathname } = new URL(urls.appUrl)
  const findings: Finding[] = [{ level: 'ok', what: `DATABASE_URL leads to ${host}${pathname}` }]
  if (isPoolerUrl(urls.appUrl)) {
    findings.push({
      level: 'warning',
      what: 'DATABASE_URL leads to a transaction pooler, where LISTEN does not work: it is replaced by polling',
      mend: 'Use the direct address for prompt notice of runs; nothing else depends on it.',
    })
  }
  const examined = await examineLogin({ appUrl: urls.appUrl, before: findings })
  const owner = urls.ownerUrl === undefined ? [] : await examineOwnerLogin(urls.ownerUrl)
  return { ...examined, findings: [...examined.findings, ...owner] }
}

async function examineOwnerLogin(ownerUrl: string): Promise<Finding[]> {
  const inspection = await inspected(ownerUrl)
  if ('fault' in inspection) {
    return [{ ...inspection.fault, what: `DATABASE_OWNER_URL: ${inspection.fault.what}` }]
  }
  const { login, isSuperuser, isOwner } = inspection.found
  if (isSuperuser) {
    return [
      { level: 'ok', what: `DATABASE_OWNER_URL logs in as ${login}, a superuser, which only makes roles` },
    ]
  }
  if (isOwner) return [{ level: 'ok', what: `DATABASE_OWNER_URL logs in as ${login}, who owns the tables` }]
  return [
    {
      level: 'error',
      what: `DATABASE_OWNER_URL logs in as ${login}, who may not act as ${ROLES.owner}`,
      mend: `Give the login of ${ROLES.owner}, or one that is a member of it.`,
    },
  ]
}

async function examineLogin({
  appUrl,
  before,
}: {
  appUrl: string
  before: readonly Finding[]
}): Promise<ExaminedDatabase> {
  const inspection = await inspected(appUrl)
  if ('fault' in inspection) return { findings: [...before, inspection.fault], appUrl: null }
  const { found } = inspection
  const migrations = await examineMigrations(found.migrations)
  const isReady = migrations.level === 'ok'
  return {
    findings: [
      ...before,
      { level: 'ok', what: `PostgreSQL ${found.serverVersion} answers` },
      ...examineRights(found),
      ...examineRoles(found),
      migrations,
    ],
    appUrl: isReady ? appUrl : null,
  }
}

async function inspected(url: string): Promise<{ found: DatabaseInspection } | { fault: Finding }> {
  try {
    return { found: await inspectDatabase(url) }
  } catch (error) {
    if (!(error instanceof TouchstoneError)) throw error
    const isSetUp = error.code !== 'database_not_ready'
    return { fault: { level: 'error', what: error.message, ...(isSetUp ? {} : { mend: SET_UP }) } }
  }
}

/** The application's own login must hold no right by which row-level security could be passed. */
function examineRights({ login, isSuperuser, bypassesRls, isOwner }: DatabaseInspection): Finding[] {
  if (login === ROLES.app && !isSuperuser && !bypassesRls && !isOwner) {
    return [{ level: 'ok', what: `The application logs in as ${login}, under row-level security` }]
  }
  const rights = isSuperuser
    ? 'a superuser'
    : isOwner
      ? 'the owner or a member of it'
      : 'more than the application'
  return [
    {
      level: 'warning',
      what: `The application logs in as ${login}, ${rights}; it works under SET LOCAL ROLE ${ROLES.app}, which holds only as long as nothing else uses that login`,
      mend: `Put the login of ${ROLES.app} in DATABASE_URL and the owner's in DATABASE_OWNER_URL.`,
    },
  ]
}

function examineRoles({ roles }: DatabaseInspection): Finding[] {
  const missing = Object.values(ROLES).filter((name) => !roles.some((role) => role.name === name))
  if (missing.length > 0) {
    return [{ level: 'error', what: `The server lacks the role ${missing.join(' and ')}`, mend: SET_UP }]
  }
  const powerful = roles.filter((role) => role.isSuperuser || role.bypassesRls)
  if (powerful.length === 0)
    return [{ level: 'ok', what: 'No role of Touchstone can pass row-level security' }]
  return powerful.map(({ name, isSuperuser }) => ({
    level: 'error',
    what: `The role ${name} ${isSuperuser ? 'is a superuser' : 'has BYPASSRLS'}, so row-level security does not hold for it`,
    mend: `As a superuser: ALTER ROLE ${name} NOSUPERUSER NOBYPASSRLS`,
  }))
}

async function examineMigrations(applied: ReadonlyMap<string, string> | null): Promise<Finding> {
  const present = await readMigrations(MIGRATIONS_FOLDER)
  if (applied === null) return { level: 'error', what: 'The database was never set up', mend: SET_UP }
  const unknown = [...applied.keys()].filter((name) => !present.some((migration) => migration.name === name))
  if (unknown.length > 0) {
    return {
      level: 'error',
      what: `The database has ${unknown.join(', ')}, which this checkout does not`,
      mend: 'Use the newer Touchstone it was set up with.',
    }
  }
  const changed = present.find(({ name, sha256 }) => applied.has(name) && applied.get(name) !== sha256)
  if (changed) {
    return {
      level: 'error',
      what: `The migration ${changed.name} has changed since it was applied`,
      mend: 'Put its text back and add a new file instead.',
    }
  }
  const pending = present.length - applied.size
  if (pending === 0) return { level: 'ok', what: `All ${present.length} migrations are applied` }
  return { level: 'error', what: `${pending} of ${present.length} migrations are not applied`, mend: SET_UP }
}
