import { createHash } from 'node:crypto'
import {
  contentHash,
  formatPromptVersionReference,
  type ModelParams,
  promptParts,
  TouchstoneError,
} from '@touchstone/core'
import {
  type ActorTransaction,
  asActor,
  currentModuleVersion,
  currentSuiteVersion,
  type KeptModuleVersion,
  type KeptPromptVersion,
  type KeptRun,
  type KeptSuiteVersion,
  keepGrading,
  type NewGrading,
  planRun,
  type RunSelection,
} from '@touchstone/db'
import { gradingVersion, pipelineVersion } from '@touchstone/pipeline'
import type { Bench } from './bench.ts'
import { findPrompt, type PromptSource } from './find-prompt.ts'

/** A run that is asked for: a suite × a prompt version × a model, and how it is to be walked. */
export type RunRequest = {
  suite: string
  prompt: PromptSource
  /** Instead of the prompt's own model. */
  model?: string | undefined
  /** Merged over the prompt's own parameters. */
  modelParams?: ModelParams | undefined
  repeats?: number | undefined
  concurrency?: number | undefined
  split?: 'tune' | 'holdout' | undefined
  selection?: RunSelection | undefined
  budgetUsd?: number | undefined
  usesCache?: boolean | undefined
}

/** A run planned and ready to be walked: its row, and the versions it stands on. */
export type PlannedRun = {
  id: string
  gradingId: string
  suite: KeptSuiteVersion
  prompt: KeptPromptVersion
  moduleVersion: KeptModuleVersion
  model: string
  params: ModelParams
  concurrency: number
}

/** How many cases are walked at once when nobody says. */
export const CONCURRENCY = 8

/**
 * Plans a run in one transaction: all samples, their grading, and a DRAFT prompt version's step to
 * TESTING. Throws `not_found` for what does not exist and `usage` for what does not fit together.
 */
export async function planSuiteRun(bench: Bench, request: RunRequest): Promise<PlannedRun> {
  return asActor(bench.db, bench.credential, async (tx) => {
    const suite = await currentSuiteVersion(tx, request.suite)
    const moduleVersion = await currentModuleVersion(tx, suite.moduleId)
    const prompt = await findPrompt(bench, { tx, source: request.prompt })
    refuseStranger({ prompt: prompt.prompt, moduleId: suite.moduleId, suite: suite.suite })
    const model = request.model ?? prompt.document.model
    const params = { ...prompt.document.params, ...request.modelParams }
    const planned = {
      suite,
      prompt,
      moduleVersion,
      model,
      params,
      concurrency: request.concurrency ?? CONCURRENCY,
    }
    const id = await keepRun(tx, { planned, request })
    const versions = { suiteVersionId: suite.id, moduleVersionId: moduleVersion.id }
    const { id: gradingId } = await keepGrading(tx, gradingOf({ id, facility: suite.facility, ...versions }))
    return { id, gradingId, ...planned }
  })
}

/** The grading of a run by one version of the gold and the judgement of today. */
export function gradingOf(
  run: Pick<KeptRun, 'id' | 'facility' | 'suiteVersionId' | 'moduleVersionId'>,
): NewGrading {
  const { id: runId, facility, suiteVersionId, moduleVersionId } = run
  return { runId, facility, suiteVersionId, moduleVersionId, pipelineVersion, gradingVersion }
}

async function keepRun(
  tx: ActorTransaction,
  { planned, request }: { planned: Omit<PlannedRun, 'id' | 'gradingId'>; request: RunRequest },
): Promise<string> {
  const { suite, prompt, moduleVersion, model, params, concurrency } = planned
  const repeats = request.repeats ?? 1
  const split = request.split ?? null
  const inputs = {
    prompt: prompt.contentHash,
    module: moduleVersion.contentHash,
    context: prompt.document.context,
    pipeline: pipelineVersion,
    model,
    params,
    repeats,
    split,
  }
  return planRun(tx, {
    facility: suite.facility,
    suiteVersionId: suite.id,
    moduleVersionId: moduleVersion.id,
    promptVersionId: prompt.id,
    model,
    params,
    repeats,
    split,
    selection: request.selection ?? {},
    digestPrefix: contentHash(inputs),
    concurrency,
    usesCache: request.usesCache ?? true,
    budgetUsd: request.budgetUsd ?? null,
  })
}

/** A prompt answers the signals of its own module; a default prompt may be tried on any module of its specialty. */
export function refuseStranger(fit: { prompt: string; moduleId: string; suite: string }): void {
  const { specialty, module } = promptParts(fit.prompt)
  const owner = `${specialty}/${module}`
  const isOfSpecialty =
    module === 'default' && (specialty === 'global' || fit.moduleId.startsWith(`${specialty}/`))
  if (owner === fit.moduleId || isOfSpecialty) return
  throw new TouchstoneError(
    'usage',
    `${fit.prompt} is a prompt of ${owner}, but suite ${fit.suite} asks about ${fit.moduleId}; choose a prompt of that module.`,
  )
}

/**
 * The pseudonym by which a prompt may call a case: the same for the same case always, and nothing that
 * people know the case by.
 */
export function caseNumber({ suite, name }: { suite: string; name: string }): string {
  return `C-${createHash('sha256').update(`${suite}/${name}`).digest('hex').slice(0, 10)}`
}

/** How a run's prompt is written: `…@2`, or `…#1a2b3c4d` for a working copy kept by hash. */
export function promptLabel(prompt: Pick<KeptPromptVersion, 'prompt' | 'version' | 'contentHash'>): string {
  const { version, contentHash: hash } = prompt
  if (version === null) return `${prompt.prompt}#${hash.slice(0, 8)}`
  return formatPromptVersionReference({ prompt: prompt.prompt, version })
}
