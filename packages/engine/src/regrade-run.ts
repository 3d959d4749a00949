import { type RunSummary, TouchstoneError } from '@touchstone/core'
import {
  asActor,
  casesNotAsked,
  countSamples,
  currentSuiteVersion,
  FIRST_SAMPLE,
  findRun,
  keepGrading,
  moduleVersionById,
  promptVersionById,
  readAnsweredSamples,
  recordGrades,
  suiteVersionById,
} from '@touchstone/db'
import { cutToContext } from '@touchstone/pipeline'
import type { Bench } from './bench.ts'
import { caseNumber, gradingOf } from './plan-run.ts'
import { judgeCompletion } from './run-case.ts'
import { describeRun, summarizeGrading } from './summarize-run.ts'

const PAGE_SIZE = 200

/**
 * Holds a run against the newest gold of its suite: a new grading beside the old one, from what the model
 * wrote then; no model is asked. Throws `not_comparable` naming the cases to run where the newest gold has
 * other cases or charts, and `forbidden` where the actor does not see all of the run's samples.
 */
export async function regradeRun(bench: Bench, id: string): Promise<RunSummary> {
  const target = await findTarget(bench, id)
  const { run, suite, moduleVersion, prompt, gradingId } = target
  let after = FIRST_SAMPLE
  let graded = 0
  for (;;) {
    const page = { runId: run.id, suiteVersionId: suite.id, after, limit: PAGE_SIZE }
    const { samples, mark } = await asActor(bench.db, bench.credential, (tx) => readAnsweredSamples(tx, page))
    if (mark === null) break
    const batch = samples.map((sample) => {
      const { text, refusal, name, payload } = sample
      const shown = cutToContext(payload, prompt.document.context)
      const finishReason = finishWord(sample.finishReason)
      const routeCase = { ...sample, number: caseNumber({ suite: suite.suite, name }) }
      const judged = judgeCompletion(
        { moduleVersion: moduleVersion.document },
        { routeCase, rendered: { shown }, completion: { text, finishReason, refusal } },
      )
      return { sampleId: sample.id, isHoldout: sample.isHoldout, grade: judged.grade }
    })
    const place = { gradingId, facility: run.facility, moduleId: suite.moduleId }
    await asActor(bench.db, bench.credential, (tx) => recordGrades(tx, place, batch))
    graded += batch.length
    after = mark
  }
  if (graded < target.completed) {
    throw new TouchstoneError(
      'forbidden',
      `${target.completed - graded} of the run's samples are holdout cases that you may not read; ask a quality lead to regrade it.`,
    )
  }
  await summarizeGrading({ id: run.id, gradingId, suite, moduleVersion }, (work) =>
    asActor(bench.db, bench.credential, work),
  )
  return describeRun(bench, run.id)
}

async function findTarget(bench: Bench, id: string) {
  return asActor(bench.db, bench.credential, async (tx) => {
    const run = await findRun(tx, id)
    if (run.status !== 'COMPLETED') {
      throw new TouchstoneError(
        'conflict',
        `Run ${run.id} is ${run.status}; finish it with "touchstone run --resume" before it is graded anew.`,
      )
    }
    const asked = await suiteVersionById(tx, run.suiteVersionId)
    const suite = await currentSuiteVersion(tx, asked.suite)
    if (suite.casesHash !== asked.casesHash) {
      const cases = await casesNotAsked(tx, { runId: run.id, suiteVersionId: suite.id })
      throw new TouchstoneError(
        'not_comparable',
        `The newest gold of ${suite.suite} has other cases or charts than the run was asked about: run ${listOf(cases)} again.`,
      )
    }
    const { id: gradingId } = await keepGrading(tx, gradingOf({ ...run, suiteVersionId: suite.id }))
    const { completed } = await countSamples(tx, run.id)
    const moduleVersion = await moduleVersionById(tx, run.moduleVersionId)
    const prompt = await promptVersionById(tx, run.promptVersionId)
    return { run, suite, moduleVersion, prompt, gradingId, completed }
  })
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ')
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown
}

function finishWord(stored: string | null): 'stop' | 'length' | 'content_filter' | 'refusal' | 'other' {
  switch (stored) {
    case 'stop':
    case 'length':
    case 'content_filter':
    case 'refusal':
      return stored
    default:
      return 'other'
  }
}
