import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT, type ExitCode } from '@touchstone/core'
import type { Invocation } from './command-line.ts'

/** One call of the command line: where it was made, how it is to be answered, and how it ends. */
export type Session = {
  /** The checkout that holds this program. */
  root: string
  /** Where relative file arguments begin. */
  cwd: string
  env: NodeJS.ProcessEnv
  isJson: boolean
  isDebug: boolean
  /** Holds the token that proves who asks; else TOUCHSTONE_TOKEN or the local operator does. */
  tokenFile: string | undefined
  exitCode: ExitCode
  /** The answer itself, on stdout: text, or under `--json` the one document. */
  print: (text: string) => void
  /** Progress and remarks, on stderr. */
  note: (text: string) => void
  /** Aborts at the first Ctrl-C; the second ends the process. Only work that can stop cleanly asks for it. */
  interruption: () => AbortSignal
  close: () => void
}

const ROOT = resolve(fileURLToPath(new URL('../../..', import.meta.url)))

/** Opens a session; stdout may be closed early by who reads it (`| head`), which is no error. */
export function createSession({ arguments: words, cwd, env }: Invocation): Session {
  const beforeDashes = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  const interruptible = createInterruption()
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(session.exitCode)
  })
  const session: Session = {
    root: ROOT,
    cwd,
    env,
    isJson: beforeDashes.includes('--json'),
    isDebug: beforeDashes.includes('--debug'),
    tokenFile: undefined,
    exitCode: EXIT.done,
    print: (text) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    note: (text) => process.stderr.write(`${text}\n`),
    interruption: interruptible.open,
    close: interruptible.close,
  }
  return session
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

function createInterruption(): { open: () => AbortSignal; close: () => void } {
  const controller = new AbortController()
  let isOpen = false
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.incomplete)
    process.stderr.write('\nStopping cleanly; once more to leave at once.\n')
    controller.abort()
  }
  return {
    open: () => {
      if (!isOpen) for (const name of SIGNALS) process.on(name, onSignal)
      isOpen = true
      return controller.signal
    },
    close: () => {
      for (const name of SIGNALS) process.off(name, onSignal)
    },
  }
}
