import { join } from 'node:path'
import { promptContentHash, TouchstoneError } from '@touchstone/core'
import {
  type ActorTransaction,
  asActor,
  type KeptPromptVersion,
  keepPromptVersions,
  keepSourceFiles,
  listPromptVersions,
  type NewPromptVersion,
  rewriteDraft,
  SYNTHETIC_FACILITY,
} from '@touchstone/db'
import { promptFileVersion, readPromptFile } from '@touchstone/formats'
import type { Bench } from './bench.ts'
import { decodeUtf8, exists, findFiles, isFolder, readBytes } from './files.ts'
import { promptOfFile } from './find-prompt.ts'
import { type ImportedItem, type ImportReport, refusal, relativePath } from './import-report.ts'
import { readPartials } from './read-partials.ts'
import { sha256Of } from './sha256.ts'
import { refuseTemplateFaults } from './template-faults.ts'

type PromptFileRead = { file: string; bytes: Buffer; version: NewPromptVersion }

/**
 * Imports the prompt files of a folder (or one file): `<specialty>/<module>/<type>/v<N>.md`. What is new
 * becomes a DRAFT; a DRAFT whose file changed is rewritten; a version past DRAFT whose file changed is
 * refused. A bad file imports nothing of itself and is reported; the others are imported.
 */
export async function importPrompts(bench: Bench, path = join(bench.root, 'prompts')): Promise<ImportReport> {
  const files = (await isFolder(path)) ? await findFiles(path, '.md') : [path]
  const partials = await readPartials(bench.root)
  const refused: ImportReport['refused'] = []
  const read: PromptFileRead[] = []
  for (const file of files) {
    try {
      read.push(await readVersion({ root: bench.root, path: file, partials }))
    } catch (error) {
      if (!(error instanceof TouchstoneError)) throw error
      refused.push(refusal(error, { root: bench.root, file }))
    }
  }
  const kept = await asActor(bench.db, bench.credential, (tx) => keepVersions(tx, read))
  return { items: kept.items, refused: [...refused, ...kept.refused] }
}

async function readVersion(source: {
  root: string
  path: string
  partials: Readonly<Record<string, string>>
}): Promise<PromptFileRead> {
  const { root, path, partials } = source
  const file = relativePath(root, path)
  if (!(await exists(path))) {
    throw new TouchstoneError('file_unreadable', `${path} cannot be read: it does not exist.`, { file })
  }
  const version = promptFileVersion(path.slice(path.replaceAll('\\', '/').lastIndexOf('/') + 1))
  if (version === null) {
    throw new TouchstoneError(
      'prompt_invalid',
      'A prompt version is a file named v1.md, v2.md, …; run any other file as a working copy.',
      { file },
    )
  }
  const bytes = await readBytes(path)
  const text = decodeUtf8(bytes, path)
  const document = readPromptFile({ text, file, partials })
  refuseTemplateFaults({ document, text, file })
  const contentHash = promptContentHash(document)
  const prompt = promptOfFile(root, path)
  return { file, bytes, version: { prompt, version, contentHash, text, document, sourceFileId: null } }
}

async function keepVersions(tx: ActorTransaction, read: readonly PromptFileRead[]): Promise<ImportReport> {
  const known = new Map(
    (await listPromptVersions(tx, null)).map((version) => [`${version.prompt}@${version.version}`, version]),
  )
  const items: ImportedItem[] = []
  const refused: ImportReport['refused'] = []
  const accepted: { source: PromptFileRead; draft: KeptPromptVersion | null }[] = []
  for (const source of read) {
    const item = `${source.version.prompt}@${source.version.version}`
    const kept = known.get(item)
    const isSame = kept?.text === source.version.text && kept.contentHash === source.version.contentHash
    if (kept && !isSame && kept.status !== 'DRAFT') {
      refused.push(frozenRefusal(source, kept))
      continue
    }
    items.push({ file: source.file, item, change: kept ? (isSame ? 'same' : 'changed') : 'new' })
    if (!isSame) accepted.push({ source, draft: kept ?? null })
  }
  const sourceIds = await keepSourceFiles(tx, {
    facility: SYNTHETIC_FACILITY,
    files: accepted.map(({ source: { file, bytes } }) => ({
      path: file,
      bytes,
      contentHash: sha256Of(bytes),
    })),
  })
  const withSource = accepted.map(({ source, draft }) => ({
    draft,
    version: { ...source.version, sourceFileId: sourceIds.get(source.file) ?? null },
  }))
  await keepPromptVersions(
    tx,
    withSource.filter(({ draft }) => draft === null).map(({ version }) => version),
  )
  // Drafts that changed are few: they are what somebody has just edited.
  for (const { draft, version } of withSource) if (draft) await rewriteDraft(tx, draft.id, version)
  return { items, refused }
}

function frozenRefusal(source: PromptFileRead, kept: KeptPromptVersion): ImportReport['refused'][number] {
  const { prompt, version } = source.version
  return {
    code: 'frozen',
    message: `${prompt}@${version} is ${kept.status} and never changes again; put the file back as it was and add v${(version ?? 0) + 1}.md instead.`,
    file: source.file,
  }
}
