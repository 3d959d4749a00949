import { setTimeout as sleep } from 'node:timers/promises'
import { type CallOutcome, canonicalJson, type ModelCall, TouchstoneError } from '@touchstone/core'
import { askedSignals } from './asked-signals.ts'
import { cancelledCall, failedCall } from './call-failure.ts'
import { readFinishReason } from './finish-reason.ts'
import type { Model } from './model.ts'
import { readScript, type Script, type ScriptedReply } from './scripted-file.ts'

const NO_ANSWER = 'The script has no answer for this sample and no default.'

/** Decides what a scripted model says to a call: plain text, or a reply of a script; null is no recording. */
export type Reply = (
  call: ModelCall,
) => string | ScriptedReply | null | Promise<string | ScriptedReply | null>

/** A model that answers what a function says: for tests and baselines. */
export function scriptedModel(reply: Reply, name = 'scripted'): Model {
  const played = new Map<string, number>()
  return {
    name,
    provider: 'scripted',
    leavesHouse: false,
    async complete(call, { signal }) {
      if (signal.aborted) return cancelledCall(0)
      const startedAt = performance.now()
      const said = await reply(call)
      const written = typeof said === 'string' ? { text: said } : said
      if (!(await wait(written?.delay_ms ?? 0, signal))) return cancelledCall(performance.now() - startedAt)
      const latencyMs = performance.now() - startedAt
      if (written === null) return failedCall({ kind: 'no_recording', message: NO_ANSWER, latencyMs })
      const failure = playFailure(written, { call, played, latencyMs })
      return failure ?? answer(written, call, latencyMs)
    },
  }
}

/** Opens a `scripted:FILE`; throws `file_unreadable` or `file_invalid`. */
export async function openScripted(file: string, name = `scripted:${file}`): Promise<Model> {
  const script = await readScript(file)
  return scriptedModel((call) => findReply(script, call), name)
}

function findReply(script: Script, { sample }: ModelCall): ScriptedReply | null {
  const match = script.answers.find(
    (entry) =>
      (entry.case ?? sample.case) === sample.case &&
      (entry.prompt ?? sample.prompt) === sample.prompt &&
      (entry.repeat ?? sample.repeat) === sample.repeat,
  )
  return match ?? script.default ?? null
}

/** Waits so many milliseconds; false when the call was given up meanwhile. */
async function wait(delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (delayMs > 0) await sleep(delayMs, undefined, { signal }).catch(ignoreAbort)
  return !signal.aborted
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'AbortError') throw error
}

type Play = { call: ModelCall; played: Map<string, number>; latencyMs: number }

/** The scripted failure, while it is still to be played; each sample counts its own. */
function playFailure({ fail }: ScriptedReply, { call, played, latencyMs }: Play): CallOutcome | null {
  if (fail === undefined) return null
  const sample = canonicalJson(call.sample)
  const count = (played.get(sample) ?? 0) + 1
  if (count > (fail.times ?? Number.POSITIVE_INFINITY)) return null
  if (fail.times !== undefined) played.set(sample, count)
  return failedCall({
    kind: fail.kind,
    message: `The script plays this failure (${fail.kind}).`,
    latencyMs,
    retryAfterMs: fail.retry_after_ms ?? null,
    httpStatus: fail.http_status ?? null,
  })
}

function answer(reply: ScriptedReply, call: ModelCall, latencyMs: number): CallOutcome {
  const raw = reply.finish_reason ?? 'stop'
  const refusal = reply.refusal ?? null
  return {
    ok: true,
    completion: {
      text: textOf(reply, call),
      finishReason: readFinishReason(raw, refusal),
      finishReasonRaw: raw,
      refusal,
      modelReturned: 'scripted',
      usage: { promptTokens: null, completionTokens: null, cachedTokens: null },
      latencyMs,
      details: {},
    },
  }
}

function textOf(reply: ScriptedReply, call: ModelCall): string {
  if (reply.signals !== undefined) return JSON.stringify({ signals: reply.signals })
  if (reply.policy === undefined && reply.statuses === undefined) return reply.text ?? ''
  const asked = askedSignals(call.answerFormat)
  if (asked.length === 0 && reply.policy === 'always') {
    throw new TouchstoneError(
      'model_refused_request',
      'The script answers every signal alike, but the prompt asks for none in an answer schema; set output.format to json_schema.',
    )
  }
  const own = reply.statuses ?? {}
  const codes = asked.length === 0 ? Object.keys(own) : asked
  const signals = codes
    .map((id) => ({ id, status: Object.hasOwn(own, id) ? own[id] : reply.status }))
    .filter(({ status }) => status !== undefined)
  return JSON.stringify({ signals })
}
