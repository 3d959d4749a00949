import type { Command } from 'commander'

/** What a command is called, what it does, and one call of it as people would type it. */
export type CommandWords = { name: string; description: string; example: string }

/** Adds a command with what every command has: `--json`, `--debug`, `--token-file`, and an example in its help. */
export function defineCommand(parent: Command, { name, description, example }: CommandWords): Command {
  return parent
    .command(name)
    .description(description)
    .option('--json', 'print one JSON document and nothing else on stdout')
    .option('--debug', 'with an error, its stack trace')
    .option('--token-file <file>', 'the file with the token that proves who asks')
    .addHelpText('after', `\nExample:\n  ${example}`)
}

/** Adds a command that only holds others, such as `import`. */
export function defineGroup(parent: Command, { name, description, example }: CommandWords): Command {
  return parent.command(name).description(description).addHelpText('after', `\nExample:\n  ${example}`)
}
