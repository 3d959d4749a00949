import { readFile } from 'node:fs/promises'
import { CALL_FAILURES, SignalCode, Status, TouchstoneError } from '@touchstone/core'
import * as z from 'zod'

const FAILURES = CALL_FAILURES.filter((kind) => kind !== 'cancelled')

/** A failure to play: always, or only the first `times` times the sample is asked. */
const ScriptedFailure = z.strictObject({
  kind: z.enum(FAILURES),
  times: z.int().positive().optional(),
  retry_after_ms: z.number().nonnegative().optional(),
  http_status: z.int().optional(),
})

const reply = {
  text: z.string().optional(),
  signals: z.array(z.json()).optional(),
  statuses: z.record(SignalCode, Status).optional(),
  policy: z.literal('always').optional(),
  status: Status.optional(),
  finish_reason: z.string().optional(),
  refusal: z.string().optional(),
  delay_ms: z.number().nonnegative().optional(),
  fail: ScriptedFailure.optional(),
}

/**
 * What a scripted model answers: `text` as it is; or `signals` as a model writes them; or `statuses`
 * by signal code; or `policy: always`, which gives every signal that the call asks for one `status`
 * (`statuses` then overrides it by code). A refusal, a failure or a finish reason may stand alone.
 */
export const ScriptedReply = z.strictObject(reply).superRefine(checkReply)
export type ScriptedReply = z.infer<typeof ScriptedReply>

/** An answer of a script: a reply, and the samples it is for; what is left out matches any. */
const ScriptedAnswer = z
  .strictObject({
    case: z.string().min(1).optional(),
    prompt: z.string().min(1).optional(),
    repeat: z.int().positive().optional(),
    ...reply,
  })
  .superRefine(checkReply)

/**
 * A `scripted:FILE`, in JSON. The first answer that matches a sample is given, else `default`, else
 * the sample has no recording.
 *
 *     { "default": { "policy": "always", "status": "pass" },
 *       "answers": [ { "case": "SCH-0007", "fail": { "kind": "rate_limited", "times": 2, "retry_after_ms": 5 }, "text": "{}" } ] }
 */
export const Script = z.strictObject({
  default: ScriptedReply.optional(),
  answers: z.array(ScriptedAnswer).default([]),
})
export type Script = z.infer<typeof Script>

type ReplyFields = z.infer<z.ZodObject<typeof reply>>

function checkReply(written: ReplyFields, context: z.RefinementCtx): void {
  const { text, signals, statuses, policy, status } = written
  const ways = [text, signals, policy ?? statuses].filter((way) => way !== undefined)
  if (ways.length > 1) context.addIssue('must have one of text, signals, statuses or policy')
  if ((policy === undefined) !== (status === undefined)) {
    context.addIssue('must have policy and status together')
  }
  const { refusal, fail, finish_reason: finish } = written
  if (ways.length === 0 && refusal === undefined && finish === undefined && fail?.times !== undefined) {
    context.addIssue('must say what is answered once the failures are over')
  }
  if (ways.length === 0 && refusal === undefined && finish === undefined && fail === undefined) {
    context.addIssue('must have text, signals, statuses, policy, refusal, finish_reason or fail')
  }
}

/** Reads a script; throws `file_unreadable`, or `file_invalid` with the field at fault. */
export async function readScript(file: string): Promise<Script> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new TouchstoneError('file_unreadable', `The script ${file} cannot be read; check its name.`, {
      file,
      cause,
    })
  })
  const parsed = Script.safeParse(parseJson(text, file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.') ?? ''
  const message = `${file}: ${field === '' ? 'the script' : field}: ${issue?.message}`
  throw new TouchstoneError('file_invalid', message, { file, ...(field === '' ? {} : { field }) })
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TouchstoneError('file_invalid', `${file} is not JSON; a script is one JSON object.`, {
      file,
      cause,
    })
  }
}
