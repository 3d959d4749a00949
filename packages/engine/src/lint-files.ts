import { dirname, join, relative, resolve } from 'node:path'
import {
  type ErrorReport,
  type PromptDocument,
  parsePromptVersionReference,
  promptParts,
  SuiteId,
  TouchstoneError,
} from '@touchstone/core'
import {
  asActor,
  currentModuleVersion,
  currentSuiteVersion,
  findPromptVersion,
  type KeptModuleVersion,
  listPromptVersions,
  listSuites,
  readGoldCases,
  readModules,
  sourceFileById,
  type Transaction,
} from '@touchstone/db'
import { lineOfField, promptFileVersion } from '@touchstone/formats'
import { type LintFinding, lintPrompt, type PromptRouting } from '@touchstone/pipeline'
import type { Bench } from './bench.ts'
import { exists, findFiles, isFolder } from './files.ts'
import { readWorkingCopy } from './find-prompt.ts'
import { refusal, relativePath } from './import-report.ts'
import { lintKeptSuite, lintSuiteFolder } from './lint-suites.ts'
import { promptLabel } from './plan-run.ts'
import { sectionLines } from './section-lines.ts'

/** What was linted, what was found with file and line, and which files could not be read at all. */
export type LintReport = {
  checked: { kind: 'prompt' | 'suite'; name: string; module: string }[]
  findings: LintFinding[]
  refused: ErrorReport['error'][]
}

type ReadPrompt = {
  label: string
  prompt: string
  version: number | null
  file: string | null
  text: string
  document: PromptDocument
}

type LintOf = { name: string; module: string; findings: LintFinding[] }
/** What a target is held against that is the same for all of them. */
type Known = { tx: Transaction; others: PromptRouting['others']; charts: Map<string, Charts> }
type Charts = Parameters<typeof lintPrompt>[0]['payloads']

/** This many charts of a module's suite show which paths there are. */
const CHARTS = 100

/**
 * Lints prompts (`ID@N`, or a file) and suites (an id, a folder, or its `suite.yaml`); with no target, all
 * prompts and suites of the checkout. Modules, charts and the other prompts come from the database. A file
 * that cannot be read is in `refused`; the others are linted all the same.
 */
export async function lintFiles(
  bench: Bench,
  { targets }: { targets: readonly string[] },
): Promise<LintReport> {
  const wanted = targets.length === 0 ? await allTargets(bench.root) : targets
  const report: LintReport = { checked: [], findings: [], refused: [] }
  await asActor(bench.db, bench.credential, async (tx) => {
    const known: Known = { tx, others: await otherPrompts(tx), charts: new Map() }
    for (const target of wanted) {
      try {
        const kind = await kindOf(bench.root, target)
        const { name, module, findings } = await lintTarget(bench, { kind, target, known })
        report.checked.push({ kind: kind.startsWith('prompt') ? 'prompt' : 'suite', name, module })
        report.findings.push(...findings)
      } catch (error) {
        // What stands in a file is the file's fault; what was asked for and is not there is the asker's.
        if (!(error instanceof TouchstoneError) || !isFileFault(error)) throw error
        report.refused.push(refusal(error, { root: bench.root, file: resolve(target) }))
      }
    }
  })
  return report
}

function isFileFault({ code }: TouchstoneError): boolean {
  return ['prompt_invalid', 'suite_invalid', 'file_invalid', 'template_invalid', 'file_unreadable'].includes(
    code,
  )
}

async function allTargets(root: string): Promise<string[]> {
  const prompts = await findFiles(join(root, 'prompts'), '.md')
  const suites = await findFiles(join(root, 'eval-suites'), 'suite.yaml')
  return [
    ...prompts.filter((path) => promptFileVersion(path.slice(dirname(path).length + 1)) !== null),
    ...suites,
  ]
}

type Kind = 'prompt version' | 'prompt file' | 'suite folder' | 'suite'

async function kindOf(root: string, target: string): Promise<Kind> {
  if (target.endsWith('.md')) return 'prompt file'
  if (target.endsWith('suite.yaml')) return 'suite folder'
  if (await isFolder(resolve(target))) {
    const isSuite = await exists(join(target, 'suite.yaml'))
    if (isSuite) return 'suite folder'
  }
  if (target.includes('@')) return 'prompt version'
  if (SuiteId.safeParse(target).success) return 'suite'
  throw new TouchstoneError(
    'usage',
    `${relativePath(root, target)} is nothing to lint; name a prompt (ID@N or a .md file) or a suite (its id or folder).`,
  )
}

async function lintTarget(
  bench: Bench,
  { kind, target, known }: { kind: Kind; target: string; known: Known },
): Promise<LintOf> {
  switch (kind) {
    case 'prompt version':
      return lintOnePrompt(known, await readVersion(known.tx, target))
    case 'prompt file':
      return lintOnePrompt(known, await readFile(bench.root, target))
    case 'suite folder': {
      const folder = target.endsWith('suite.yaml') ? dirname(resolve(target)) : resolve(target)
      return lintSuiteFolder(known.tx, { root: bench.root, folder })
    }
    case 'suite':
      return lintKeptSuite(known.tx, target)
  }
}

async function readVersion(tx: Transaction, target: string): Promise<ReadPrompt> {
  const version = await findPromptVersion(tx, parsePromptVersionReference(target))
  const { sourceFileId } = version
  const source = sourceFileId === null ? null : await sourceFileById(tx, sourceFileId)
  return { ...version, label: promptLabel(version), file: source?.path ?? null }
}

async function readFile(root: string, target: string): Promise<ReadPrompt> {
  const path = resolve(target)
  const copy = await readWorkingCopy(root, path)
  const file = relativePath(root, path)
  return { ...copy, label: file, file, version: promptFileVersion(relative(dirname(path), path)) }
}

async function lintOnePrompt(known: Known, read: ReadPrompt): Promise<LintOf> {
  const { tx } = known
  const moduleVersion = await moduleOf(tx, read.prompt)
  const module = moduleVersion.document.module
  const payloads = known.charts.get(module) ?? (await chartsOf(tx, module))
  known.charts.set(module, payloads)
  const others = known.others.filter((other) => other.file === null || other.file !== read.file)
  const isKept = read.file === null
  const findings = lintPrompt({
    document: read.document,
    moduleVersion: moduleVersion.document,
    payloads: payloads ?? [],
    routing: {
      prompt: read.prompt,
      version: read.version,
      others: others.filter(
        (other) => !isKept || other.prompt !== read.prompt || other.version !== read.version,
      ),
    },
    places: {
      sectionLines: sectionLines(read.text),
      ...(read.file === null ? {} : { file: read.file }),
    },
  })
  return { name: read.label, module, findings: findings.map((finding) => placed(finding, read.text)) }
}

/** A finding about a member of the front matter, with the line on which that member stands. */
function placed(finding: LintFinding, text: string): LintFinding {
  if (finding.line !== undefined || finding.field === undefined || finding.file === undefined) return finding
  const line = lineOfField({ text, field: finding.field })
  return line === null ? finding : { ...finding, line }
}

/** The module a prompt is held against: its own; for a default, the first of its specialty, one with a suite before others. */
async function moduleOf(tx: Transaction, prompt: string): Promise<KeptModuleVersion> {
  const { specialty, module } = promptParts(prompt)
  if (module !== 'default') return currentModuleVersion(tx, `${specialty}/${module}`)
  const { modules } = await readModules(tx, null)
  const withSuite = new Set((await listSuites(tx)).map((suite) => suite.module))
  const ids = modules
    .map(({ id }) => id)
    .filter((id) => specialty === 'global' || id.startsWith(`${specialty}/`))
  const id = ids.find((one) => withSuite.has(one)) ?? ids[0]
  if (id !== undefined) return currentModuleVersion(tx, id)
  throw new TouchstoneError('not_found', `There is no module of ${specialty} to hold ${prompt} against.`)
}

async function chartsOf(tx: Transaction, module: string): Promise<Charts> {
  const suites = (await listSuites(tx)).filter((suite) => suite.module === module)
  const name = (suites.find(({ suite }) => suite === module) ?? suites[0])?.suite
  if (name === undefined) return []
  const { id } = await currentSuiteVersion(tx, name)
  const cases = await readGoldCases(tx, { suiteVersionId: id, after: 0, limit: CHARTS })
  return cases.map(({ goldCase }) => goldCase.payload)
}

async function otherPrompts(tx: Transaction): Promise<PromptRouting['others']> {
  const others: { prompt: string; version: number | null; file: string | null }[] = []
  for (const { prompt, version, sourceFileId } of await listPromptVersions(tx, null)) {
    const source = sourceFileId === null ? null : await sourceFileById(tx, sourceFileId)
    others.push({ prompt, version, file: source?.path ?? null })
  }
  return others
}
