import { existsSync, readFileSync } from 'node:fs'
import { TouchstoneError } from '@touchstone/core'
import {
  type ActorTransaction,
  asActor,
  listPromptVersions,
  listStaleSuites,
  listSuites,
  openDatabase,
  readModules,
} from '@touchstone/db'
import type { Finding } from './doctor.ts'
import type { Environment } from './environment.ts'
import { type DatabasePlace, operatorFile } from './house.ts'
import { describeModuleChange } from './summarize-run.ts'

/** Counts what is imported, as the actor who would work with it, and names the suites whose module has changed since. */
export async function examineWork(place: {
  appUrl: string
  place: DatabasePlace
  environment: Environment
}): Promise<{ findings: Finding[] }> {
  const credential = readCredential(place.place, place.environment)
  if (credential === null) return { findings: [] }
  await using db = openDatabase(place.appUrl, { applicationName: 'touchstone:doctor', max: 1 })
  try {
    return await asActor(db, credential, async (tx) => ({
      findings: [
        { level: 'ok', what: `The credential proves a user of role ${tx.actor.role}` },
        ...(await countAll(tx)),
        ...(await findStale(tx)),
      ],
    }))
  } catch (error) {
    if (!(error instanceof TouchstoneError) || error.code !== 'not_signed_in') throw error
    const isToken = place.environment.token !== undefined
    const mend = isToken ? 'Make a new token with "touchstone token create".' : 'Run "touchstone setup".'
    const what = isToken ? 'TOUCHSTONE_TOKEN' : "The local operator's credential"
    return { findings: [{ level: 'error', what: `${what} proves nobody in this database`, mend }] }
  }
}

function readCredential(place: DatabasePlace, environment: Environment): string | null {
  if (environment.token !== undefined) return environment.token
  const file = operatorFile(place)
  try {
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
  } catch {
    throw new TouchstoneError('environment', `${file} cannot be read by this user.`, { file })
  }
}

async function countAll(tx: ActorTransaction): Promise<Finding[]> {
  const { modules, signals } = await readModules(tx, null)
  const versions = await listPromptVersions(tx, null)
  const suites = await listSuites(tx)
  const prompts = new Set(versions.map(({ prompt }) => prompt)).size
  const cases = suites.reduce((total, suite) => total + suite.cases, 0)
  const counted = [
    { count: modules.length, what: `${modules.length} modules with ${signals.length} signals` },
    { count: prompts, what: `${prompts} prompts in ${versions.length} versions` },
    { count: suites.length, what: `${suites.length} suites with ${cases} cases` },
  ]
  return counted.map(({ count, what }) =>
    count > 0
      ? { level: 'ok', what }
      : { level: 'warning', what, mend: 'Run "touchstone setup", or import your own.' },
  )
}

async function findStale(tx: ActorTransaction): Promise<Finding[]> {
  return (await listStaleSuites(tx)).map(({ suite, module, before, after }) => ({
    level: 'warning',
    what: `Suite ${suite} was labelled for an earlier version of ${module}; since then changed: ${describeModuleChange(before, after)}`,
    mend: `Look through its gold, then "touchstone import suite" it again.`,
  }))
}
