import { SuitesOutput } from '@touchstone/core'
import type { Command } from 'commander'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { layOutTable } from '../output/table.ts'
import type { Session } from '../session.ts'

/** `suites`: every suite with its newest version. */
export function addSuites(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'suites',
    description: 'list the suites with their newest version',
    example: 'touchstone suites --json',
  }).action(async () => {
    const { asActor, listSuites } = await import('@touchstone/db')
    const suites = await atBench(session, (bench) => asActor(bench.db, bench.credential, listSuites))
    if (session.isJson) return printDocument(session, SuitesOutput, { suites })
    if (suites.length === 0) {
      return session.print('There are no suites yet; "touchstone import suite PATH" imports one.')
    }
    const columns = [
      { heading: 'suite' },
      { heading: 'gold', isNumber: true },
      { heading: 'cases', isNumber: true },
      { heading: 'state' },
      { heading: 'module' },
      { heading: 'name' },
    ]
    const rows = suites.map(({ suite, goldVersion, cases, state, isStale, module, name }) => [
      suite,
      String(goldVersion),
      String(cases),
      isStale ? `${state}, stale` : state,
      module,
      name,
    ])
    session.print(layOutTable(columns, rows))
  })
}
