import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asOwner, defaultDataFolder } from '@touchstone/db'
import { freshDatabase } from '@touchstone/db/testing'
import { describe, expect, it } from 'vitest'
import { type DoctorReport, examineHouse, type Finding } from './doctor.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { importMetadata } from './import-metadata.ts'
import { freshBench, SUITE, type TestBench } from './testing.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const nodeVersion = '24.1.0'

/** A bench with an operator's credential in its data folder, as set-up leaves it. */
async function setUpBench(): Promise<TestBench> {
  const bench = await freshBench({ cases: 2 })
  await writeCredential(bench, bench.credential)
  return bench
}

async function writeCredential(bench: TestBench, credential: string): Promise<void> {
  const folder = join(bench.root, 'data/credentials')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'operator'), `${credential}\n`, { mode: 0o600 })
}

function environmentOf(bench: TestBench, env: Record<string, string> = {}): Environment {
  const given = { DATABASE_URL: bench.db.url, TOUCHSTONE_DATA: join(bench.root, 'data'), ...env }
  return readEnvironment({ root: bench.root, env: given })
}

async function examine(bench: TestBench, env: Record<string, string> = {}): Promise<DoctorReport> {
  return examineHouse({ root: bench.root, environment: environmentOf(bench, env), nodeVersion })
}

/** What is not well; the machine's free space is not the test's to decide. */
function complaints({ findings }: DoctorReport): Finding[] {
  return findings.filter(({ level, what }) => level !== 'ok' && !what.includes('GB free'))
}

describe('the doctor', () => {
  it('finds nothing amiss where all is set up, counts what there is, and prints no secret', async () => {
    await using bench = await setUpBench()
    const secret = 'sk-very-secret'
    const report = await examine(bench, { DATABASE_OWNER_URL: bench.ownerUrl, OPENAI_API_KEY: secret })
    expect(complaints(report)).toEqual([])
    const said = report.findings.map(({ what }) => what).join('\n')
    for (const part of [
      'Node 24.1.0',
      'migrations are applied',
      '1 modules',
      '1 prompts in 2 versions',
      '1 suites with 2 cases',
    ]) {
      expect(said).toContain(part)
    }
    const passwords = [bench.db.url, bench.ownerUrl].map((url) => new URL(url).password)
    for (const hidden of [secret, bench.credential, ...passwords]) expect(said).not.toContain(hidden)
  })

  it('says what to do where nothing is set up, and leaves the place as it was', async () => {
    const root = await mkdtemp(join(tmpdir(), 'touchstone-doctor-'))
    const environment = readEnvironment({ root, env: { TOUCHSTONE_DATA: join(root, 'data') } })
    const report = await examineHouse({ root, environment, nodeVersion: '20.11.0' })
    expect(complaints(report)).toMatchObject([
      { level: 'error', what: expect.stringContaining('Node 20.11.0') },
      { level: 'warning', what: expect.stringContaining('no data folder') },
      {
        level: 'error',
        what: expect.stringContaining('No embedded PostgreSQL'),
        mend: expect.stringContaining('setup'),
      },
      {
        level: 'error',
        what: expect.stringContaining('no local operator'),
        mend: expect.stringContaining('setup'),
      },
    ])
    expect(await readdir(root)).toEqual([])
    await rm(root, { recursive: true })
  })

  it('goes on where the database is away', async () => {
    await using bench = await setUpBench()
    const report = await examine(bench, {
      DATABASE_URL: 'postgresql://touchstone_app:secret@127.0.0.1:1/touchstone',
    })
    expect(complaints(report)).toMatchObject([
      { level: 'error', what: expect.stringContaining('cannot be reached') },
    ])
    expect(JSON.stringify(report)).not.toContain('secret@')
  })

  it('tells a database that was never set up from one that lacks migrations', async () => {
    await using bench = await setUpBench()
    await using empty = await freshDatabase({ isEmpty: true })
    const never = await examine(bench, { DATABASE_URL: empty.appUrl })
    expect(complaints(never)).toMatchObject([{ level: 'error', mend: expect.stringContaining('setup') }])

    await asOwner(bench.ownerUrl, (tx) => tx.query("DELETE FROM schema_migrations WHERE name LIKE '0011%'"))
    const behind = await examine(bench)
    expect(complaints(behind)).toMatchObject([
      { level: 'error', what: expect.stringMatching(/^1 of \d+ migrations/) },
    ])
  })

  it.each([
    ['an owner', 'the owner'],
    ['a superuser', 'a superuser'],
  ])('warns of a DATABASE_URL that logs in as %s', async (who, words) => {
    await using bench = await setUpBench()
    await using database = await freshDatabase()
    const url = who === 'an owner' ? database.ownerUrl : database.superuserUrl
    const report = await examine(bench, { DATABASE_URL: url })
    expect(complaints(report)[0]).toMatchObject({ level: 'warning', what: expect.stringContaining(words) })
  })

  it('warns of a pooled URL, of an owner who is none, and of a model server without a key', async () => {
    await using bench = await setUpBench()
    const report = await examine(bench, {
      DATABASE_URL: `${bench.db.url}?pgbouncer=true`,
      DATABASE_OWNER_URL: bench.db.url,
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    })
    expect(complaints(report)).toMatchObject([
      { level: 'warning', what: expect.stringContaining('replaced by polling') },
      { level: 'error', what: expect.stringContaining('may not act as touchstone_owner') },
      { level: 'warning', mend: expect.stringContaining('OPENAI_API_KEY') },
    ])
  })

  it('names suites whose module has changed since, and what changed', async () => {
    await using bench = await setUpBench()
    const change = `signals: [{ module: ${SUITE}, code: transferred, label: Moved in, polarity: ruleout }]\n`
    const file = await bench.write('seeds/change.yaml', change)
    await asOwner(bench.ownerUrl, (tx) => importMetadata(tx, { root: bench.root, files: [file] }))
    expect(complaints(await examine(bench))).toMatchObject([
      {
        level: 'warning',
        what: expect.stringMatching(new RegExp(`^Suite ${SUITE} .*transferred \\(label\\)`)),
      },
    ])
  })

  it('sees a credential that others may read, and one that proves nobody', async () => {
    await using bench = await setUpBench()
    await chmod(join(bench.root, 'data/credentials/operator'), 0o644)
    expect(complaints(await examine(bench))).toMatchObject([
      {
        level: 'warning',
        what: expect.stringContaining('mode 644'),
        mend: expect.stringContaining('chmod 600'),
      },
    ])
    await writeCredential(bench, 'ts_of-another-database')
    await chmod(join(bench.root, 'data/credentials/operator'), 0o600)
    expect(complaints(await examine(bench))).toMatchObject([
      { level: 'error', what: expect.stringContaining('proves nobody') },
    ])
    expect(complaints(await examine(bench, { TOUCHSTONE_TOKEN: bench.credentials.viewer }))).toEqual([])
  })

  it.skipIf(process.env.TOUCHSTONE_TEST_DATABASE_URL)('asks an embedded PostgreSQL that runs', async () => {
    await using _running = await freshDatabase()
    const dataFolder = join(await defaultDataFolder(ROOT), 'test')
    const environment = readEnvironment({ root: tmpdir(), env: { TOUCHSTONE_DATA: dataFolder } })
    const { findings } = await examineHouse({ root: ROOT, environment, nodeVersion })
    const said = findings.map(({ what }) => what)
    expect(said).toContainEqual(expect.stringMatching(/^Embedded PostgreSQL \d+ .* running on port \d+/))
    expect(said).toContainEqual(expect.stringMatching(/^PostgreSQL \d+.* answers$/))
    expect(said).toContain('The application logs in as touchstone_app, under row-level security')
  })
})
