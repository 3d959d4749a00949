import { basename, dirname, relative, resolve } from 'node:path'
import {
  PromptId,
  type PromptVersionReference,
  promptContentHash,
  promptRoute,
  TouchstoneError,
} from '@touchstone/core'
import {
  type ActorTransaction,
  findPromptVersion,
  findWorkingCopy,
  type KeptPromptVersion,
  keepPromptVersions,
  versionsInForce,
} from '@touchstone/db'
import { readPromptFile } from '@touchstone/formats'
import type { Bench } from './bench.ts'
import { readText } from './files.ts'
import { readPartials } from './read-partials.ts'
import { refuseTemplateFaults } from './template-faults.ts'

/** Where a prompt comes from: a numbered version, or a file that is a working copy. */
export type PromptSource =
  | { kind: 'version'; reference: PromptVersionReference }
  | { kind: 'file'; file: string }

/** The prompt version a source names; a working copy is kept by its hash and burns no number. */
export async function findPrompt(
  bench: Bench,
  { tx, source }: { tx: ActorTransaction; source: PromptSource },
): Promise<KeptPromptVersion> {
  if (source.kind === 'version') return findPromptVersion(tx, source.reference)
  const { text, prompt, document } = await readWorkingCopy(bench.root, source.file)
  refuseTemplateFaults({ document, text, file: relative(bench.root, resolve(source.file)) })
  const contentHash = promptContentHash(document)
  const known = await findWorkingCopy(tx, { prompt, contentHash })
  if (known) return known
  await keepPromptVersions(tx, [{ prompt, version: null, contentHash, text, document, sourceFileId: null }])
  const kept = await findWorkingCopy(tx, { prompt, contentHash })
  if (kept) return kept
  throw new TouchstoneError('internal', 'A working copy was kept and could not be found again.')
}

/** Reads a prompt file as a working copy: the folder it lies in says which prompt it is of. */
export async function readWorkingCopy(
  root: string,
  file: string,
): Promise<{ text: string; prompt: string; document: ReturnType<typeof readPromptFile> }> {
  const path = resolve(file)
  const text = await readText(path)
  const document = readPromptFile({ text, file: relative(root, path), partials: await readPartials(root) })
  return { text, prompt: promptOfFile(root, path), document }
}

/** The prompt id that a prompt file's folder gives: `prompts/<specialty>/<module>/<type>/x.md`. */
export function promptOfFile(root: string, path: string): string {
  const parts = dirname(relative(resolve(root, 'prompts'), path)).split(/[\\/]/)
  const id = PromptId.safeParse(parts.slice(-3).join('/'))
  if (id.success) return id.data
  throw new TouchstoneError(
    'prompt_invalid',
    `${basename(path)} does not lie in a folder like prompts/<specialty>/<module>/<type>/, which says whose prompt it is.`,
    { file: relative(root, path) },
  )
}

/** The answer to "which prompt is used for this?": the version, and the step of the fallback chain that gave it. */
export type RoutedPrompt = {
  version: KeptPromptVersion
  step: string
  isExact: boolean
  crossesType: boolean
}

/**
 * Looks a prompt up along its fallback chain. A step of another type is taken only where the caller
 * allows it, so an answer never silently comes from a different kind of prompt; throws `not_found`.
 */
export async function routePrompt(
  tx: ActorTransaction,
  { prompt, mayCrossType }: { prompt: string; mayCrossType: boolean },
): Promise<RoutedPrompt> {
  const chain = promptRoute(prompt)
  const found = await versionsInForce(
    tx,
    chain.map((step) => step.prompt),
  )
  const byPrompt = new Map(found.map((version) => [version.prompt, version]))
  for (const { prompt: step, crossesType } of chain) {
    const version = byPrompt.get(step)
    if (!version) continue
    if (crossesType && !mayCrossType) {
      throw new TouchstoneError(
        'not_found',
        `There is no prompt ${prompt}; the nearest is ${step}, which is of another type and is not used unless you ask for it.`,
      )
    }
    return { version, step, isExact: step === prompt, crossesType }
  }
  throw new TouchstoneError('not_found', `There is no prompt ${prompt} and none it could fall back to.`)
}
