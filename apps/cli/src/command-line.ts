import { EXIT, type ExitCode, TouchstoneError } from '@touchstone/core'
import { CommanderError } from 'commander'
import { exitCodeOf, writeError } from './output/error.ts'
import { buildProgram } from './program.ts'
import { createSession, type Session } from './session.ts'

/** How the process was called. */
export type Invocation = { arguments: string[]; cwd: string; env: NodeJS.ProcessEnv }

/** Runs one command and returns its exit code; whatever goes wrong is said in one or two lines. */
export async function runCommandLine(invocation: Invocation): Promise<ExitCode> {
  const session = createSession(invocation)
  try {
    await buildProgram(session).parseAsync(invocation.arguments, { from: 'user' })
    return session.exitCode
  } catch (error) {
    return reportFailure(session, error)
  } finally {
    session.close()
  }
}

function reportFailure(session: Session, error: unknown): ExitCode {
  if (!(error instanceof CommanderError)) {
    writeError(session, error)
    return exitCodeOf(error)
  }
  if (error.exitCode === 0) return EXIT.done
  const isHelp = error.code === 'commander.help'
  const message = isHelp
    ? 'Which command? "touchstone --help" lists them.'
    : error.message.replace(/^error: /, '').replaceAll('\n', ' ')
  // The help itself says enough to a person.
  if (!isHelp || session.isJson) writeError(session, new TouchstoneError('usage', message))
  return EXIT.usage
}
