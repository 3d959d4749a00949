import { RunList } from '@touchstone/core'
import type { Command } from 'commander'
import { readCount } from '../arguments.ts'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { writeModel } from '../output/run-words.ts'
import { layOutTable } from '../output/table.ts'
import type { Session } from '../session.ts'

const SHOWN = 50

/** `runs`: the newest runs. */
export function addRuns(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'runs',
    description: 'list the runs, newest first',
    example: 'touchstone runs --limit 10',
  })
    .option('--limit <count>', 'how many', readCount, SHOWN)
    .action(async ({ limit }: { limit: number }) => {
      const { asActor, listRuns } = await import('@touchstone/db')
      const lines = await atBench(session, (bench) =>
        asActor(bench.db, bench.credential, (tx) => listRuns(tx, limit)),
      )
      const runs = lines.map(({ goldVersion: _goldVersion, startedAt, ...line }) => ({
        ...line,
        startedAt: startedAt?.toISOString() ?? null,
      }))
      if (session.isJson) return printDocument(session, RunList, { runs })
      session.print(runs.length === 0 ? EMPTY : writeRuns(runs))
    })
}

const EMPTY = 'There are no runs yet; "touchstone run --suite S --prompt P@N" makes one.'

function writeRuns(runs: RunList['runs']): string {
  const columns = [
    { heading: 'run' },
    { heading: 'started' },
    { heading: 'status' },
    { heading: 'samples', isNumber: true },
    { heading: 'suite' },
    { heading: 'prompt' },
    { heading: 'model' },
  ]
  const rows = runs.map(({ run, startedAt, status, samples, suite, prompt, model }) => [
    run,
    startedAt === null ? 'not yet' : `${startedAt.slice(0, 16).replace('T', ' ')}Z`,
    status,
    `${samples.completed}/${samples.planned}`,
    suite,
    prompt,
    writeModel(model),
  ])
  return layOutTable(columns, rows)
}
