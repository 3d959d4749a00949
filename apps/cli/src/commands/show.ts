import { RunSummary, ShowPromptOutput, ShowSuiteOutput } from '@touchstone/core'
import type { Command } from 'commander'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { findShown, type Shown } from '../find-shown.ts'
import { printDocument } from '../output/document.ts'
import { writeRun } from '../output/run-table.ts'
import { writeModel } from '../output/run-words.ts'
import { layOutFacts, layOutTable } from '../output/table.ts'
import type { Session } from '../session.ts'

/** `show ID`: a run, a prompt version or a suite, with its details. */
export function addShow(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'show',
    description: 'show a run, a prompt version or a suite',
    example: 'touchstone show orthopedics/timeliness_sch/signal_processing@2',
  })
    .argument('<id>', 'a run, P@N, a prompt (its version in force) or a suite')
    .action(async (id: string) => {
      const shown = await atBench(session, (bench) => findShown(bench, id))
      if (session.isJson) printShown(session, shown)
      else session.print(writeShown(shown))
    })
}

function printShown(session: Session, shown: Shown): void {
  if (shown.kind === 'run') printDocument(session, RunSummary, shown.run)
  else if (shown.kind === 'prompt') printDocument(session, ShowPromptOutput, shown.prompt)
  else printDocument(session, ShowSuiteOutput, shown.suite)
}

function writeShown(shown: Shown): string {
  if (shown.kind === 'run') return writeRun(shown.run)
  return shown.kind === 'prompt' ? writePrompt(shown.prompt) : writeSuite(shown.suite)
}

function writePrompt(prompt: ShowPromptOutput): string {
  const { version, params, context, output } = prompt
  const facts: [string, string][] = [
    ['prompt', version === null ? prompt.prompt : `${prompt.prompt}@${version}`],
    ['name', prompt.name],
    ['status', prompt.status],
    ['model', `${writeModel(prompt.model)} ${JSON.stringify(params)}`],
    ['context', context.join(', ')],
    ['output', JSON.stringify(output)],
    ['note', prompt.note ?? 'none'],
    ['hash', prompt.contentHash],
    ['kept', prompt.createdAt],
  ]
  return `${layOutFacts(facts)}\n\n${prompt.text}`
}

function writeSuite(suite: ShowSuiteOutput): string {
  const { cases } = suite
  const count = (split: string): number => cases.filter((one) => one.split === split).length
  const facts: [string, string][] = [
    ['suite', suite.suite],
    ['name', suite.name],
    ['about', suite.description ?? 'nothing is said'],
    ['module', suite.module],
    ['gold', `version ${suite.goldVersion}, ${suite.state}`],
    ['hash', suite.suiteVersion],
    ['cases', `${cases.length}: ${count('tune')} tune, ${count('holdout')} holdout`],
  ]
  const columns = [
    { heading: 'case' },
    { heading: 'split' },
    { heading: 'origin' },
    { heading: 'labels', isNumber: true },
    { heading: 'title' },
    { heading: 'tags' },
  ]
  const rows = cases.map(({ case: name, split, origin, gold, title, tags }) => [
    name,
    split,
    origin,
    String(Object.keys(gold).length),
    title ?? '',
    tags.join(', '),
  ])
  return `${layOutFacts(facts)}\n\n${layOutTable(columns, rows)}`
}
