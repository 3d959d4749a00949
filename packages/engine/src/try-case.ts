import {
  type CallFailure,
  type Completion,
  type Grade,
  type JsonValue,
  lastPart,
  type Message,
  type ModelParams,
  TouchstoneError,
  type Unparsable,
  type VerifiedSignals,
} from '@touchstone/core'
import {
  type ActorTransaction,
  asActor,
  currentModuleVersion,
  currentSuiteVersion,
  findGoldCase,
  type KeptModuleVersion,
  type KeptPromptVersion,
  type KeptSuiteVersion,
  listSuites,
  type OpenSample,
  recordCall,
} from '@touchstone/db'
import { pipelineVersion } from '@touchstone/pipeline'
import type { Bench } from './bench.ts'
import { findPrompt, type PromptSource, routePrompt } from './find-prompt.ts'
import type { Model } from './model/model.ts'
import { openModel } from './model/open-model.ts'
import { caseNumber, promptLabel, refuseStranger } from './plan-run.ts'
import type { RetryPolicy } from './retry.ts'
import { runCase, type WalkedCase } from './run-case.ts'
import { modelWord, pricingOf, toRecord } from './walk-run.ts'

/** One case to be tried: a prompt (a version, a file, or an id to be looked up along its route), and the case's name. */
export type TryRequest = {
  prompt: PromptSource | { kind: 'route'; prompt: string; mayCrossType: boolean }
  caseName: string
  /** The suite the case stands in; by default the one of the prompt's module. */
  suite?: string | undefined
  model?: string | undefined
  modelParams?: ModelParams | undefined
  signal: AbortSignal
  policy?: RetryPolicy | undefined
}

/** Which prompt answered, and how it was found. */
export type TriedRoute = { prompt: string; step: string; isExact: boolean; crossesType: boolean }

/** One case tried: what was sent, what came back, and what the route made of it. */
export type TriedCase = {
  /** The abstraction run that keeps the call. */
  call: string
  suite: string
  case: string
  route: TriedRoute
  model: string
  params: ModelParams
  messages: Message[]
  /** The part of the chart that the messages hold. */
  shown: JsonValue
} & (
  | { state: 'unfinished'; failure: CallFailure }
  | {
      state: 'completed'
      completion: Completion
      /** null where the prompt asks for prose: there are no signals in it to be read. */
      answer: VerifiedSignals | Unparsable | null
      grade: Grade | null
    }
)

type Found = {
  suite: KeptSuiteVersion
  moduleVersion: KeptModuleVersion
  prompt: KeptPromptVersion
  route: TriedRoute
  sample: OpenSample
}

/**
 * Walks one gold case down the route and keeps nothing but the call: no sample, no grade. Throws `not_found`,
 * `usage`, what is wrong with the model, and `interrupted` when the signal fires.
 */
export async function tryCase(bench: Bench, request: TryRequest): Promise<TriedCase> {
  const found = await asActor(bench.db, bench.credential, (tx) => findAll(bench, { tx, request }))
  const { suite, moduleVersion, prompt, route, sample } = found
  const modelText = request.model ?? prompt.document.model
  const params = { ...prompt.document.params, ...request.modelParams }
  const model = await openModel(modelText, bench.models)
  const pricing = await pricingOf(bench, { model, modelText })
  const startedAt = new Date()
  const routeCase = { ...sample, number: caseNumber({ suite: suite.suite, name: sample.name }) }
  const end = await runCase(
    {
      facility: suite.facility,
      prompt: promptLabel(prompt),
      document: prompt.document,
      moduleVersion: moduleVersion.document,
      asked: { model: modelWord(modelText), params },
      model,
      ...(request.policy ? { policy: request.policy } : {}),
    },
    routeCase,
    request.signal,
  )
  if (end.state === 'unfinished' && end.failure.kind === 'cancelled') {
    throw new TouchstoneError('interrupted', 'The try was interrupted; nothing was kept of it.')
  }
  const record = toRecord({ sample, startedAt, end, pricing, fromCache: false })
  const place = callPlace(found, { model, modelText, params })
  const call = await asActor(bench.db, bench.credential, (tx) => recordCall(tx, place, record))
  const { messages } = end.call
  const { shown } = end.rendered
  const own = {
    call,
    suite: suite.suite,
    case: sample.name,
    route,
    model: modelText,
    params,
    messages,
    shown,
  }
  return { ...own, ...endOf(end) }
}

function endOf(
  end: WalkedCase,
):
  | { state: 'unfinished'; failure: CallFailure }
  | Pick<Extract<TriedCase, { state: 'completed' }>, 'state' | 'completion' | 'answer' | 'grade'> {
  if (end.state === 'unfinished') return { state: 'unfinished', failure: end.failure }
  const isProse = end.call.answerFormat.format === 'text'
  return {
    state: 'completed',
    completion: end.completion,
    answer: isProse ? null : end.sample,
    grade: isProse ? null : end.grade,
  }
}

function callPlace(
  { suite, moduleVersion, prompt }: Found,
  asked: { model: Model; modelText: string; params: ModelParams },
): Parameters<typeof recordCall>[1] {
  return {
    facility: suite.facility,
    moduleId: suite.moduleId,
    moduleVersionId: moduleVersion.id,
    promptVersionId: prompt.id,
    pipelineVersion,
    provider: asked.model.provider,
    model: modelWord(asked.modelText),
    params: asked.params,
  }
}

async function findAll(
  bench: Bench,
  { tx, request }: { tx: ActorTransaction; request: TryRequest },
): Promise<Found> {
  const { prompt, route } = await findRouted(bench, { tx, source: request.prompt })
  const asked = request.prompt.kind === 'route' ? request.prompt.prompt : prompt.prompt
  const suite = await currentSuiteVersion(tx, request.suite ?? (await suiteOf(tx, asked)))
  refuseStranger({ prompt: prompt.prompt, moduleId: suite.moduleId, suite: suite.suite })
  const found = await findGoldCase(tx, { suiteVersionId: suite.id, name: request.caseName })
  if (found === null) {
    throw new TouchstoneError(
      'not_found',
      `Suite ${suite.suite} has no case ${request.caseName} that you may see; holdout cases are for quality leads.`,
    )
  }
  // There is no sample; its id is overwritten when the call is kept.
  const sample = { ...found, id: found.caseId, repeat: 1 }
  return { suite, moduleVersion: await currentModuleVersion(tx, suite.moduleId), prompt, route, sample }
}

async function findRouted(
  bench: Bench,
  { tx, source }: { tx: ActorTransaction; source: TryRequest['prompt'] },
): Promise<{ prompt: KeptPromptVersion; route: TriedRoute }> {
  if (source.kind === 'route') {
    const { version, ...step } = await routePrompt(tx, source)
    return { prompt: version, route: { prompt: promptLabel(version), ...step } }
  }
  const prompt = await findPrompt(bench, { tx, source })
  const route = { prompt: promptLabel(prompt), step: prompt.prompt, isExact: true, crossesType: false }
  return { prompt, route }
}

/** The suite of a prompt's module: the one at the module's own path, else the only one there is. */
async function suiteOf(tx: ActorTransaction, prompt: string): Promise<string> {
  const moduleId = prompt.slice(0, -lastPart(prompt).length - 1)
  const suites = (await listSuites(tx)).filter((suite) => suite.module === moduleId).map(({ suite }) => suite)
  const [only, another] = suites
  if (suites.includes(moduleId)) return moduleId
  if (only !== undefined && another === undefined) return only
  throw new TouchstoneError(
    'usage',
    only === undefined
      ? `No suite asks about ${moduleId}; name one with --suite.`
      : `Several suites ask about ${moduleId}; name one of them with --suite: ${suites.join(', ')}.`,
  )
}
