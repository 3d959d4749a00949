import { type RunStatus, type RunSummary, TouchstoneError } from '@touchstone/core'
import {
  asActor,
  countFailures,
  countSamples,
  findRun,
  keepGrading,
  moduleVersionById,
  moveRun,
  promptVersionById,
  suiteVersionById,
} from '@touchstone/db'
import type { Bench } from './bench.ts'
import type { Model } from './model/model.ts'
import { openModel } from './model/open-model.ts'
import { withPatience } from './patience.ts'
import { CONCURRENCY, gradingOf, type PlannedRun, planSuiteRun, type RunRequest } from './plan-run.ts'
import type { RetryPolicy } from './retry.ts'
import { describeRun, summarizeRunningRun } from './summarize-run.ts'
import { type Walk, walkRun } from './walk-run.ts'

/** What a caller may want to hear of a run, and how it may end it. */
export type RunOptions = {
  signal: AbortSignal
  policy?: RetryPolicy
  onPlanned?: (run: PlannedRun, samples: number) => void
  onSample?: Walk['onSample']
}

/** Runs a suite: plan, walk, finish. Returns the summary that its rows give; an interrupted run is STOPPED and can be resumed. */
export async function runSuite(bench: Bench, request: RunRequest, options: RunOptions): Promise<RunSummary> {
  // The model is opened first: a wrong key or file must not leave a run behind.
  const modelText = request.model
  const early = modelText === undefined ? null : await openModel(modelText, bench.models)
  const run = await planSuiteRun(bench, request)
  const model = early ?? (await openModelOf(bench, run))
  return carryOut(bench, { run, model, states: ['pending'] }, options)
}

/** Goes on with a run that was stopped or killed: its pending samples, and with `retryErrors` also those left unfinished. */
export async function resumeRun(
  bench: Bench,
  request: { run: string; retryErrors: boolean; concurrency?: number | undefined },
  options: RunOptions,
): Promise<RunSummary> {
  const run = await reopen(bench, request)
  if (run === null) return describeRun(bench, request.run)
  const model = await openModelOf(bench, run)
  return carryOut(
    bench,
    { run, model, states: request.retryErrors ? ['pending', 'unfinished'] : ['pending'] },
    options,
  )
}

async function openModelOf(bench: Bench, run: PlannedRun): Promise<Model> {
  try {
    return await openModel(run.model, bench.models)
  } catch (error) {
    await endRun(bench, { run, status: 'STOPPED', stopReason: 'the model could not be opened' })
    throw error
  }
}

/** A run as it was planned, to be gone on with; null when it is COMPLETED and nothing is left to do. */
async function reopen(
  bench: Bench,
  request: { run: string; concurrency?: number | undefined },
): Promise<PlannedRun | null> {
  return asActor(bench.db, bench.credential, async (tx) => {
    const run = await findRun(tx, request.run)
    if (run.status === 'COMPLETED') return null
    if (run.status === 'FAILED' || run.status === 'CANCELLED') {
      throw new TouchstoneError(
        'conflict',
        `Run ${run.id} is ${run.status} and cannot be resumed; start a new one.`,
      )
    }
    // What is still to be asked is graded as the rest was: by the run's own gold and the same judgement.
    const grading = await keepGrading(tx, gradingOf(run))
    if (grading.isNew) {
      throw new TouchstoneError(
        'conflict',
        `Run ${run.id} was begun under an earlier way of judging answers, so it cannot be gone on with; start a new one.`,
      )
    }
    return {
      id: run.id,
      gradingId: grading.id,
      suite: await suiteVersionById(tx, run.suiteVersionId),
      prompt: await promptVersionById(tx, run.promptVersionId),
      moduleVersion: await moduleVersionById(tx, run.moduleVersionId),
      model: run.model,
      params: run.params,
      concurrency: request.concurrency ?? run.concurrency ?? CONCURRENCY,
    }
  })
}

type Undertaking = { run: PlannedRun; model: Model; states: Walk['states'] }

async function carryOut(
  bench: Bench,
  { run, model, states }: Undertaking,
  options: RunOptions,
): Promise<RunSummary> {
  const { signal, policy, onSample } = options
  const counts = await asActor(bench.db, bench.credential, (tx) => countSamples(tx, run.id))
  options.onPlanned?.(
    run,
    states.includes('unfinished') ? counts.pending + counts.unfinished : counts.pending,
  )
  try {
    await walkRun(bench, run, { model, signal, states, policy, onSample })
  } catch (error) {
    const isInterrupted = error instanceof TouchstoneError && error.code === 'interrupted'
    if (!isInterrupted) {
      await endRun(bench, { run, status: 'STOPPED', stopReason: stopReasonOf(error) }).catch(() => {
        // The error that stopped the run is the one to tell; a database that is gone too cannot be told.
      })
      throw error
    }
  }
  await withPatience(() => summarizeRunningRun(bench, run), signal)
  await withPatience(() => finish(bench, run, signal), signal)
  return withPatience(() => describeRun(bench, run.id), signal)
}

async function finish(bench: Bench, run: PlannedRun, signal: AbortSignal): Promise<void> {
  const { counts, failures } = await asActor(bench.db, bench.credential, async (tx) => ({
    counts: await countSamples(tx, run.id),
    failures: await countFailures(tx, run.id),
  }))
  if (counts.pending === 0 && counts.unfinished === 0) {
    return endRun(bench, { run, status: 'COMPLETED', stopReason: null })
  }
  const kinds = failures.map(({ kind, samples }) => `${samples} ${kind}`).join(', ')
  const stopReason = signal.aborted ? 'interrupted' : kinds === '' ? 'samples left' : kinds
  return endRun(bench, { run, status: 'STOPPED', stopReason })
}

async function endRun(
  bench: Bench,
  end: { run: PlannedRun; status: RunStatus; stopReason: string | null },
): Promise<void> {
  const { run, status, stopReason } = end
  await asActor(bench.db, bench.credential, (tx) => moveRun(tx, { id: run.id, status, stopReason }))
}

function stopReasonOf(error: unknown): string {
  return error instanceof TouchstoneError ? error.code : 'an unexpected error'
}
