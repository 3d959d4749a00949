import { join, relative } from 'node:path'
import { findFiles, readText } from './files.ts'

/** The shared pieces of a checkout, by the name prompts render them under: `prompts/shared/answer-rules.liquid` is `shared/answer-rules`. */
export async function readPartials(root: string): Promise<Record<string, string>> {
  const folder = join(root, 'prompts')
  const files = await findFiles(join(folder, 'shared'), '.liquid')
  const entries = await Promise.all(
    files.map(async (file): Promise<[string, string]> => {
      const name = relative(folder, file)
        .replaceAll('\\', '/')
        .replace(/\.liquid$/, '')
      return [name, (await readText(file)).replaceAll('\r\n', '\n')]
    }),
  )
  return Object.fromEntries(entries)
}
