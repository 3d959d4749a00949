import { EXIT, type ExitCode, lastPart, type RunSummary } from '@touchstone/core'
import {
  asActor,
  countSamples,
  currentModuleVersion,
  FIRST_SAMPLE,
  findRun,
  type GradedSample,
  type KeptRun,
  type KeptSummary,
  keepSummary,
  moduleVersionById,
  newestGrading,
  promptVersionById,
  readGradedSamples,
  readRunUsage,
  readSummary,
  suiteVersionById,
  type Transaction,
} from '@touchstone/db'
import { createSummary, type SummaryInProgress } from '@touchstone/pipeline'
import type { Bench } from './bench.ts'
import { type PlannedRun, promptLabel } from './plan-run.ts'
import { inRunWork } from './walk-run.ts'

const PAGE_SIZE = 500

/** A transaction to read a grading's rows in: a run's own, or an ordinary one of the actor. */
export type Within = <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>

/** Counts a run's newest grading from its rows, page by page, and keeps the summary. */
export async function summarizeGrading(
  run: Pick<PlannedRun, 'id' | 'gradingId' | 'suite' | 'moduleVersion'>,
  within: Within,
): Promise<KeptSummary> {
  const { signals } = run.moduleVersion.document
  const summary = createSummary({ signals })
  let after = FIRST_SAMPLE
  for (;;) {
    const page = { gradingId: run.gradingId, after, limit: PAGE_SIZE }
    const samples = await within((tx) => readGradedSamples(tx, page))
    for (const sample of samples) addSample(summary, sample)
    const last = samples.at(-1)
    if (!last) break
    after = { shard: last.shard, id: last.sampleId }
  }
  return within(async (tx) => {
    const kept = { ...summary.finish(), ...(await usageOf(tx, run.id)) }
    await keepSummary(tx, {
      gradingId: run.gradingId,
      facility: run.suite.facility,
      moduleId: run.suite.moduleId,
      summary: kept,
    })
    return kept
  })
}

/** Counts a run that is being worked for, holdout cases included. */
export async function summarizeRunningRun(bench: Bench, run: PlannedRun): Promise<KeptSummary> {
  return summarizeGrading(run, (work) => inRunWork(bench, { run, isOpening: false }, work))
}

function addSample(summary: SummaryInProgress, sample: GradedSample): void {
  const { goldCase, cluster, repeat, grades } = sample
  const own = { goldCase, cluster, repeat }
  summary.addOutcome({ ...sample, ...own })
  for (const { signal, evidence, ...grade } of grades) {
    summary.add({ ...own, ...grade, code: lastPart(signal), evidenceCounts: evidence })
  }
}

async function usageOf(
  tx: Transaction,
  runId: string,
): Promise<Pick<KeptSummary, 'usage' | 'cost' | 'latencyMs' | 'modelReturned'>> {
  const usage = await readRunUsage(tx, runId)
  const { completed } = await countSamples(tx, runId)
  const { promptTokens, completionTokens, cachedTokens, spentUsd, listUsd, isPriced, p50, p95 } = usage
  return {
    modelReturned: usage.modelReturned,
    usage: { promptTokens, completionTokens, cachedTokens },
    cost: {
      spentUsd,
      listUsd,
      priced: isPriced,
      perCaseUsd: isPriced && listUsd !== null && completed > 0 ? listUsd / completed : null,
    },
    latencyMs: { p50, p95 },
  }
}

/** All that is to be said of a run: `show RUN --json`, and what `run` ends with. */
export async function describeRun(bench: Bench, id: string): Promise<RunSummary> {
  return asActor(bench.db, bench.credential, async (tx) => {
    const run = await findRun(tx, id)
    const grading = await newestGrading(tx, run.id)
    const kept = grading === null ? null : await readSummary(tx, grading.id)
    const asked = await suiteVersionById(tx, grading?.suiteVersionId ?? run.suiteVersionId)
    const prompt = await promptVersionById(tx, run.promptVersionId)
    const moduleVersion = await moduleVersionById(tx, run.moduleVersionId)
    const samples = await countSamples(tx, run.id)
    const empty = createSummary({ signals: moduleVersion.document.signals }).finish()
    return {
      run: run.id,
      grading: grading?.id ?? null,
      suite: asked.suite,
      suiteVersion: asked.contentHash,
      goldVersion: asked.number,
      module: asked.moduleId,
      prompt: promptLabel(prompt),
      model: run.model,
      modelReturned: kept?.modelReturned ?? [],
      repeats: run.repeats,
      split: run.split,
      status: run.status,
      exit: exitOf(run),
      stale: await staleness(tx, { run, moduleId: asked.moduleId }),
      samples,
      signals: kept?.signals ?? empty.signals,
      overall: kept?.overall ?? empty.overall,
      usage: kept?.usage ?? { promptTokens: 0, completionTokens: 0, cachedTokens: 0 },
      cost: kept?.cost ?? { spentUsd: null, listUsd: null, priced: false, perCaseUsd: null },
      latencyMs: kept?.latencyMs ?? { p50: null, p95: null },
    }
  })
}

/** 0 when every planned sample has an outcome, 101 while any has not. */
function exitOf(run: KeptRun): ExitCode {
  return run.status === 'COMPLETED' ? EXIT.done : EXIT.incomplete
}

/** What has changed in the module since the run was planned, in words; null while it is the same. */
async function staleness(
  tx: Transaction,
  { run, moduleId }: { run: KeptRun; moduleId: string },
): Promise<string | null> {
  const current = await currentModuleVersion(tx, moduleId)
  if (current.id === run.moduleVersionId) return null
  const then = await moduleVersionById(tx, run.moduleVersionId)
  return describeModuleChange(then.document, current.document)
}

type ModuleDocument = PlannedRun['moduleVersion']['document']

/** Names what differs between two versions of a module: which of its own texts, which signals and which of their fields. */
export function describeModuleChange(before: ModuleDocument, after: ModuleDocument): string {
  const own = changedFields({ ...before, signals: null }, { ...after, signals: null })
  const old = new Map(before.signals.map((signal) => [signal.code, signal]))
  const now = new Map(after.signals.map((signal) => [signal.code, signal]))
  const signals = [...new Set([...old.keys(), ...now.keys()])].flatMap((code) => {
    const [then, current] = [old.get(code), now.get(code)]
    if (!then) return [`${code} (new)`]
    if (!current) return [`${code} (gone)`]
    const fields = changedFields(then, current)
    return fields.length === 0 ? [] : [`${code} (${fields.join(', ')})`]
  })
  return [...own, ...signals].join('; ')
}

function changedFields(before: object, after: object): string[] {
  const old = new Map(Object.entries(before))
  return Object.entries(after)
    .filter(([name, value]) => JSON.stringify(old.get(name)) !== JSON.stringify(value))
    .map(([name]) => name)
}
