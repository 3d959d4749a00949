import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { buildProgram } from './program.ts'
import { createSession } from './session.ts'

const program = buildProgram(createSession({ arguments: [], cwd: '/', env: {} }))

function everyCommand(parent: Command, path: string): { path: string; command: Command }[] {
  return parent.commands.flatMap((command) => {
    const own = `${path} ${command.name()}`
    return [{ path: own, command }, ...everyCommand(command, own)]
  })
}

function helpOf(command: Command): string {
  let help = ''
  command.configureOutput({
    writeOut: (text) => {
      help += text
    },
  })
  command.outputHelp()
  return help
}

const COMMANDS = everyCommand(program, 'touchstone')
const PUBLISHED = [
  'start',
  'setup',
  'doctor',
  'import',
  'export',
  'prompts',
  'suites',
  'runs',
  'show',
  'diff',
  'lint',
  'try',
  'run',
  'regrade',
  'model-server',
  'user',
  'token',
]

describe('help', () => {
  it('lists the commands there are and none that comes later', () => {
    expect(program.commands.map((command) => command.name())).toEqual(PUBLISHED)
  })

  it.each(COMMANDS)('of $path shows a call of it', ({ path, command }) => {
    const example = path === 'touchstone start' ? 'npm start' : path

    expect(helpOf(command)).toContain(`Example:\n  ${example}`)
  })

  it.each(COMMANDS.filter(({ command }) => command.commands.length === 0))(
    'of $path offers --json and --debug',
    ({ command }) => {
      expect(helpOf(command)).toMatch(/--json[\s\S]*--debug/)
    },
  )
})
