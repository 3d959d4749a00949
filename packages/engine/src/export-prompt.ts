import type { PromptVersionReference } from '@touchstone/core'
import { asActor, findPromptVersion, sourceFileById } from '@touchstone/db'
import { writePromptFile } from '@touchstone/formats'
import type { Bench } from './bench.ts'
import type { ExportedFile } from './exported-file.ts'
import { decodeUtf8 } from './files.ts'

/**
 * A prompt version as its file: the very bytes that were imported, or what the canonical writer makes of a
 * version that came otherwise. Shared pieces are files of their own and not in it. Throws `not_found`.
 */
export async function exportPrompt(bench: Bench, reference: PromptVersionReference): Promise<ExportedFile> {
  return asActor(bench.db, bench.credential, async (tx) => {
    const version = await findPromptVersion(tx, reference)
    const { sourceFileId } = version
    const source = sourceFileId === null ? null : await sourceFileById(tx, sourceFileId)
    if (source !== null && decodeUtf8(source.bytes, source.path) === version.text) {
      return { ...source, isImported: true }
    }
    const path = `prompts/${reference.prompt}/v${reference.version}.md`
    return { path, bytes: Buffer.from(writePromptFile(version.document)), isImported: false }
  })
}
