import { combineExits, EXIT, type RunSummary, StartOutput } from '@touchstone/core'
import type { ActorTransaction } from '@touchstone/db'
import type { Bench, RunRequest } from '@touchstone/engine'
import type { Command } from 'commander'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { errorLine } from '../output/error.ts'
import { reportRuns } from '../report-runs.ts'
import { watchRun } from '../run-grid.ts'
import type { Session } from '../session.ts'
import { setUpWithSteps } from './setup.ts'

const SUITE = 'orthopedics/timeliness_sch'
const PROMPT = `${SUITE}/signal_processing`
const VERSIONS = [1, 2] as const

/** `start`: sets up, and shows what the flagship suite says of two prompt versions; a run that is there already is only read. */
export function addStart(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'start',
    description: 'set up, run the flagship suite with two prompt versions, and compare them',
    example: 'npm start',
  }).action(async () => {
    const { prompts, suites } = await setUpWithSteps(session)
    const refused = [...prompts.refused, ...suites.refused]
    for (const error of refused) session.note(`refused: ${errorLine(error)}`)
    const ended = await atBench(session, (bench) => runBoth(session, bench))
    const runs = ended.map(({ run }) => run)
    const reused = ended.map(({ isReused }) => isReused)
    if (session.isJson) {
      printDocument(session, StartOutput, { runs, reused })
      session.exitCode = combineExits(runs.every(({ exit }) => exit === 0) ? [EXIT.done] : [EXIT.incomplete])
    } else {
      reportRuns(session, runs, { isGrid: true })
      session.print(whatNext(runs))
    }
    if (refused.length > 0) session.exitCode = EXIT.error
  })
}

type Ended = { run: RunSummary; isReused: boolean }

async function runBoth(session: Session, bench: Bench): Promise<Ended[]> {
  const { describeRun, runSuite } = await import('@touchstone/engine')
  const ended: Ended[] = []
  for (const version of VERSIONS) {
    if (session.interruption().aborted) break
    const kept = await findKept(bench, version)
    if (kept !== null) {
      ended.push({ run: await describeRun(bench, kept), isReused: true })
      continue
    }
    const request: RunRequest = {
      suite: SUITE,
      prompt: { kind: 'version', reference: { prompt: PROMPT, version } },
      model: 'heuristic',
    }
    const run = await watchRun(session, (options) => runSuite(bench, request, options))
    ended.push({ run, isReused: false })
  }
  return ended
}

async function findKept(bench: Bench, version: number): Promise<string | null> {
  const { asActor } = await import('@touchstone/db')
  return asActor(bench.db, bench.credential, (tx) => findRunOf(tx, version))
}

/** A completed run of the same suite, definitions, prompt version and pipeline; null when there is none. */
async function findRunOf(tx: ActorTransaction, version: number): Promise<string | null> {
  const { currentModuleVersion, currentSuiteVersion, findCompletedRun, findPromptVersion } = await import(
    '@touchstone/db'
  )
  const { pipelineVersion } = await import('@touchstone/engine')
  const suite = await currentSuiteVersion(tx, SUITE)
  const moduleVersion = await currentModuleVersion(tx, suite.moduleId)
  const prompt = await findPromptVersion(tx, { prompt: PROMPT, version })
  const kept = await findCompletedRun(tx, {
    suiteVersionId: suite.id,
    moduleVersionId: moduleVersion.id,
    promptVersionId: prompt.id,
    model: 'heuristic',
    params: prompt.document.params,
    pipelineVersion,
  })
  return kept?.id ?? null
}

function whatNext(runs: readonly RunSummary[]): string {
  const run = runs.at(-1)?.run.slice(0, 13) ?? 'RUN'
  return [
    '',
    'What to type next:',
    `  npm run -s touchstone -- show ${run}`,
    `  npm run -s touchstone -- diff ${PROMPT}@1 ${PROMPT}@2`,
    `  npm run -s touchstone -- try ${PROMPT}@2 --case SCH-0007 --show evidence`,
    `  npm run -s touchstone -- run --suite ${SUITE} --prompt ${PROMPT}@2 --model openai:gpt-4o-mini`,
    '  npm run -s touchstone -- --help',
  ].join('\n')
}
