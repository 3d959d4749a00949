import * as z from 'zod'
import { ErrorReport } from './errors.ts'
import { Metadata } from './module.ts'
import { ModelParams, OutputFormat, PROMPT_STATUSES } from './prompt.ts'
import { RunSummary } from './summary.ts'

// What each command prints under `--json`, named after the command. `run`, `runs` and `show RUN` print
// RunSummary, RunGrid and RunList, which are nouns of their own.

const Count = z.int().nonnegative()
const Time = z.iso.datetime({ offset: true })
const Refusal = ErrorReport.shape.error
const PromptStatus = z.enum(['WORKING', ...PROMPT_STATUSES])

/** `import prompts --json`, `import suite --json`: what is new, changed, same; `error` is the first refusal. */
export const ImportOutput = z.strictObject({
  items: z.array(
    z.strictObject({ file: z.string(), item: z.string(), change: z.enum(['new', 'changed', 'same']) }),
  ),
  refused: z.array(Refusal),
  error: Refusal.optional(),
})
export type ImportOutput = z.infer<typeof ImportOutput>

/** `import metadata --json`: counts by kind, and the modules whose definitions are a new version now. */
export const ImportMetadataOutput = z.strictObject({
  counts: z.array(z.strictObject({ kind: z.string(), created: Count, changed: Count, same: Count })),
  newModuleVersions: z.array(z.string()),
})
export type ImportMetadataOutput = z.infer<typeof ImportMetadataOutput>

/** `setup --json`. */
export const SetupOutput = z.strictObject({
  place: z.strictObject({ kind: z.enum(['embedded', 'external']), dataFolder: z.string() }),
  migrations: z.strictObject({ applied: z.array(z.string()), total: Count }),
  operator: z.enum(['made', 'there']),
  metadata: ImportMetadataOutput,
  prompts: ImportOutput,
  suites: ImportOutput,
  error: Refusal.optional(),
})
export type SetupOutput = z.infer<typeof SetupOutput>

/** `start --json`: the flagship's runs, and whether each was there already. */
export const StartOutput = z.strictObject({
  runs: z.array(RunSummary),
  reused: z.array(z.boolean()),
})
export type StartOutput = z.infer<typeof StartOutput>

/** `prompts --json`: every numbered version, by prompt and number. */
export const PromptsOutput = z.strictObject({
  prompts: z.array(
    z.strictObject({
      prompt: z.string(),
      version: z.int().positive(),
      status: PromptStatus,
      name: z.string(),
      model: z.string(),
      contentHash: z.string(),
      note: z.string().nullable(),
      createdAt: Time,
    }),
  ),
})
export type PromptsOutput = z.infer<typeof PromptsOutput>

/** `suites --json`: every suite with its newest version; stale where the module's definitions changed since. */
export const SuitesOutput = z.strictObject({
  suites: z.array(
    z.strictObject({
      suite: z.string(),
      name: z.string(),
      module: z.string(),
      goldVersion: z.int().positive(),
      suiteVersion: z.string(),
      cases: Count,
      state: z.string(),
      isStale: z.boolean(),
    }),
  ),
})
export type SuitesOutput = z.infer<typeof SuitesOutput>

/** `show PROMPT@N --json`. */
export const ShowPromptOutput = z.strictObject({
  prompt: z.string(),
  version: z.int().positive().nullable(),
  status: PromptStatus,
  name: z.string(),
  model: z.string(),
  params: ModelParams,
  context: z.array(z.string()),
  output: OutputFormat,
  note: z.string().nullable(),
  contentHash: z.string(),
  createdAt: Time,
  text: z.string(),
})
export type ShowPromptOutput = z.infer<typeof ShowPromptOutput>

/** `show SUITE --json`: the newest version and its cases, without their charts. */
export const ShowSuiteOutput = z.strictObject({
  suite: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  module: z.string(),
  goldVersion: z.int().positive(),
  suiteVersion: z.string(),
  state: z.string(),
  cases: z.array(
    z.strictObject({
      case: z.string(),
      title: z.string().nullable(),
      why: z.string().nullable(),
      tags: z.array(z.string()),
      split: z.enum(['tune', 'holdout']),
      cluster: z.string(),
      origin: z.string(),
      gold: z.record(z.string(), z.string()),
    }),
  ),
})
export type ShowSuiteOutput = z.infer<typeof ShowSuiteOutput>

/** `model-server --json`: where it answers; printed once it listens. */
export const ModelServerOutput = z.strictObject({ baseUrl: z.url(), model: z.string() })
export type ModelServerOutput = z.infer<typeof ModelServerOutput>

/** `export metadata --json`: all that is current, and the files it is written as. */
export const ExportMetadataOutput = z.strictObject({
  metadata: Metadata,
  files: z.array(z.strictObject({ path: z.string(), isImported: z.boolean() })),
})
export type ExportMetadataOutput = z.infer<typeof ExportMetadataOutput>

/** `export prompt --json`: the file's text; `isImported` where it is byte for byte what was imported. */
export const ExportPromptOutput = z.strictObject({
  prompt: z.string(),
  path: z.string(),
  isImported: z.boolean(),
  text: z.string(),
})
export type ExportPromptOutput = z.infer<typeof ExportPromptOutput>

/** `export suite --json`: where it was written; cases with their imported bytes, and by the canonical writer. */
export const ExportSuiteOutput = z.strictObject({
  suite: z.string(),
  goldVersion: z.int().positive(),
  folder: z.string(),
  imported: Count,
  written: Count,
})
export type ExportSuiteOutput = z.infer<typeof ExportSuiteOutput>

/** `export run --json`: how many completions were written, and how many samples have none. */
export const ExportRunOutput = z.strictObject({
  run: z.uuid(),
  file: z.string(),
  completions: Count,
  withoutAnswer: Count,
})
export type ExportRunOutput = z.infer<typeof ExportRunOutput>
