import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { asOwner, openDatabase } from '@touchstone/db'
import { freshDatabase } from '@touchstone/db/testing'
import { importMetadata, importPrompts, importSuite } from '@touchstone/engine'
import * as z from 'zod'
import { copiesOf } from './copies.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const MODULE = 'orthopedics/timeliness_sch'
const PROMPT = `${MODULE}/signal_processing`

/** What is to be measured: so many cases, against a model that takes so long, so many at once. */
export type Load = { cases: number; latencyMs: number; concurrency: number }

/** What the measured process is told. */
export const RunToTime = z.strictObject({
  root: z.string(),
  url: z.string(),
  credential: z.string(),
  port: z.int(),
  suite: z.string(),
  prompt: z.string(),
  concurrency: z.int(),
})

/** What the measured process says of itself: from the plan to the last recorded sample. */
const TimedRun = z.object({
  seconds: z.number(),
  cpuMs: z.number(),
  residentMbMax: z.number(),
  planned: z.int(),
  completed: z.int(),
})

/** What one measurement found. Rates are cases a second; memory is of the running process alone, in MB. */
export type Throughput = Load &
  z.infer<typeof TimedRun> & { rate: number; idealRate: number | null; cpuMsPerCase: number }

const SUITE = 'stopwatch/copies'

/**
 * Runs copies of the shipped suite's cases through the whole route, all rows stored under row-level
 * security as the application's role; the run and the model server each in a process of its own.
 */
export async function measureThroughput(load: Load): Promise<Throughput> {
  await using database = await freshDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'touchstone-stopwatch-'))
  const server = await startModelServer(load.latencyMs, folder)
  try {
    const { appUrl: url, operatorCredential: credential } = database
    await prepare({
      url,
      credential,
      ownerUrl: database.ownerUrl,
      suite: await writeCopies(folder, load.cases),
    })
    const { concurrency } = load
    const asked = {
      root: ROOT,
      url,
      credential,
      port: server.port,
      suite: SUITE,
      prompt: PROMPT,
      concurrency,
    }
    const timed = await timeRun(asked)
    const rate = load.cases / timed.seconds
    const idealRate = load.latencyMs === 0 ? null : (concurrency * 1000) / load.latencyMs
    return { ...load, ...timed, rate, idealRate, cpuMsPerCase: timed.cpuMs / load.cases }
  } finally {
    server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function prepare(place: {
  url: string
  credential: string
  ownerUrl: string
  suite: string
}): Promise<void> {
  await using db = openDatabase(place.url, { applicationName: 'touchstone:stopwatch', max: 2 })
  const bench = { root: ROOT, db, credential: place.credential, models: {} }
  const files = await seedFiles()
  await asOwner(place.ownerUrl, (tx) => importMetadata(tx, { root: ROOT, files }))
  await importPrompts(bench)
  await importSuite(bench, place.suite)
}

async function timeRun(asked: z.infer<typeof RunToTime>): Promise<z.infer<typeof TimedRun>> {
  const script = fileURLToPath(new URL('./timed-run.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    script,
    JSON.stringify(asked),
  ])
  return TimedRun.parse(JSON.parse(stdout))
}

async function seedFiles(): Promise<string[]> {
  return (await readdir(join(ROOT, 'seeds')))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(ROOT, 'seeds', name))
}

async function writeCopies(folder: string, cases: number): Promise<string> {
  const suite = join(folder, 'suite')
  await mkdir(suite, { recursive: true })
  await writeFile(join(suite, 'suite.yaml'), `id: ${SUITE}\nname: Copies\nmodule: ${MODULE}\n`)
  await copiesOf({ from: join(ROOT, 'eval-suites', MODULE, 'cases'), to: join(suite, 'cases.jsonl'), cases })
  return suite
}

async function startModelServer(
  latencyMs: number,
  folder: string,
): Promise<{ port: number; stop: () => void }> {
  const script = join(folder, 'answers.json')
  await writeFile(script, JSON.stringify({ default: { policy: 'always', status: 'pass' } }))
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./mock-server.ts', import.meta.url)), script, String(latencyMs)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(Number(data.toString())))
    child.once('exit', () => reject(new Error('the model server ended before it was ready')))
  })
  return { port, stop: () => child.kill() }
}
