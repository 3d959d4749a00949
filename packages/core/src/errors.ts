import * as z from 'zod'

/** Every kind of error Touchstone raises on purpose; the list is closed, so callers can switch over it. */
export const ERROR_CODES = [
  'usage',
  'environment',
  'file_unreadable',
  'file_invalid',
  'metadata_invalid',
  'prompt_invalid',
  'suite_invalid',
  'recording_invalid',
  'template_invalid',
  'rule_invalid',
  'not_found',
  'conflict',
  'frozen',
  'forbidden',
  'not_signed_in',
  'not_comparable',
  'model_unknown',
  'model_not_configured',
  'model_refused_request',
  'budget',
  'database_unreachable',
  'database_not_ready',
  'database_refused',
  'disk_full',
  'interrupted',
  'internal',
] as const

/** One of the closed list of error codes. */
export type ErrorCode = (typeof ERROR_CODES)[number]

/** Where an error lies: a file, a line in it (1-based), and the field at fault as a dotted path. */
export type ErrorPlace = { file?: string; line?: number; field?: string }

/**
 * The one error class of Touchstone.
 *
 * Its message says what happened and what to do, and never holds patient data: it may be printed,
 * logged and sent to a client as it is. Whatever lies beneath goes on `cause`, which is not printed.
 */
export class TouchstoneError extends Error {
  override readonly name = 'TouchstoneError'
  readonly code: ErrorCode
  readonly place: ErrorPlace

  constructor(code: ErrorCode, message: string, options: ErrorPlace & { cause?: unknown } = {}) {
    const { cause, ...place } = options
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.place = place
  }
}

/** What a command prints on stdout when it fails under `--json`. */
export const ErrorReport = z.strictObject({
  error: z.strictObject({
    code: z.enum(ERROR_CODES),
    message: z.string(),
    file: z.string().optional(),
    line: z.int().positive().optional(),
    field: z.string().optional(),
  }),
})
export type ErrorReport = z.infer<typeof ErrorReport>

/** The machine-readable form of any error; an unknown one is reported as `internal` without its text. */
export function reportError(error: unknown): ErrorReport {
  if (error instanceof TouchstoneError) {
    return { error: { code: error.code, message: error.message, ...error.place } }
  }
  return {
    error: { code: 'internal', message: 'An unexpected error; run again with --debug to see it.' },
  }
}
