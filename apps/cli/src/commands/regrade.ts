import type { Command } from 'commander'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { reportRuns } from '../report-runs.ts'
import type { Session } from '../session.ts'

/** `regrade RUN`: holds a run against the newest gold; no model is asked. */
export function addRegrade(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'regrade',
    description: 'grade a run again, against the newest gold of its suite; no model is called',
    example: 'touchstone regrade 0198c0de',
  })
    .argument('<run>', 'the run, or the beginning of its id (eight characters or more)')
    .action(async (run: string) => {
      const { regradeRun } = await import('@touchstone/engine')
      const summary = await atBench(session, (bench) => regradeRun(bench, run))
      reportRuns(session, [summary], { isGrid: false })
    })
}
