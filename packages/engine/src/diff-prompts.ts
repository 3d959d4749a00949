import {
  canonicalJson,
  type JsonValue,
  type PromptDocument,
  promptContentHash,
  promptParts,
} from '@touchstone/core'
import { type ActorTransaction, asActor, findPromptVersion, readModules } from '@touchstone/db'
import { compilePrompt } from '@touchstone/pipeline'
import type { Bench } from './bench.ts'
import { diffLines } from './diff-lines.ts'
import { type PromptSource, readWorkingCopy } from './find-prompt.ts'
import { promptLabel } from './plan-run.ts'

/** One thing a prompt declares that differs, such as `model`, `params.temperature` or `output.format`; null where it is not declared. */
export type PromptChange = { field: string; before: JsonValue; after: JsonValue }

/** Two prompt versions held against each other. */
export type PromptDiff = {
  before: string
  after: string
  /** Whether they ask the same: equal in all that can change an answer. */
  isSame: boolean
  changes: PromptChange[]
  context: { added: string[]; removed: string[] }
  /** Which of the module's signals are named (one by one, or all in a loop) in the one and not in the other; null for a prompt of no one module. */
  signals: { added: string[]; removed: string[] } | null
  /** A unified diff of the files, then of each shared piece that differs; empty where they are equal. */
  text: string
}

type ReadPrompt = { label: string; prompt: string; text: string; document: PromptDocument }

/** Compares two prompt versions, or a version with a file; keeps nothing. Throws `not_found`. */
export async function diffPrompts(
  bench: Bench,
  sources: { before: PromptSource; after: PromptSource },
): Promise<PromptDiff> {
  return asActor(bench.db, bench.credential, async (tx) => {
    const before = await readPrompt(bench, { tx, source: sources.before })
    const after = await readPrompt(bench, { tx, source: sources.after })
    const codes = await codesOf(tx, after.prompt)
    return {
      before: before.label,
      after: after.label,
      isSame: promptContentHash(before.document) === promptContentHash(after.document),
      changes: changesOf(declared(before.document), declared(after.document)),
      context: setChange(before.document.context, after.document.context),
      signals:
        codes === null ? null : setChange(namedIn(before.document, codes), namedIn(after.document, codes)),
      text: textDiff(before, after),
    }
  })
}

async function readPrompt(
  bench: Bench,
  { tx, source }: { tx: ActorTransaction; source: PromptSource },
): Promise<ReadPrompt> {
  if (source.kind === 'version') {
    const version = await findPromptVersion(tx, source.reference)
    return { ...version, label: promptLabel(version) }
  }
  const copy = await readWorkingCopy(bench.root, source.file)
  return { ...copy, label: source.file, text: copy.text.replaceAll('\r\n', '\n') }
}

async function codesOf(tx: ActorTransaction, prompt: string): Promise<string[] | null> {
  const { specialty, module } = promptParts(prompt)
  const { modules, signals } = await readModules(tx, [`${specialty}/${module}`])
  return modules.length === 0 ? null : signals.map((signal) => signal.code)
}

/** What the front matter declares, one entry for each parameter; the context is compared as a set of its own. */
function declared({ name, type, model, params, output, note }: PromptDocument): Map<string, JsonValue> {
  const entries = Object.entries({ name, type, model, note: note ?? null })
  const ofParams = Object.entries(params).map(([key, value]): [string, JsonValue] => [`params.${key}`, value])
  const ofOutput = Object.entries(output).map(([key, value]): [string, JsonValue] => [
    `output.${key}`,
    value ?? null,
  ])
  return new Map<string, JsonValue>([...entries, ...ofParams, ...ofOutput])
}

function changesOf(
  before: ReadonlyMap<string, JsonValue>,
  after: ReadonlyMap<string, JsonValue>,
): PromptChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((field) => ({ field, before: before.get(field) ?? null, after: after.get(field) ?? null }))
    .filter((change) => canonicalJson(change.before) !== canonicalJson(change.after))
}

function setChange(
  before: readonly string[],
  after: readonly string[],
): { added: string[]; removed: string[] } {
  return {
    added: after.filter((one) => !before.includes(one)),
    removed: before.filter((one) => !after.includes(one)),
  }
}

/** The codes a prompt names: all of them where it loops over the module's signals. */
function namedIn(document: PromptDocument, codes: readonly string[]): readonly string[] {
  const { sections, partials } = document
  if (compilePrompt(document).variables.some(({ path }) => /^signals\b/.test(path))) return codes
  const text = [...sections.map(({ template }) => template), ...Object.values(partials)].join('\n')
  return codes.filter((code) => new RegExp(`(?<![a-z0-9_])${code}(?![a-z0-9_])`).test(text))
}

function textDiff(before: ReadPrompt, after: ReadPrompt): string {
  const names = [
    ...new Set([...Object.keys(before.document.partials), ...Object.keys(after.document.partials)]),
  ]
  const pieces = names.map((name) => ({
    from: `${before.label} ${name}`,
    to: `${after.label} ${name}`,
    before: before.document.partials[name] ?? '',
    after: after.document.partials[name] ?? '',
  }))
  const whole = { from: before.label, to: after.label, before: before.text, after: after.text }
  return [whole, ...pieces]
    .map((piece) => ({ piece, diff: diffLines(piece) }))
    .filter(({ diff }) => diff !== '')
    .map(({ piece, diff }) => `--- ${piece.from}\n+++ ${piece.to}\n${diff}`)
    .join('')
}
