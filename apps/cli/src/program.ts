import { Command } from 'commander'
import { addDiff } from './commands/diff.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExport } from './commands/export.ts'
import { addImport } from './commands/import.ts'
import { addLint } from './commands/lint.ts'
import { addModelServer } from './commands/model-server.ts'
import { addPrompts } from './commands/prompts.ts'
import { addRegrade } from './commands/regrade.ts'
import { addRun } from './commands/run.ts'
import { addRuns } from './commands/runs.ts'
import { addSetup } from './commands/setup.ts'
import { addShow } from './commands/show.ts'
import { addStart } from './commands/start.ts'
import { addSuites } from './commands/suites.ts'
import { addToken } from './commands/token.ts'
import { addTry } from './commands/try.ts'
import { addUser } from './commands/user.ts'
import type { Session } from './session.ts'

const COMMANDS = [
  addStart,
  addSetup,
  addDoctor,
  addImport,
  addExport,
  addPrompts,
  addSuites,
  addRuns,
  addShow,
  addDiff,
  addLint,
  addTry,
  addRun,
  addRegrade,
  addModelServer,
  addUser,
  addToken,
] as const

/** The whole command line; each command loads what it works with when it is called. */
export function buildProgram(session: Session): Command {
  const program = new Command('touchstone')
    .description('Tests prompts for clinical quality abstraction on cases whose answers are known.')
    .exitOverride()
    .configureOutput({
      writeOut: session.print,
      // Usage errors are written once, where all errors are.
      outputError: () => undefined,
    })
    .option('--debug', 'with an error, its stack trace')
    .helpCommand(false)
    .hook('preAction', (_program, command) => {
      session.tokenFile = command.opts<{ tokenFile?: string }>().tokenFile
    })
    .addHelpText(
      'after',
      '\nExample:\n  touchstone run --suite orthopedics/timeliness_sch --prompt orthopedics/timeliness_sch/signal_processing@2\n\n' +
        'Every command has --help with an example, and --json. Exit codes: 0 done, 1 error, 2 wrong usage, 101 incomplete, 102 not comparable.',
    )
  for (const add of COMMANDS) add(program, session)
  return program
}
