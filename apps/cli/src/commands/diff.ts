import { DiffOutput } from '@touchstone/core'
import type { PromptDiff } from '@touchstone/engine'
import type { Command } from 'commander'
import { readPromptSource } from '../arguments.ts'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import type { Session } from '../session.ts'

/** `diff`: one prompt version against another, or against a file. */
export function addDiff(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'diff',
    description: 'show what differs between two versions of a prompt',
    example:
      'touchstone diff orthopedics/timeliness_sch/signal_processing@1 orthopedics/timeliness_sch/signal_processing@2',
  })
    .argument('<before>', 'P@N or FILE.md')
    .argument('<after>', 'P@N or FILE.md')
    .action(async (before: string, after: string) => {
      const { diffPrompts } = await import('@touchstone/engine')
      const sources = {
        before: readPromptSource(before, session),
        after: readPromptSource(after, session),
      }
      const diff = await atBench(session, (bench) => diffPrompts(bench, sources))
      if (session.isJson) printDocument(session, DiffOutput, diff)
      else session.print(writeDiff(diff))
    })
}

function writeDiff({ before, after, isSame, changes, context, signals, text }: PromptDiff): string {
  const sets = [
    { name: 'context', ...context },
    { name: 'signals named', ...(signals ?? { added: [], removed: [] }) },
  ]
  const lines = [
    `${before} against ${after}${isSame ? ': the same in all that can change an answer' : ''}`,
    ...changes.map(
      (change) => `${change.field}: ${JSON.stringify(change.before)} → ${JSON.stringify(change.after)}`,
    ),
    ...sets.flatMap(({ name, added, removed }) => [
      ...(added.length === 0 ? [] : [`${name}, added: ${added.join(', ')}`]),
      ...(removed.length === 0 ? [] : [`${name}, removed: ${removed.join(', ')}`]),
    ]),
  ]
  return text === '' ? lines.join('\n') : `${lines.join('\n')}\n\n${text}`
}
