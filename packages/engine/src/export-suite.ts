import { open } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { type GoldCase, TouchstoneError } from '@touchstone/core'
import {
  asActor,
  countHiddenCases,
  currentSuiteVersion,
  type KeptSuiteVersion,
  readGoldCases,
  sourceFileById,
  type Transaction,
} from '@touchstone/db'
import { writeCaseLine, writeSuiteFile } from '@touchstone/formats'
import type { Bench } from './bench.ts'
import { requireEmptyFolder, unwritable, writeExportedFile } from './exported-file.ts'

/** What `export suite` wrote: how many cases with the very bytes that were imported, and how many by the canonical writer. */
export type SuiteExport = {
  suite: string
  goldVersion: number
  folder: string
  imported: number
  written: number
}

/** A case on its way out: the file it came from, or the case itself. */
type OutgoingCase = {
  goldCase: GoldCase
  position: number
  source: { path: string; bytes: Uint8Array } | null
}

const PAGE_SIZE = 100

/**
 * Writes the newest version of a suite into a new folder: `suite.yaml` and `cases/*.yaml` with the bytes they
 * were imported with; cases that came otherwise follow, in their order, in `cases.jsonl`. Throws `forbidden`
 * before anything is written when the suite has holdout cases the actor may not see, `conflict` for a folder
 * that is not empty, `not_found`.
 */
export async function exportSuite(
  bench: Bench,
  { suite, folder }: { suite: string; folder: string },
): Promise<SuiteExport> {
  const { version, file } = await asActor(bench.db, bench.credential, (tx) => findVisible(tx, suite))
  await requireEmptyFolder(folder)
  await writeExportedFile(folder, { path: 'suite.yaml', bytes: file.bytes })
  const counts = { imported: 0, written: 0 }
  let after = 0
  for (;;) {
    const page = { suiteVersionId: version.id, after, limit: PAGE_SIZE }
    const cases = await asActor(bench.db, bench.credential, (tx) => readPage(tx, page))
    const last = cases.at(-1)
    if (!last) break
    after = last.position
    const made = cases.flatMap(({ goldCase, source }) => (source === null ? [goldCase] : []))
    for (const { source } of cases) {
      if (source === null) continue
      const path = placeInSuite(source.path, file.path)
      await writeExportedFile(folder, { path, bytes: source.bytes })
    }
    await appendLines(join(folder, 'cases.jsonl'), made)
    counts.imported += cases.length - made.length
    counts.written += made.length
  }
  return { suite, goldVersion: version.number, folder, ...counts }
}

async function findVisible(
  tx: Transaction,
  suite: string,
): Promise<{ version: KeptSuiteVersion; file: { path: string | null; bytes: Uint8Array } }> {
  const version = await currentSuiteVersion(tx, suite)
  const hidden = await countHiddenCases(tx, version.id)
  if (hidden > 0) {
    throw new TouchstoneError(
      'forbidden',
      `${hidden} of the suite's cases are holdout cases that you may not read; ask a quality lead to export it.`,
    )
  }
  const source = version.sourceFileId === null ? null : await sourceFileById(tx, version.sourceFileId)
  const made = { path: null, bytes: Buffer.from(writeSuiteFile(version.document)) }
  return { version, file: source ?? made }
}

async function readPage(tx: Transaction, page: Parameters<typeof readGoldCases>[1]): Promise<OutgoingCase[]> {
  const outgoing: OutgoingCase[] = []
  for (const { goldCase, position, sourceFileId } of await readGoldCases(tx, page)) {
    const source = sourceFileId === null ? null : await sourceFileById(tx, sourceFileId)
    outgoing.push({ goldCase, position, source })
  }
  return outgoing
}

/** Where a case's file lies in its suite's folder, as it did when it was imported. */
function placeInSuite(casePath: string, suitePath: string | null): string {
  const place = suitePath === null ? '..' : posix.relative(posix.dirname(suitePath), casePath)
  return place.startsWith('..') || posix.isAbsolute(place) ? `cases/${posix.basename(casePath)}` : place
}

async function appendLines(path: string, cases: readonly GoldCase[]): Promise<void> {
  if (cases.length === 0) return
  try {
    await using file = await open(path, 'a')
    for (const goldCase of cases) await file.write(writeCaseLine(goldCase))
  } catch (cause) {
    throw unwritable(path, cause)
  }
}
