import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  access,
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeEmbedded, startEmbedded, stopEmbedded } from './embedded.ts'
import { sharedStateFolder } from './embedded-layout.ts'
import { canServerPass } from './embedded-platform.ts'
import { isAlive, uidOf } from './process-table.ts'

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0
const MODULE = new URL('./embedded.ts', import.meta.url).href

/** A checkout's root in a folder of its own, its path with a space; what runs there is stopped at the end. */
async function temporaryRoot(
  below = '',
): Promise<{ root: string; dataFolder: string; [Symbol.asyncDispose](): Promise<void> }> {
  const top = await realpath(await mkdtemp(path.join(tmpdir(), 'touchstone embedded ')))
  await chmod(top, 0o711)
  const root = path.join(top, below)
  await mkdir(root, { recursive: true })
  const dataFolder = path.join(root, '.touchstone')
  return {
    root,
    dataFolder,
    async [Symbol.asyncDispose]() {
      await stopEmbedded({ dataFolder })
      await rm(top, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function query(url: string, sql: string, applicationName = 'touchstone:test'): Promise<unknown[][]> {
  const client = new Client({ connectionString: url, application_name: applicationName })
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

async function running(dataFolder: string): Promise<{ pid: number; supervisorPid: number; port: number }> {
  const found = await describeEmbedded({ dataFolder })
  if (found.state !== 'running' || found.supervisorPid === null)
    throw new Error(`not running: ${found.state}`)
  return { pid: found.pid, supervisorPid: found.supervisorPid, port: found.port }
}

/** Starts the server from a process of its own, which prints what it got and ends; as another uid where one is given. */
async function startElsewhere(
  options: { root: string; idleSeconds?: number },
  uid?: number,
): Promise<{ adopted: boolean; port: number; dataFolder: string }> {
  const script = `import { startEmbedded } from ${JSON.stringify(MODULE)}
    const { adopted, port, dataFolder } = await startEmbedded(${JSON.stringify(options)})
    console.log(JSON.stringify({ adopted, port, dataFolder }))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: '/',
    env: {},
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  return JSON.parse(stdout)
}

async function countProcesses(words: string): Promise<number> {
  const { stdout } = await run('ps', ['-eww', '-o', 'args'])
  return stdout.split('\n').filter((line) => line.includes(words)).length
}

/** Waits until something is so, and fails after 20 seconds; `expect.poll` is not for tests that run side by side. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 20_000
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`Waited 20 seconds for: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

async function killed(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await until(() => !isAlive(pid))
}

describe.concurrent('the embedded database', () => {
  it('starts in a folder with a space, is joined at the second start, and is stopped for everybody', async () => {
    await using place = await temporaryRoot()
    const first = await startEmbedded(place)
    const from = performance.now()

    const second = await startEmbedded(place)

    // Some 25 ms on an idle machine; the bound leaves room for the tests that run beside this one.
    expect(performance.now() - from).toBeLessThan(1_000)
    expect([first.adopted, second.adopted]).toEqual([false, true])
    expect(second).toMatchObject({ port: first.port, dataFolder: place.dataFolder, version: first.version })
    const { pid, supervisorPid } = await running(place.dataFolder)
    expect(await stopEmbedded(place)).toBe(true)
    expect([isAlive(pid), isAlive(supervisorPid)]).toEqual([false, false])
    expect(await describeEmbedded(place)).toMatchObject({ state: 'stopped' })
    expect(await stopEmbedded(place)).toBe(false)
  })

  it('is one server with one supervisor for ten processes that start at once', async () => {
    await using place = await temporaryRoot()

    const started = await Promise.all(Array.from({ length: 10 }, () => startElsewhere(place)))

    expect(started.filter((server) => !server.adopted)).toHaveLength(1)
    expect(new Set(started.map((server) => server.port)).size).toBe(1)
    const cluster = path.join(place.dataFolder, 'postgres', 'cluster')
    expect(await countProcesses(`-D ${cluster} `)).toBe(1)
    await until(async () => (await countProcesses(`supervisor.ts ${place.dataFolder} `)) === 1)
  })

  it('keeps every acknowledged row when server, supervisor and starter are killed, and starts again', async () => {
    await using place = await temporaryRoot()
    let server = await startEmbedded(place)
    await query(server.ownerUrl, 'CREATE TABLE kept (round integer)')
    for (const round of [1, 2]) {
      await query(server.ownerUrl, `INSERT INTO kept VALUES (${round})`)
      const { pid, supervisorPid } = await running(place.dataFolder)
      if (round !== 2) await killed(supervisorPid)
      await killed(pid)

      server = await startEmbedded(place)

      expect(server.adopted).toBe(false)
      expect(await query(server.ownerUrl, 'SELECT max(round), count(*)::int FROM kept')).toEqual([
        [round, round],
      ])
    }
  })

  it('is stopped some seconds after the last Touchstone connection, whatever others do, and leaves no process', async () => {
    await using place = await temporaryRoot()
    const server = await startEmbedded({ ...place, idleSeconds: 0.4 })
    const { pid, supervisorPid } = await running(place.dataFolder)
    const working = new Client({ connectionString: server.appUrl, application_name: 'touchstone:test' })
    const stranger = new Client({ connectionString: server.superuserUrl, application_name: 'psql' })
    for (const client of [working, stranger]) client.on('error', () => undefined)
    await Promise.all([working.connect(), stranger.connect()])
    await server.release()

    await working.query('SELECT pg_sleep(1.5)')
    expect(isAlive(pid)).toBe(true)
    await working.end()

    await until(() => !isAlive(pid) && !isAlive(supervisorPid))
  })

  it('is stopped also when the process that started it ends without a word', async () => {
    await using place = await temporaryRoot()
    await startElsewhere({ root: place.root, idleSeconds: 1 })
    const { pid, supervisorPid } = await running(place.dataFolder)

    await until(() => !isAlive(pid) && !isAlive(supervisorPid))
  })

  it('never leaves a joiner with a server that is being stopped', async () => {
    await using place = await temporaryRoot()
    for (let round = 0; round < 8; round += 1) {
      const server = await startEmbedded({ ...place, idleSeconds: 0.05 })
      expect(await query(server.appUrl, 'SELECT 1')).toEqual([[1]])
      await server.release()
      // Sweeps the moment of joining across the moment at which the supervisor stops.
      await new Promise((resolve) => setTimeout(resolve, 30 + round * 12))
    }
  })

  it('starts after an initdb that was killed half-way, and clears away what that left', async () => {
    await using place = await temporaryRoot()
    const script = `import { startEmbedded } from ${JSON.stringify(MODULE)}; await startEmbedded(${JSON.stringify(place)})`
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
    const folder = path.join(place.dataFolder, 'postgres')
    await until(async () => (await readdir(folder).catch(() => [])).length > 0)
    starter.kill('SIGKILL')
    await once(starter, 'exit')

    const server = await startEmbedded(place)

    expect(await query(server.appUrl, 'SELECT 1')).toEqual([[1]])
    expect(await readdir(folder)).toEqual(['cluster'])
  })

  it('starts over a pid file whose pid now belongs to another process', async () => {
    await using place = await temporaryRoot()
    await startEmbedded(place)
    await killed((await running(place.dataFolder)).pid)
    const file = path.join(place.dataFolder, 'postgres', 'cluster', 'postmaster.pid')
    const impostor = spawn('sleep', ['60'], isRoot ? { uid: 65534, gid: 65534 } : {})
    const lines = (await readFile(file, 'utf8')).split('\n')
    await writeFile(file, [impostor.pid, ...lines.slice(1)].join('\n'))

    const server = await startEmbedded(place)

    impostor.kill()
    expect(server.adopted).toBe(false)
    expect(await query(server.appUrl, 'SELECT 1')).toEqual([[1]])
  })

  it('remembers its port, and chooses another when somebody else took it', async () => {
    await using place = await temporaryRoot()
    const { port } = await startEmbedded(place)
    await stopEmbedded(place)
    expect((await startEmbedded(place)).port).toBe(port)
    await stopEmbedded(place)
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')

    const moved = await startEmbedded(place)

    other.close()
    expect(moved.port).not.toBe(port)
    expect(await query(moved.appUrl, 'SELECT 1')).toEqual([[1]])
  })

  it('makes a lost password of a role anew, but cannot do so for that of the cluster', async () => {
    await using place = await temporaryRoot()
    await startEmbedded(place)
    await rm(path.join(place.dataFolder, 'credentials', 'touchstone_owner'))

    const server = await startEmbedded(place)

    expect(await query(server.ownerUrl, 'SELECT current_user::text')).toEqual([['touchstone_owner']])
    await rm(path.join(place.dataFolder, 'credentials', 'superuser'))
    await expect(startEmbedded(place)).rejects.toMatchObject({
      code: 'environment',
      message: expect.stringContaining('password'),
    })
  })

  it('tells of a folder without a database that there is none', async () => {
    const dataFolder = path.join(tmpdir(), randomUUID())
    expect(await describeEmbedded({ dataFolder })).toEqual({ dataFolder, state: 'none' })
  })
})

describe('an embedded database that runs', () => {
  let place: Awaited<ReturnType<typeof temporaryRoot>>

  beforeAll(async () => {
    place = await temporaryRoot()
    await startEmbedded(place)
  })

  afterAll(() => place[Symbol.asyncDispose]())

  it('listens on 127.0.0.1 alone, wants a password, writes through, and logs no statements', async () => {
    const server = await startEmbedded(place)

    const settings = await query(
      server.superuserUrl,
      `SELECT name, setting FROM pg_settings WHERE name IN
         ('listen_addresses', 'unix_socket_directories', 'fsync', 'full_page_writes', 'synchronous_commit') ORDER BY 1`,
    )

    expect(Object.fromEntries(settings)).toEqual({
      fsync: 'on',
      full_page_writes: 'on',
      listen_addresses: '127.0.0.1',
      synchronous_commit: 'on',
      unix_socket_directories: '',
    })
    const noPassword = new URL(server.superuserUrl)
    noPassword.password = 'guess'
    await expect(query(noPassword.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
    await expect(query(server.appUrl, "SELECT 'Jane Roe'::int")).rejects.toMatchObject({ code: '22P02' })
    const log = await readFile(path.join(place.dataFolder, 'postgres.log'), 'utf8')
    expect(log).toContain('ready to accept connections')
    expect(log).not.toContain('Jane')
  })

  it('keeps passwords in files of mode 0600 that belong to the application, and the cluster to the server', async () => {
    const server = await startEmbedded(place)
    const folder = path.join(place.dataFolder, 'credentials')

    const files = await Promise.all(
      (await readdir(folder)).map(async (name) => ({ name, ...(await stat(path.join(folder, name))) })),
    )

    expect(files.map(({ name }) => name).sort()).toEqual([
      'superuser',
      'touchstone_app',
      'touchstone_auth',
      'touchstone_owner',
    ])
    for (const file of files) expect([file.mode & 0o777, file.uid]).toEqual([0o600, process.getuid?.()])
    expect((await stat(path.join(place.dataFolder, 'postgres', 'cluster'))).uid).toBe(
      isRoot ? 65534 : process.getuid?.(),
    )
    expect(uidOf((await running(place.dataFolder)).pid)).toBe(isRoot ? 65534 : process.getuid?.())
    const urls = [server.superuserUrl, server.ownerUrl, server.appUrl, server.authUrl]
    expect(new Set(urls.map((url) => new URL(url).password)).size).toBe(4)
    expect(JSON.stringify(await describeEmbedded(place))).not.toContain(new URL(server.appUrl).password)
  })

  it('gives a server whose supervisor was killed a new one', async () => {
    await startEmbedded(place)
    const before = await running(place.dataFolder)
    await killed(before.supervisorPid)

    const server = await startEmbedded(place)

    const after = await running(place.dataFolder)
    expect(server.adopted).toBe(true)
    expect(after.pid).toBe(before.pid)
    expect(after.supervisorPid).not.toBe(before.supervisorPid)
  })
})

describe.runIf(isRoot).concurrent('the embedded database under root', () => {
  it('keeps its data outside a checkout below a folder of mode 0700, and finds it there again', async () => {
    await using place = await temporaryRoot('closed/checkout')
    await chmod(path.dirname(place.root), 0o700)
    const outside = sharedStateFolder(place.root)
    try {
      const first = await startEmbedded({ root: place.root })
      expect(first.dataFolder).toBe(outside)
      await expect(access(place.dataFolder)).rejects.toMatchObject({ code: 'ENOENT' })

      await chmod(path.dirname(place.root), 0o755)

      expect((await startEmbedded({ root: place.root })).port).toBe(first.port)
    } finally {
      await stopEmbedded({ dataFolder: outside })
      await rm(outside, { recursive: true, force: true })
    }
  })

  it('says which folder bars the way to a data folder that was asked for', async () => {
    await using place = await temporaryRoot('closed/checkout')
    await chmod(path.dirname(place.root), 0o700)

    await expect(startEmbedded(place)).rejects.toMatchObject({
      code: 'environment',
      message: expect.stringContaining(place.root),
    })
    await expect(access(place.dataFolder)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('refuses a cluster of another uid', async () => {
    await using place = await temporaryRoot()
    await startEmbedded(place)
    await stopEmbedded(place)
    await chown(path.join(place.dataFolder, 'postgres', 'cluster'), 1234, 1234)

    await expect(startEmbedded(place)).rejects.toMatchObject({
      code: 'environment',
      message: expect.stringContaining('belongs to uid 1234'),
    })
  })

  it.runIf(canServerPass(import.meta.dirname))(
    'runs as an ordinary user too, on a folder of that user',
    async () => {
      await using place = await temporaryRoot()
      await chown(place.root, 1000, 1000)

      const server = await startElsewhere(place, 1000)

      expect(server).toMatchObject({ adopted: false, dataFolder: place.dataFolder })
      expect(uidOf(await readPid(place.dataFolder))).toBe(1000)
      await expect(startEmbedded(place)).rejects.toMatchObject({
        message: expect.stringContaining('belongs to uid 1000'),
      })
    },
  )
})

async function readPid(dataFolder: string): Promise<number> {
  const file = path.join(dataFolder, 'postgres', 'cluster', 'postmaster.pid')
  return Number((await readFile(file, 'utf8')).split('\n')[0])
}
