import { createReadStream } from 'node:fs'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { type ErrorPlace, type GoldCase, type SuiteDocument, TouchstoneError } from '@touchstone/core'
import {
  currentModuleVersion,
  currentSuiteVersion,
  readGoldCases,
  sourceFileById,
  type Transaction,
} from '@touchstone/db'
import { lineOfField, readCaseFile, readCaseLine, readSuiteFile } from '@touchstone/formats'
import { type LintFinding, lintSuite } from '@touchstone/pipeline'
import { exists, findFiles, readText } from './files.ts'
import { relativePath } from './import-report.ts'

/** What the linter said of a suite, and the module it was held against. */
export type LintedSuite = { name: string; module: string; findings: LintFinding[] }

type ReadCases = { cases: GoldCase[]; places: Map<string, ErrorPlace>; texts: Map<string, string> }

const PAGE_SIZE = 200

/** Lints a suite's folder as it stands; throws `suite_invalid` with file, line and field where a file cannot be read. */
export async function lintSuiteFolder(
  tx: Transaction,
  { root, folder }: { root: string; folder: string },
): Promise<LintedSuite> {
  const path = join(folder, 'suite.yaml')
  const suite = readSuiteFile({ text: await readText(path), file: relativePath(root, path) })
  const read = await readFolder(root, folder)
  const name = suite.id ?? relative(join(root, 'eval-suites'), folder).replaceAll('\\', '/')
  return lintRead(tx, { name, suite, read })
}

/** Lints the newest version of a suite that is kept; holdout cases the actor may not see are left out. */
export async function lintKeptSuite(tx: Transaction, id: string): Promise<LintedSuite> {
  const version = await currentSuiteVersion(tx, id)
  const read: ReadCases = { cases: [], places: new Map(), texts: new Map() }
  let after = 0
  for (;;) {
    const page = await readGoldCases(tx, { suiteVersionId: version.id, after, limit: PAGE_SIZE })
    const last = page.at(-1)
    if (!last) break
    after = last.position
    for (const { goldCase, sourceFileId } of page) {
      read.cases.push(goldCase)
      const source = sourceFileId === null ? null : await sourceFileById(tx, sourceFileId)
      if (source === null) continue
      read.places.set(goldCase.case, { file: source.path })
      read.texts.set(source.path, source.bytes.toString('utf8'))
    }
  }
  return lintRead(tx, { name: id, suite: version.document, read })
}

async function lintRead(
  tx: Transaction,
  { name, suite, read }: { name: string; suite: SuiteDocument; read: ReadCases },
): Promise<LintedSuite> {
  const { document: moduleVersion } = await currentModuleVersion(tx, suite.module)
  const { cases, places, texts } = read
  const findings = lintSuite({ suite, cases, moduleVersion, places }).map((finding) => {
    const text = finding.file === undefined ? undefined : texts.get(finding.file)
    if (finding.line !== undefined || finding.field === undefined || text === undefined) return finding
    const line = lineOfField({ text, field: finding.field })
    return line === null ? finding : { ...finding, line }
  })
  return { name, module: suite.module, findings }
}

async function readFolder(root: string, folder: string): Promise<ReadCases> {
  const read: ReadCases = { cases: [], places: new Map(), texts: new Map() }
  for (const path of await findFiles(join(folder, 'cases'), '.yaml')) {
    const file = relativePath(root, path)
    const text = await readText(path)
    const goldCase = readCaseFile({ text, file })
    read.cases.push(goldCase)
    read.places.set(goldCase.case, { file })
    read.texts.set(file, text)
  }
  await readLines(root, { path: join(folder, 'cases.jsonl'), read })
  if (read.cases.length > 0) return read
  const file = relativePath(root, join(folder, 'suite.yaml'))
  throw new TouchstoneError('suite_invalid', 'The suite has no cases to lint.', { file })
}

async function readLines(root: string, { path, read }: { path: string; read: ReadCases }): Promise<void> {
  if (!(await exists(path))) return
  const file = relativePath(root, path)
  let line = 0
  const input = createReadStream(path, 'utf8')
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1
    if (text.trim() === '') continue
    const goldCase = readCaseLine({ text, file, line })
    read.cases.push(goldCase)
    read.places.set(goldCase.case, { file, line })
  }
}
