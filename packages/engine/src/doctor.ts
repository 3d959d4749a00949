import { access, constants, stat, statfs } from 'node:fs/promises'
import { reportError } from '@touchstone/core'
import type { Environment } from './environment.ts'
import { examineDatabase } from './examine-database.ts'
import { examineWork } from './examine-work.ts'
import { type DatabasePlace, dataFolderOf, operatorFile } from './house.ts'

/** One thing the doctor found: `error` stops the work, `warning` makes it worse than it could be; `mend` says what to do. */
export type Finding = { level: 'ok' | 'warning' | 'error'; what: string; mend?: string }

/** What the doctor found, in the order things are set up. */
export type DoctorReport = { findings: Finding[] }

type Examination = {
  root: string
  environment: Environment
  /** Node's own version, such as `24.1.0`; by default this process's. */
  nodeVersion?: string
}

const NODE_MAJOR = 24
const DISK_LOW_BYTES = 2 ** 30
const DISK_FULL_BYTES = 2 ** 26

/** Says what is set up, what is missing and how to mend it. Starts nothing, changes nothing, prints no secret, and does not fail where things are broken. */
export async function examineHouse(examination: Examination): Promise<DoctorReport> {
  const { root, environment, nodeVersion = process.versions.node } = examination
  const kind = environment.databaseUrl === undefined ? 'embedded' : 'external'
  const place: DatabasePlace = { kind, dataFolder: await dataFolderOf({ root, environment }) }
  const database = await examined('the database', () => examineDatabase({ place, environment }))
  const appUrl = 'appUrl' in database ? database.appUrl : null
  const work =
    appUrl === null
      ? []
      : (await examined('what is imported', () => examineWork({ appUrl, place, environment }))).findings
  return {
    findings: [
      examineNode(nodeVersion),
      ...(await examineFolder(place.dataFolder)),
      ...database.findings,
      ...(await examineOperator({ place, environment })),
      ...work,
      ...examineModels(environment),
    ],
  }
}

/** An examination that itself breaks is a finding, so that the rest can still be told. */
async function examined<T extends { findings: Finding[] }>(
  what: string,
  examine: () => Promise<T>,
): Promise<T | { findings: Finding[] }> {
  try {
    return await examine()
  } catch (error) {
    const { message } = reportError(error).error
    return { findings: [{ level: 'error', what: `${what} could not be examined: ${message}` }] }
  }
}

function examineNode(version: string): Finding {
  if (Number.parseInt(version, 10) >= NODE_MAJOR) return { level: 'ok', what: `Node ${version}` }
  return {
    level: 'error',
    what: `Node ${version} cannot run TypeScript as Touchstone needs it`,
    mend: `Install Node ${NODE_MAJOR} or later, or start through "npm start", which brings its own.`,
  }
}

async function examineFolder(folder: string): Promise<Finding[]> {
  const found = await stat(folder).catch(() => null)
  if (found === null) {
    return [
      { level: 'warning', what: `There is no data folder ${folder} yet`, mend: 'Run "touchstone setup".' },
    ]
  }
  const canWrite = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
  const writable: Finding = canWrite
    ? { level: 'ok', what: `Data folder ${folder}` }
    : {
        level: 'error',
        what: `The data folder ${folder} cannot be written by this user`,
        mend: 'Run as the user who made it, or set TOUCHSTONE_DATA to another folder.',
      }
  return [writable, ...(await examineDisk(folder))]
}

async function examineDisk(folder: string): Promise<Finding[]> {
  const disk = await statfs(folder).catch(() => null)
  if (disk === null) return []
  const freeBytes = disk.bavail * disk.bsize
  const what = `${(freeBytes / 2 ** 30).toFixed(1)} GB free where the data lie`
  if (freeBytes >= DISK_LOW_BYTES) return [{ level: 'ok', what }]
  const mend = 'Free some space, or set TOUCHSTONE_DATA to a folder on another disk.'
  return [{ level: freeBytes < DISK_FULL_BYTES ? 'error' : 'warning', what, mend }]
}

/** The local operator's credential: there, and for nobody else to read. A token that was given stands in for it. */
async function examineOperator({
  place,
  environment,
}: {
  place: DatabasePlace
  environment: Environment
}): Promise<Finding[]> {
  if (environment.token !== undefined) return [{ level: 'ok', what: 'TOUCHSTONE_TOKEN says who is asking' }]
  const file = operatorFile(place)
  const found = await stat(file).catch(() => null)
  if (found === null) {
    return [{ level: 'error', what: 'There is no local operator yet', mend: 'Run "touchstone setup".' }]
  }
  const mode = found.mode & 0o777
  if ((mode & 0o077) === 0) return [{ level: 'ok', what: `Local operator, ${file}` }]
  return [
    {
      level: 'warning',
      what: `${file} has mode ${mode.toString(8)}, so that others can act as the local operator`,
      mend: `chmod 600 ${file}`,
    },
  ]
}

function examineModels({ openai }: Environment): Finding[] {
  const offline: Finding = { level: 'ok', what: 'Model heuristic: the offline baseline, not an LLM' }
  const server = openai.baseUrl === undefined ? '' : ` at ${new URL(openai.baseUrl).host}`
  if (openai.apiKey !== undefined)
    return [offline, { level: 'ok', what: `Models openai:…${server}: a key is set` }]
  if (openai.baseUrl !== undefined) {
    return [
      offline,
      {
        level: 'warning',
        what: `Models openai:…${server}: no key is set`,
        mend: 'Set OPENAI_API_KEY; a server that needs none takes any word.',
      },
    ]
  }
  return [
    offline,
    {
      level: 'ok',
      what: 'Models openai:… are not set up; OPENAI_API_KEY, and OPENAI_BASE_URL for another server, do it',
    },
  ]
}
