import type { RunSummary } from '@touchstone/core'
import type { Bench, PlannedRun, PromptSource, RunOptions, RunRequest } from '@touchstone/engine'
import { createProgress } from './output/progress.ts'
import { writeModel } from './output/run-words.ts'
import { countUnfinished } from './output/unfinished.ts'
import type { Session } from './session.ts'

/** Every prompt with every model on one suite; no model means the prompt's own. */
export type GridRequest = Omit<RunRequest, 'prompt' | 'model'> & {
  prompts: PromptSource[]
  models: (string | undefined)[]
  /** A run, perhaps by the beginning of its id, whose wrong cases are to be run. */
  failingOf?: string | undefined
}

/** Runs a grid, one run after another; an interruption ends it after the run it came in. */
export async function runGrid(session: Session, bench: Bench, request: GridRequest): Promise<RunSummary[]> {
  const { runSuite } = await import('@touchstone/engine')
  const { prompts, models, failingOf, selection, ...common } = request
  if (prompts.length * models.length > 1) await refuseAbsent(bench, { prompts, models })
  const earlier = failingOf === undefined ? {} : { failingOf: await findRunId(bench, failingOf) }
  const signal = session.interruption()
  const runs: RunSummary[] = []
  for (const prompt of prompts) {
    for (const model of models) {
      if (signal.aborted) break
      const planned = { ...common, prompt, model, selection: { ...selection, ...earlier } }
      runs.push(await watchRun(session, (options) => runSuite(bench, planned, options)))
    }
  }
  const left = prompts.length * models.length - runs.length
  if (left > 0) session.note(`${left} ${left === 1 ? 'run' : 'runs'} of the grid not begun.`)
  return runs
}

/** Throws what is wrong with any prompt or model of a grid before its first run is made. */
async function refuseAbsent(
  bench: Bench,
  { prompts, models }: Pick<GridRequest, 'prompts' | 'models'>,
): Promise<void> {
  const { asActor } = await import('@touchstone/db')
  const { findPrompt, openModel } = await import('@touchstone/engine')
  for (const source of prompts) {
    const { document } = await asActor(bench.db, bench.credential, (tx) => findPrompt(bench, { tx, source }))
    for (const model of models) await openModel(model ?? document.model, bench.models)
  }
}

/** Goes on with one run. */
export async function resumeOne(
  session: Session,
  bench: Bench,
  request: { run: string; retryErrors: boolean; concurrency: number | undefined },
): Promise<RunSummary[]> {
  const { resumeRun } = await import('@touchstone/engine')
  return [await watchRun(session, (options) => resumeRun(bench, request, options))]
}

/** Watches one run: shows how far it is, and when it breaks off, says how it is gone on with. */
export async function watchRun(
  session: Session,
  run: (options: RunOptions) => Promise<RunSummary>,
): Promise<RunSummary> {
  const progress = createProgress(process.stderr)
  const begun: { run?: string } = {}
  const unfinished = countUnfinished()
  try {
    const summary = await run({
      signal: session.interruption(),
      onPlanned: (planned, samples) => {
        begun.run = planned.id
        progress.begin(samples, describePlan(planned, samples))
      },
      onSample: (end) => {
        progress.step()
        if (end.state === 'unfinished') unfinished.add(end.failure)
      },
    })
    if (begun.run !== undefined) progress.end()
    for (const line of unfinished.lines()) session.note(line)
    return summary
  } catch (error) {
    if (begun.run !== undefined) {
      progress.end()
      session.note(resumeWords(begun.run))
    }
    throw error
  }
}

/** How a stopped run is gone on with. */
export function resumeWords(run: string, options = ''): string {
  return `What is done is kept; go on with: touchstone run --resume ${run}${options}`
}

function describePlan({ id, suite, prompt, model }: PlannedRun, samples: number): string {
  const version = prompt.version === null ? ' (working copy)' : `@${prompt.version}`
  return `run ${id}: ${samples} samples of ${suite.suite}, ${prompt.prompt}${version}, ${writeModel(model)}`
}

async function findRunId(bench: Bench, text: string): Promise<string> {
  const { asActor, findRun } = await import('@touchstone/db')
  return (await asActor(bench.db, bench.credential, (tx) => findRun(tx, text))).id
}
