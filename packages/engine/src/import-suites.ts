import { createReadStream } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import {
  clusterOf,
  contentHash,
  type GoldCase,
  type ModuleVersion,
  type SuiteDocument,
  SuiteId,
  TouchstoneError,
} from '@touchstone/core'
import {
  type ActorTransaction,
  asActor,
  createSuiteVersion,
  currentModuleVersion,
  currentSuiteVersion,
  findSuiteVersion,
  type KeptModuleVersion,
  keepGatePolicy,
  keepGoldCases,
  keepPromptGates,
  keepSourceFiles,
  SYNTHETIC_FACILITY,
  suiteFileHashes,
  useSuiteVersion,
} from '@touchstone/db'
import { checkCase, lineOfField, readCaseFile, readCaseLine, readSuiteFile } from '@touchstone/formats'
import type { Bench } from './bench.ts'
import { decodeUtf8, exists, findFiles, isFolder, readBytes } from './files.ts'
import { type ImportReport, joinReports, refusal, relativePath } from './import-report.ts'
import { sha256Of } from './sha256.ts'

/** A gold case with the file it stands in. */
type CaseRead = { goldCase: GoldCase; file: string; bytes: Buffer | null; line: number | null }
/** A suite's folder, its own file read. */
type SuiteRead = { id: string; folder: string; file: string; bytes: Buffer; document: SuiteDocument }

const BATCH_SIZE = 200

/** Imports every suite below `eval-suites/`; a bad one is reported, the others are imported. */
export async function importSuites(
  bench: Bench,
  folder = join(bench.root, 'eval-suites'),
): Promise<ImportReport> {
  const files = await findFiles(folder, 'suite.yaml')
  const reports: ImportReport[] = []
  for (const file of files) reports.push(await reportSuite(bench, dirname(file)))
  return joinReports(reports)
}

async function reportSuite(bench: Bench, folder: string): Promise<ImportReport> {
  try {
    return await importSuite(bench, folder)
  } catch (error) {
    if (!(error instanceof TouchstoneError)) throw error
    return { items: [], refused: [refusal(error, { root: bench.root, file: join(folder, 'suite.yaml') })] }
  }
}

/**
 * Imports a suite's folder (or its `suite.yaml`) in one transaction, all of it or nothing. A content that
 * is new, or whose module's definitions have changed, becomes a new PROPOSED version. The cases are read
 * twice, once to check and hash them and once to keep them, so that no suite is ever held in memory.
 */
export async function importSuite(bench: Bench, path: string): Promise<ImportReport> {
  const folder = await suiteFolder(path)
  const suite = await readSuite(bench.root, folder)
  const change = await asActor(bench.db, bench.credential, async (tx) => {
    if (await isUnchanged(tx, { root: bench.root, suite })) return 'same'
    const moduleVersion = await currentModuleVersion(tx, suite.document.module)
    const hashes = await hashCases(bench.root, { suite, moduleVersion: moduleVersion.document })
    const wanted = {
      ...hashes,
      contentHash: contentHash([hashes.contentHash, suite.document, moduleVersion.contentHash]),
    }
    const known = await findSuiteVersion(tx, { suite: suite.id, contentHash: wanted.contentHash })
    if (known) {
      const current = await currentSuiteVersion(tx, suite.id)
      await useSuiteVersion(tx, { suite: suite.id, id: known.id })
      return current.id === known.id ? 'same' : 'changed'
    }
    await keepVersion(tx, { bench, suite, moduleVersion, hashes: wanted })
    return 'new'
  })
  return { items: [{ file: suite.file, item: suite.id, change }], refused: [] }
}

/** Whether the suite's newest version came from these very files, so that none of them has to be read as YAML. */
async function isUnchanged(
  tx: ActorTransaction,
  { root, suite }: { root: string; suite: SuiteRead },
): Promise<boolean> {
  const kept = await suiteFileHashes(tx, suite.id)
  const paths = await findFiles(join(suite.folder, 'cases'), '.yaml')
  if (kept.size !== paths.length + 1 || kept.get(suite.file) !== sha256Of(suite.bytes)) return false
  if (await exists(join(suite.folder, 'cases.jsonl'))) return false
  for (const path of paths) {
    if (kept.get(relativePath(root, path)) !== sha256Of(await readBytes(path))) return false
  }
  return true
}

/** The folder that a path to a suite means; throws `file_unreadable` where there is no suite. */
async function suiteFolder(path: string): Promise<string> {
  const named = resolve(path)
  const folder = (await isFolder(named)) ? named : dirname(named)
  const isNamed = folder === named || basename(named) === 'suite.yaml'
  if (isNamed && (await exists(join(folder, 'suite.yaml')))) return folder
  const problem = (await exists(named)) ? 'holds no suite' : 'does not exist'
  throw new TouchstoneError(
    'file_unreadable',
    `${named} ${problem}; name a folder with a suite.yaml in it.`,
    { file: named },
  )
}

async function readSuite(root: string, folder: string): Promise<SuiteRead> {
  const path = join(folder, 'suite.yaml')
  const file = relativePath(root, path)
  const bytes = await readBytes(path)
  const document = readSuiteFile({ text: decodeUtf8(bytes, path), file })
  const id = document.id ?? relative(join(root, 'eval-suites'), folder).replaceAll('\\', '/')
  if (SuiteId.safeParse(id).success) return { id, folder, file, bytes, document }
  throw new TouchstoneError(
    'suite_invalid',
    'This suite lies outside eval-suites/, so suite.yaml must give its id.',
    { file, field: 'id' },
  )
}

/** Checks every case and hashes them all, in the order of their files. */
async function hashCases(
  root: string,
  { suite, moduleVersion }: { suite: SuiteRead; moduleVersion: ModuleVersion },
): Promise<{ contentHash: string; casesHash: string; count: number }> {
  const seen = new Map<string, string>()
  const contents: string[] = []
  const charts: string[] = []
  for await (const read of readCases(root, suite.folder)) {
    const { goldCase } = read
    withLine(read, () => refuseUnfit(read, { seen, moduleVersion }))
    const payloadHash = contentHash(goldCase.payload)
    const { payload: _payload, ...rest } = goldCase
    contents.push(contentHash([payloadHash, rest]))
    charts.push(`${goldCase.case} ${goldCase.split ?? 'tune'} ${payloadHash}`)
  }
  if (seen.size === 0) {
    throw new TouchstoneError(
      'suite_invalid',
      'The suite has no cases; put them into cases/<case>.yaml or cases.jsonl.',
      { file: suite.file },
    )
  }
  return {
    contentHash: sha256Of(contents.join('\n')),
    casesHash: sha256Of(charts.sort().join('\n')),
    count: seen.size,
  }
}

function refuseUnfit(
  { goldCase, file }: CaseRead,
  { seen, moduleVersion }: { seen: Map<string, string>; moduleVersion: ModuleVersion },
): void {
  const earlier = seen.get(goldCase.case)
  if (earlier !== undefined) {
    throw new TouchstoneError(
      'suite_invalid',
      `There are two cases named ${goldCase.case}, here and in ${earlier}.`,
      { file, field: 'case' },
    )
  }
  seen.set(goldCase.case, file)
  checkCase({ goldCase, file, moduleVersion })
}

/** Adds the line to an error that names a file and a field alone. */
function withLine(read: CaseRead, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof TouchstoneError) || error.place.line !== undefined) throw error
    const { field = '' } = error.place
    const line =
      read.bytes === null ? read.line : lineOfField({ text: decodeUtf8(read.bytes, read.file), field })
    throw new TouchstoneError(error.code, error.message, {
      ...error.place,
      ...(line === null ? {} : { line }),
      cause: error,
    })
  }
}

async function* readCases(root: string, folder: string): AsyncGenerator<CaseRead, void, undefined> {
  for (const path of await findFiles(join(folder, 'cases'), '.yaml')) {
    const file = relativePath(root, path)
    const bytes = await readBytes(path)
    yield { goldCase: readCaseFile({ text: decodeUtf8(bytes, path), file }), file, bytes, line: null }
  }
  const lines = join(folder, 'cases.jsonl')
  if (!(await exists(lines))) return
  const file = relativePath(root, lines)
  let line = 0
  for await (const text of createInterface({
    input: createReadStream(lines, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    line += 1
    if (text.trim() !== '') yield { goldCase: readCaseLine({ text, file, line }), file, bytes: null, line }
  }
}

async function keepVersion(
  tx: ActorTransaction,
  target: {
    bench: Bench
    suite: SuiteRead
    moduleVersion: KeptModuleVersion
    hashes: { contentHash: string; casesHash: string }
  },
): Promise<void> {
  const { bench, suite, moduleVersion, hashes } = target
  const { document } = suite
  const facility = SYNTHETIC_FACILITY
  const [suiteFile] = [{ path: suite.file, bytes: suite.bytes, contentHash: sha256Of(suite.bytes) }]
  const sourceIds = await keepSourceFiles(tx, { facility, files: [suiteFile] })
  const gatePolicyId = document.gate
    ? await keepGatePolicy(tx, { contentHash: contentHash(document.gate), policy: document.gate })
    : null
  const suiteVersionId = await createSuiteVersion(tx, {
    suite: suite.id,
    facility,
    document,
    ...hashes,
    moduleVersionId: moduleVersion.id,
    gatePolicyId,
    sourceFileId: sourceIds.get(suite.file) ?? null,
  })
  const ownPrompt = { prompt: `${document.module}/signal_processing`, required: true }
  const gates = document.gates ?? (suite.id === document.module && document.gate ? [ownPrompt] : [])
  await keepPromptGates(tx, { suite: suite.id, facility, gates })
  const place = { suiteVersionId, suite: suite.id, facility, moduleId: document.module }
  let batch: CaseRead[] = []
  let position = 0
  const flush = async (): Promise<void> => {
    await keepBatch(tx, { place, batch, position })
    position += batch.length
    batch = []
  }
  for await (const one of readCases(bench.root, suite.folder)) {
    batch.push(one)
    if (batch.length >= BATCH_SIZE) await flush()
  }
  await flush()
}

async function keepBatch(
  tx: ActorTransaction,
  target: { place: Parameters<typeof keepGoldCases>[1]; batch: readonly CaseRead[]; position: number },
): Promise<void> {
  const { place, batch, position } = target
  const files = batch.flatMap(({ file, bytes, goldCase }) =>
    bytes === null
      ? []
      : [{ path: file, bytes, contentHash: sha256Of(bytes), isHoldout: goldCase.split === 'holdout' }],
  )
  const sourceIds = await keepSourceFiles(tx, { facility: place.facility, files })
  const cases = batch.map(({ goldCase, file }, index) => ({
    goldCase: { ...goldCase, cluster: clusterOf(goldCase) },
    position: position + index + 1,
    sourceFileId: sourceIds.get(file) ?? null,
  }))
  await keepGoldCases(tx, place, cases)
}
