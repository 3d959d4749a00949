import {
  clusterOf,
  type GoldCase,
  PromptId,
  parsePromptVersionReference,
  type RunSummary,
  type ShowPromptOutput,
  type ShowSuiteOutput,
  TouchstoneError,
} from '@touchstone/core'
import type { ActorTransaction, KeptPromptVersion } from '@touchstone/db'
import type { Bench } from '@touchstone/engine'

/** What an id turned out to name. */
export type Shown =
  | { kind: 'run'; run: RunSummary }
  | { kind: 'prompt'; prompt: ShowPromptOutput }
  | { kind: 'suite'; suite: ShowSuiteOutput }

const PAGE_SIZE = 200

/** Finds what an id names: a run, a prompt version, a suite, or a prompt by its version in force; throws `not_found`. */
export async function findShown(bench: Bench, id: string): Promise<Shown> {
  if (/^[0-9a-f]{8}[0-9a-f-]{0,28}$/.test(id)) {
    const { describeRun } = await import('@touchstone/engine')
    return { kind: 'run', run: await describeRun(bench, id) }
  }
  const { asActor } = await import('@touchstone/db')
  return asActor(bench.db, bench.credential, (tx) => findByPath(tx, id))
}

async function findByPath(tx: ActorTransaction, id: string): Promise<Shown> {
  const { findPromptVersion, listSuites, versionsInForce } = await import('@touchstone/db')
  if (id.includes('@')) {
    return { kind: 'prompt', prompt: promptOf(await findPromptVersion(tx, parsePromptVersionReference(id))) }
  }
  const isSuite = (await listSuites(tx)).some(({ suite }) => suite === id)
  if (isSuite) return { kind: 'suite', suite: await readSuite(tx, id) }
  const [version] = PromptId.safeParse(id).success ? await versionsInForce(tx, [id]) : []
  if (version) return { kind: 'prompt', prompt: promptOf(version) }
  throw new TouchstoneError(
    'not_found',
    `There is no run, prompt or suite ${id}; "touchstone runs", "prompts" and "suites" list those there are.`,
  )
}

function promptOf(kept: KeptPromptVersion): ShowPromptOutput {
  const { prompt, version, status, contentHash, createdAt, text, document } = kept
  const { name, model, params, context, output, note = null } = document
  const about = { prompt, version, status, name, model, params, context, output, note }
  return { ...about, contentHash, createdAt: createdAt.toISOString(), text }
}

async function readSuite(tx: ActorTransaction, id: string): Promise<ShowSuiteOutput> {
  const { currentSuiteVersion, listSuites, readGoldCases } = await import('@touchstone/db')
  const version = await currentSuiteVersion(tx, id)
  const total = (await listSuites(tx)).find(({ suite }) => suite === id)?.cases ?? 0
  const cases = new Map<string, ShowSuiteOutput['cases'][number]>()
  // A page may reach into the next one where holdout cases between them are hidden from the actor.
  for (let after = 0; after < total; after += PAGE_SIZE) {
    const page = await readGoldCases(tx, { suiteVersionId: version.id, after, limit: PAGE_SIZE })
    for (const { goldCase } of page) cases.set(goldCase.case, caseLine(goldCase))
  }
  const { document } = version
  return {
    suite: version.suite,
    name: document.name,
    description: document.description ?? null,
    module: version.moduleId,
    goldVersion: version.number,
    suiteVersion: version.contentHash,
    state: version.state,
    cases: [...cases.values()],
  }
}

function caseLine(goldCase: GoldCase): ShowSuiteOutput['cases'][number] {
  const { title = null, why = null, tags = [], split = 'tune', origin = 'IMPORTED', gold } = goldCase
  const statuses = Object.fromEntries(Object.entries(gold).map(([code, label]) => [code, label.status]))
  const cluster = clusterOf(goldCase)
  return { case: goldCase.case, title, why, tags, split, cluster, origin, gold: statuses }
}
