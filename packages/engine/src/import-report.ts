import { relative } from 'node:path'
import { type ErrorReport, reportError } from '@touchstone/core'

/** What became of one thing that was imported. */
export type ImportedItem = { file: string; item: string; change: 'new' | 'changed' | 'same' }

/** What an import did, and which files it refused. A refused file imports nothing of itself. */
export type ImportReport = { items: ImportedItem[]; refused: ErrorReport['error'][] }

/** Puts several reports together. */
export function joinReports(reports: readonly ImportReport[]): ImportReport {
  return {
    items: reports.flatMap((report) => report.items),
    refused: reports.flatMap((report) => report.refused),
  }
}

/** A refusal as a line of a report, its file named from the checkout's root. */
export function refusal(error: unknown, place: { root: string; file: string }): ErrorReport['error'] {
  const report = reportError(error).error
  const file = relativePath(place.root, report.file ?? place.file)
  return { ...report, file }
}

/** A path as rows and messages name it: from the checkout's root where it lies below it, with forward slashes. */
export function relativePath(root: string, path: string): string {
  const inside = relative(root, path)
  return (inside === '' || inside.startsWith('..') ? path : inside).replaceAll('\\', '/')
}
