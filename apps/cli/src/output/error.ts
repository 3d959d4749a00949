import { type ErrorReport, EXIT, type ExitCode, reportError, TouchstoneError } from '@touchstone/core'
import type { Session } from '../session.ts'

/** Writes an error: one or two lines on stderr, or under `--json` an ErrorReport on stdout. */
export function writeError(session: Session, error: unknown): void {
  const report = reportError(error)
  if (session.isJson) session.print(JSON.stringify(report, null, 2))
  else session.note(`error: ${errorLine(report.error)}`)
  if (session.isDebug) session.note(stackOf(error))
}

/** An error with its place: `message (file:line, field)`, leaving out what the message names already. */
export function errorLine({ message, file, line, field }: ErrorReport['error']): string {
  const where = [
    file === undefined || message.includes(file) ? null : line === undefined ? file : `${file}:${line}`,
    file !== undefined && message.includes(file) && line !== undefined && !message.includes(`line ${line}`)
      ? `line ${line}`
      : null,
    field === undefined || saysWord(message, field) ? null : field,
  ].filter((part) => part !== null)
  return where.length === 0 ? message : `${message} (${where.join(', ')})`
}

function saysWord(message: string, word: string): boolean {
  return message.split(/[\s,;()"]+/).some((part) => part.replace(/[.:]+$/, '') === word)
}

/** The exit code that an error ends the command with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof TouchstoneError)) return EXIT.error
  if (error.code === 'usage') return EXIT.usage
  if (error.code === 'not_comparable') return EXIT.notComparable
  return error.code === 'interrupted' ? EXIT.incomplete : EXIT.error
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
