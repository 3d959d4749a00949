import type { JsonValue, ModelParams } from '@touchstone/core'
import {
  asActor,
  beginRunWork,
  FIRST_SAMPLE,
  moveRun,
  type OpenSample,
  priceOf,
  type RecordPlace,
  readOpenSamples,
  recordSamples,
  type SampleMark,
  type SampleRecord,
} from '@touchstone/db'
import { pipelineVersion } from '@touchstone/pipeline'
import type { Bench } from './bench.ts'
import { createBreaker } from './breaker.ts'
import { mapBounded } from './concurrency.ts'
import type { Model } from './model/model.ts'
import { withPatience } from './patience.ts'
import { caseNumber, type PlannedRun, promptLabel } from './plan-run.ts'
import { costOf, type Pricing } from './pricing.ts'
import { createRecorder } from './recorder.ts'
import { requestHash } from './request-hash.ts'
import type { RetryPolicy } from './retry.ts'
import { type Route, runCase, type WalkedCase } from './run-case.ts'

/** How a planned run is walked. */
export type Walk = {
  model: Model
  signal: AbortSignal
  /** Which samples are walked: pending ones, and those left unfinished where they are to be tried again. */
  states: readonly ('pending' | 'unfinished')[]
  policy?: RetryPolicy | undefined
  /** Called for each walked sample, whatever came of it. */
  onSample?: ((end: WalkedCase) => void) | undefined
}

const PAGE_SIZE = 64

/**
 * Walks a run's samples down the route, some at once, and records them as they end. Samples whose call
 * was cancelled are not recorded: they stay as they were and are walked when the run is resumed.
 */
export async function walkRun(bench: Bench, run: PlannedRun, walk: Walk): Promise<void> {
  await inRunWork(bench, { run, isOpening: true }, async () => undefined)
  const pricing = await pricingOf(bench, { model: walk.model, modelText: run.model })
  const place = recordPlace(run, walk.model)
  const recorder = createRecorder((batch) =>
    inRunWork(bench, { run, isOpening: false }, (tx) => recordSamples(tx, place, batch)),
  )
  const route = routeOf(run, walk)
  const breaker = createBreaker()
  const signal = AbortSignal.any([walk.signal, breaker.signal])
  const bounds = { concurrency: run.concurrency, signal }
  const walked = mapBounded(
    openSamples(bench, run, { states: walk.states, signal }),
    bounds,
    async (sample) => {
      const startedAt = new Date()
      const routeCase = { ...sample, number: caseNumber({ suite: run.suite.suite, name: sample.name }) }
      return { sample, startedAt, end: await runCase(route, routeCase, signal) }
    },
  )
  try {
    for await (const { sample, startedAt, end } of walked) {
      if (end.state === 'unfinished' && end.failure.kind === 'cancelled') continue
      await recorder.add(toRecord({ sample, startedAt, end, pricing, fromCache: false }))
      walk.onSample?.(end)
      breaker.hear(end)
    }
  } catch (error) {
    throw breaker.fault(walk.model.name) ?? error
  } finally {
    await recorder.finish()
  }
}

/** One short transaction in a run's own name, in which its holdout cases are open. */
export async function inRunWork<T>(
  bench: Bench,
  { run, isOpening }: { run: Pick<PlannedRun, 'id'>; isOpening: boolean },
  work: (tx: Parameters<Parameters<typeof asActor<T>>[2]>[0]) => Promise<T>,
): Promise<T> {
  return asActor(bench.db, bench.credential, async (tx) => {
    if (isOpening) await moveRun(tx, { id: run.id, status: 'RUNNING' })
    await beginRunWork(tx, run.id)
    return work(tx)
  })
}

/** A run's open samples, page by page; the next page is read while the one before it is walked. */
async function* openSamples(
  bench: Bench,
  run: PlannedRun,
  { states, signal }: Pick<Walk, 'states' | 'signal'>,
): AsyncGenerator<OpenSample, void, undefined> {
  const read = (after: SampleMark): ReturnType<typeof readOpenSamples> => {
    const page = { runId: run.id, after, limit: PAGE_SIZE, states }
    const reading = withPatience(
      () => inRunWork(bench, { run, isOpening: false }, (tx) => readOpenSamples(tx, page)),
      signal,
    )
    // It fails where it is awaited; a walk that ends before that must not fail twice.
    reading.catch(() => undefined)
    return reading
  }
  let next = read(FIRST_SAMPLE)
  for (;;) {
    const { samples, mark } = await next
    if (mark === null) return
    next = read(mark)
    yield* samples
  }
}

function routeOf(run: PlannedRun, walk: Walk): Route {
  return {
    facility: run.suite.facility,
    prompt: promptLabel(run.prompt),
    document: run.prompt.document,
    moduleVersion: run.moduleVersion.document,
    asked: { model: modelWord(run.model), params: run.params },
    model: walk.model,
    ...(walk.policy ? { policy: walk.policy } : {}),
  }
}

function recordPlace(run: PlannedRun, model: Model): RecordPlace {
  return {
    facility: run.suite.facility,
    moduleId: run.suite.moduleId,
    moduleVersionId: run.moduleVersion.id,
    promptVersionId: run.prompt.id,
    gradingId: run.gradingId,
    pipelineVersion,
    provider: model.provider,
    model: modelWord(run.model),
    params: run.params satisfies ModelParams,
  }
}

/** The provider's own name of a model: what stands behind `openai:`. */
export function modelWord(model: string): string {
  return model.startsWith('openai:') ? model.slice('openai:'.length) : model
}

/** What calls of a model cost, by the price in force now. */
export async function pricingOf(bench: Bench, asked: { model: Model; modelText: string }): Promise<Pricing> {
  if (asked.model.provider !== 'openai') return { kind: 'free' }
  const wanted = { provider: 'openai', model: modelWord(asked.modelText) }
  const price = await asActor(bench.db, bench.credential, (tx) => priceOf(tx, wanted))
  return price === null ? { kind: 'unknown' } : { kind: 'priced', price }
}

/** A walked sample as it is recorded. */
export function toRecord(walked: {
  sample: OpenSample
  startedAt: Date
  end: WalkedCase
  pricing: Pricing
  fromCache: boolean
}): SampleRecord {
  const { sample, startedAt, end, pricing, fromCache } = walked
  const { messages, answerFormat } = end.call
  const answerSchema: JsonValue =
    answerFormat.format === 'json_schema' ? answerFormat.schema : { format: answerFormat.format }
  const listUsd = end.state === 'completed' ? costOf(pricing, end.completion.usage) : null
  const common = {
    sampleId: sample.id,
    caseId: sample.caseId,
    casePayloadId: sample.casePayloadId,
    isHoldout: sample.isHoldout,
    payloadHash: sample.payloadHash,
    requestHash: requestHash(end.call),
    messages,
    answerSchema,
    startedAt,
    attempts: end.attempts.map((attempt) => attemptRecord(attempt, pricing)),
    price: {
      id: pricing.kind === 'priced' ? pricing.price.id : null,
      spentUsd: fromCache ? 0 : listUsd,
      listUsd,
    },
    fromCache,
  }
  if (end.state === 'unfinished') {
    const { kind, message } = end.failure
    return { ...common, state: 'unfinished', failure: { kind, note: message } }
  }
  const { completion, sample: answered, checked, grade } = end
  return { ...common, state: 'completed', completion, sample: answered, rules: checked.rules, grade }
}

function attemptRecord(
  attempt: WalkedCase['attempts'][number],
  pricing: Pricing,
): SampleRecord['attempts'][number] {
  const { number, outcome, latencyMs, delayMs } = attempt
  if (outcome.ok) {
    const { usage } = outcome.completion
    return { number, failure: null, delayMs, durationMs: latencyMs, usage, spentUsd: costOf(pricing, usage) }
  }
  const { kind, message, httpStatus } = outcome.failure
  return {
    number,
    failure: { kind, note: message, httpStatus },
    delayMs,
    durationMs: latencyMs,
    usage: null,
    spentUsd: null,
  }
}
