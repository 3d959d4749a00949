import { readdirSync, readFileSync } from 'node:fs'
import {
  assembleModuleVersion,
  type GoldCase,
  type JsonValue,
  type ModuleVersion,
  type PromptDocument,
} from '@touchstone/core'
import { readCaseFile, readMetadataFile, readPromptFile } from '@touchstone/formats'
import { parse, render } from '@touchstone/pipeline'
import type { Model } from '../model.ts'

const ROOT = new URL('../../../../../', import.meta.url)

/** Reads a file of this checkout, for tests; the path is relative to the root. */
export function readText(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8')
}

/** The flagship module as the seeds define it, for tests. */
export function flagshipModule(): ModuleVersion {
  const file = 'seeds/orthopedics-timeliness-sch.yaml'
  const { modules = [], signals = [] } = readMetadataFile({ text: readText(file), file })
  const [module] = modules
  if (module === undefined) throw new Error(`${file} holds no module`)
  return assembleModuleVersion(module, signals)
}

/** A prompt file as a document, its text changed first if an edit is given, for tests. */
export function promptDocument(
  path: string,
  edit: (text: string) => string = (text) => text,
): PromptDocument {
  const pieces = readdirSync(new URL('prompts/shared/', ROOT)).map((name): [string, string] => [
    `shared/${name.replace(/\.liquid$/, '')}`,
    readText(`prompts/shared/${name}`),
  ])
  const partials = Object.fromEntries(pieces.map(([name, text]) => [name, edit(text)]))
  return readPromptFile({ text: edit(readText(path)), file: path, partials })
}

/** The cases of the flagship suite, for tests. */
export function flagshipCases(): GoldCase[] {
  const folder = 'eval-suites/orthopedics/timeliness_sch/cases/'
  const files = readdirSync(new URL(folder, ROOT)).filter((name) => name.endsWith('.yaml'))
  return files.sort().map((name) => readCaseFile({ text: readText(folder + name), file: folder + name }))
}

/** What is asked of a model in a test: a prompt and a module over one chart, the rendered text changed last if an edit is given. */
export type Asking = {
  document: PromptDocument
  moduleVersion: ModuleVersion
  edit?: (text: string) => string
}

/** The text a model answers to one chart, for tests. */
export async function answerText(model: Model, asking: Asking, payload: JsonValue): Promise<string> {
  const { document, moduleVersion, edit = (text) => text } = asking
  const { messages, answerFormat } = render({ document, moduleVersion, payload, caseNumber: 'case-1' })
  const call = {
    model: 'heuristic',
    params: {},
    messages: messages.map(({ role, content }) => ({
      role,
      content: role === 'system' ? edit(content) : content,
    })),
    answerFormat,
    sample: { case: 'case-1', prompt: 'test', repeat: 1 },
  }
  const outcome = await model.complete(call, { signal: new AbortController().signal })
  if (!outcome.ok) throw new Error(outcome.failure.message)
  return outcome.completion.text
}

/** The status a model answers to each signal of one chart, "missing" where it answers none, for tests. */
export async function answerStatuses(
  model: Model,
  asking: Asking,
  payload: JsonValue,
): Promise<Record<string, string>> {
  const text = await answerText(model, asking, payload)
  const parsed = parse({ text, finishReason: 'stop', refusal: null, moduleVersion: asking.moduleVersion })
  if (parsed.stage === 'unparsable') throw new Error(parsed.detail)
  return Object.fromEntries(
    parsed.signals.map((signal) => [signal.code, signal.outcome === 'answered' ? signal.status : 'missing']),
  )
}
