import { TouchstoneError } from '@touchstone/core'
import { DatabaseError } from 'pg'

const LOST = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])

/** Whether an error says that the server cannot be reached, or went away while it was asked. */
export function isConnectionFault(error: unknown): boolean {
  if (error instanceof DatabaseError) {
    const code = error.code ?? ''
    return code.startsWith('08') || code.startsWith('57P') || code === '53300'
  }
  if (error instanceof AggregateError) return error.errors.some(isConnectionFault)
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string') return LOST.has(error.code)
  return /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i.test(
    error.message,
  )
}

/** Host, port and database of a URL, for messages; never its password. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'the given address'
  const { hostname, port, pathname } = new URL(url)
  return `${hostname || 'localhost'}:${port || '5432'}${pathname}`
}

/**
 * An error of the database as one of ours where it has a meaning of its own: unreachable, not set up, not
 * allowed, frozen, full. Others (a unique key, say) are for the caller to know and come back as they are.
 */
export function explainDatabaseFault(error: unknown, url: string): unknown {
  if (error instanceof TouchstoneError) return error
  if (isConnectionFault(error)) {
    return new TouchstoneError(
      'database_unreachable',
      `The database at ${placeOf(url)} cannot be reached: check that it runs and what DATABASE_URL says, then try again.`,
      { cause: error },
    )
  }
  if (!(error instanceof DatabaseError)) return error
  const hint = error.hint === undefined ? '' : ` ${error.hint}`
  switch (error.code) {
    case '28P01':
    case '28000':
      if (error.routine === 'exec_stmt_raise') {
        return new TouchstoneError('not_signed_in', `${capitalise(error.message)}.${hint}`, { cause: error })
      }
      return new TouchstoneError(
        'database_refused',
        `The database at ${placeOf(url)} refused the login: check user and password in its URL.`,
        { cause: error },
      )
    case '3D000':
    case '42P01':
    case '42883':
      return new TouchstoneError(
        'database_not_ready',
        `The database at ${placeOf(url)} is not set up for this version: run "touchstone setup".`,
        { cause: error },
      )
    case '42501':
      return new TouchstoneError('forbidden', `${capitalise(error.message)}.${hint}`, { cause: error })
    case '23001':
      if (error.routine !== 'exec_stmt_raise') return error
      return new TouchstoneError('frozen', `${capitalise(error.message)}.${hint}`, { cause: error })
    case '53100':
      return new TouchstoneError('disk_full', 'The database has no space left: free some and try again.', {
        cause: error,
      })
    default:
      return error
  }
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
