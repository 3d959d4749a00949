import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshDatabase } from '@touchstone/db/testing'

/** How a call of the command line ended. */
export type Ended = { exit: number | null; stdout: string; stderr: string }

/** A terminal of one's own for a test: a folder, a fresh database, and the real program in a process of its own. */
export type TestTerminal = {
  folder: string
  /** Runs the program with these words and waits for its end. */
  touchstone: (words: readonly string[], env?: NodeJS.ProcessEnv) => Promise<Ended>
  /** Starts the program; `ended` waits for its end. */
  start: (words: readonly string[]) => { child: ChildProcess; ended: Promise<Ended> }
  write: (path: string, text: string) => Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/** Opens a test's terminal; the folder is the current one of all that is run in it. */
export async function openTestTerminal(): Promise<TestTerminal> {
  const database = await freshDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'touchstone-cli-'))
  const own = {
    PATH: process.env.PATH,
    HOME: folder,
    DATABASE_URL: database.appUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    TOUCHSTONE_DATA: join(folder, 'data'),
  }
  const start: TestTerminal['start'] = (words) => launch(words, { cwd: folder, env: own })
  return {
    folder,
    start,
    touchstone: (words, env = {}) => launch(words, { cwd: folder, env: { ...own, ...env } }).ended,
    async write(path, text) {
      const target = join(folder, path)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, text)
      return target
    },
    async [Symbol.asyncDispose]() {
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function launch(
  words: readonly string[],
  place: { cwd: string; env: NodeJS.ProcessEnv },
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...words], { ...place, stdio: ['ignore', 'pipe', 'pipe'] })
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.on('error', reject)
  child.on('close', (exit) => resolve({ exit, stdout, stderr }))
  return { child, ended: promise }
}
