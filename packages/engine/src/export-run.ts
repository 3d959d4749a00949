import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { canonicalJson, RecordedCompletion, TouchstoneError } from '@touchstone/core'
import {
  asActor,
  countSamples,
  FIRST_SAMPLE,
  findRun,
  promptVersionById,
  type RecordedSample,
  readRecordedSamples,
} from '@touchstone/db'
import type { Bench } from './bench.ts'
import { partialOf, unwritable } from './exported-file.ts'
import { promptLabel } from './plan-run.ts'

/** What `export run` wrote: one line for each completed sample; those without an answer are in no line. */
export type RunExport = { run: string; file: string; completions: number; withoutAnswer: number }

const PAGE_SIZE = 32

/**
 * Writes what a run's model answered as JSON Lines of recorded completions, so that `replay:FILE` gives the
 * same answers again. Pages are streamed to the file, which appears whole or not at all, readable to this user
 * alone. Throws `forbidden` where the run has holdout samples the actor may not see, `not_found`, `disk_full`.
 */
export async function exportRun(
  bench: Bench,
  { run: id, file }: { run: string; file: string },
): Promise<RunExport> {
  const { run, prompt, counts } = await asActor(bench.db, bench.credential, async (tx) => {
    const found = await findRun(tx, id)
    const version = await promptVersionById(tx, found.promptVersionId)
    return { run: found, prompt: promptLabel(version), counts: await countSamples(tx, found.id) }
  })
  const partial = await partialOf(file)
  try {
    const completions = await writePages(partial, (lines) =>
      streamRun(bench, { runId: run.id, prompt }, lines),
    )
    if (completions < counts.completed) throw hiddenSamples(counts.completed - completions)
    if (partial !== file) {
      await rename(partial, file).catch((cause: unknown) => {
        throw unwritable(file, cause)
      })
    }
    return { run: run.id, file, completions, withoutAnswer: counts.planned - counts.completed }
  } finally {
    if (partial !== file) await rm(partial, { force: true })
  }
}

function hiddenSamples(count: number): TouchstoneError {
  return new TouchstoneError(
    'forbidden',
    `${count} of the run's samples are holdout cases that you may not read; ask a quality lead to export it.`,
  )
}

async function writePages(
  path: string,
  work: (write: (text: string) => Promise<void>) => Promise<number>,
): Promise<number> {
  await using handle = await openNew(path)
  return await work(async (text) => {
    await handle.write(text).catch((cause: unknown) => {
      throw unwritable(path, cause)
    })
  })
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true })
    return await open(path, 'w', 0o600)
  } catch (cause) {
    throw unwritable(path, cause)
  }
}

async function streamRun(
  bench: Bench,
  { runId, prompt }: { runId: string; prompt: string },
  write: (text: string) => Promise<void>,
): Promise<number> {
  let after = FIRST_SAMPLE
  let completions = 0
  for (;;) {
    const page = { runId, after, limit: PAGE_SIZE }
    const { samples, mark } = await asActor(bench.db, bench.credential, (tx) => readRecordedSamples(tx, page))
    if (mark === null) return completions
    await write(samples.map((sample) => `${canonicalJson(recordingOf(sample, prompt))}\n`).join(''))
    completions += samples.length
    after = mark
  }
}

function recordingOf(sample: RecordedSample, prompt: string): RecordedCompletion {
  const { promptTokens, completionTokens, cachedTokens, latencyMs } = sample
  // A count that is not known has no place in the format, and 0 would be a lie.
  const isCounted = promptTokens !== null && completionTokens !== null
  return RecordedCompletion.parse({
    case: sample.name,
    prompt,
    repeat: sample.repeat,
    model: sample.model,
    text: sample.text,
    finish_reason: sample.finishReason ?? 'other',
    ...(isCounted
      ? {
          usage: {
            prompt_tokens: promptTokens,
            completion_tokens: completionTokens,
            ...(cachedTokens === null ? {} : { cached_tokens: cachedTokens }),
          },
        }
      : {}),
    ...(latencyMs === null ? {} : { latency_ms: latencyMs }),
  })
}
