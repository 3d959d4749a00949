import { combineExits, EXIT, type ExitCode, RunGrid, RunSummary } from '@touchstone/core'
import { printDocument } from './output/document.ts'
import { writeRun } from './output/run-table.ts'
import { writeSideBySide } from './output/runs-side-by-side.ts'
import { resumeWords } from './run-grid.ts'
import type { Session } from './session.ts'

/** Prints runs that have ended, sets the exit code they give together, and says how stopped ones are gone on with. */
export function reportRuns(
  session: Session,
  runs: readonly RunSummary[],
  { isGrid }: { isGrid: boolean },
): void {
  const [first, second] = runs
  session.exitCode = combineExits(first === undefined ? [EXIT.incomplete] : runs.map(exitOf))
  if (session.isJson) {
    if (isGrid || first === undefined) printDocument(session, RunGrid, { runs })
    else printDocument(session, RunSummary, first)
  } else if (first && second && runs.length === 2 && first.suite === second.suite) {
    session.print(writeSideBySide([first, second]))
  } else session.print(runs.map(writeRun).join('\n\n'))
  for (const { run, status, samples } of runs) {
    if (status !== 'COMPLETED') {
      session.note(resumeWords(run, samples.unfinished > 0 ? ' --retry-errors' : ''))
    }
  }
}

function exitOf({ exit }: RunSummary): ExitCode {
  return Object.values(EXIT).find((code) => code === exit) ?? EXIT.error
}
