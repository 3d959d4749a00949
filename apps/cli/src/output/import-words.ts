import type { ImportReport, MetadataReport } from '@touchstone/engine'

/** An import in one line: `2 new, 1 changed, 9 same`. */
export function writeImport({ items, refused }: ImportReport): string {
  const count = (change: string): number => items.filter((item) => item.change === change).length
  const parts = [`${count('new')} new`, `${count('changed')} changed`, `${count('same')} same`]
  if (refused.length > 0) parts.push(`${refused.length} refused`)
  return parts.join(', ')
}

/** An import of metadata in one line, with the modules whose definitions are a new version now. */
export function writeMetadataImport({ counts, newModuleVersions }: MetadataReport): string {
  const sum = (pick: (count: MetadataReport['counts'][number]) => number): number =>
    counts.reduce((total, count) => total + pick(count), 0)
  const rows = `${sum(({ created }) => created)} new, ${sum(({ changed }) => changed)} changed, ${sum(({ same }) => same)} same`
  if (newModuleVersions.length === 0) return rows
  return `${rows}; new definitions of ${newModuleVersions.join(', ')}`
}

/** An import of metadata kind by kind: `signals      2 new, 0 changed, 54 same`. */
export function writeMetadataKinds({ counts }: MetadataReport): string {
  return counts
    .map(
      ({ kind, created, changed, same }) =>
        `${kind.padEnd(12)} ${created} new, ${changed} changed, ${same} same`,
    )
    .join('\n')
}
