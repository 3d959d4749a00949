import { isRecord } from './read-text.ts'

/**
 * Whether every code, status and path of repaired entries stands in the text they were repaired from.
 * Repair joins `"pa" + "ss"` and what stands around a comment into words that were never written.
 */
export function areEntriesWritten(entries: readonly unknown[], text: string): boolean {
  const written = bare(text)
  let position = 0
  for (const word of entries.flatMap(wordsOf)) {
    // Words come in the order of the text, so each search goes on where the last one ended.
    const ahead = written.indexOf(word, position)
    const found = ahead === -1 ? written.indexOf(word) : ahead
    if (found === -1) return false
    position = found
  }
  return true
}

function wordsOf(entry: unknown): string[] {
  if (!isRecord(entry)) return []
  const cites = Array.isArray(entry.cites) ? entry.cites : []
  const paths = cites.flatMap((cite: unknown) =>
    isRecord(cite) ? [cite.path, cite.searched].flat() : [cite],
  )
  return [entry.id, entry.status, ...paths].flatMap((word) => (typeof word === 'string' ? [bare(word)] : []))
}

/** A text without white space, quotation marks and backslashes: what repair may add or take away. */
function bare(text: string): string {
  return text.replaceAll('&quot;', '').replace(/[\s\\"'`´‘’“”]/g, '')
}
