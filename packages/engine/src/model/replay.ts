import type { Completion, RecordedCompletion } from '@touchstone/core'
import { cancelledCall, failedCall } from './call-failure.ts'
import { readFinishReason } from './finish-reason.ts'
import type { Model } from './model.ts'
import { indexRecordings, readRecording } from './recording-index.ts'

/**
 * A `replay:FILE`: answers every sample with what was recorded for its case, prompt version and
 * repeat. Memory grows with the number of recordings, not with their texts. Throws `file_unreadable`
 * or `recording_invalid` on opening.
 */
export async function openReplay(file: string, name = `replay:${file}`): Promise<Model> {
  const index = await indexRecordings(file)
  return {
    name,
    provider: 'replay',
    leavesHouse: false,
    async complete({ sample }, { signal }) {
      if (signal.aborted) return cancelledCall(0)
      const startedAt = performance.now()
      const place = index.find(sample)
      if (place === null) {
        const message = `${file} has no recording of ${sample.case}, ${sample.prompt}, repeat ${sample.repeat}.`
        return failedCall({ kind: 'no_recording', message, latencyMs: performance.now() - startedAt })
      }
      const recording = await readRecording(file, place, sample)
      const latencyMs = performance.now() - startedAt
      return signal.aborted
        ? cancelledCall(latencyMs)
        : { ok: true, completion: completionOf(recording, latencyMs) }
    },
  }
}

function completionOf(recording: RecordedCompletion, readMs: number): Completion {
  const { usage } = recording
  return {
    text: recording.text,
    finishReason: readFinishReason(recording.finish_reason, null),
    finishReasonRaw: recording.finish_reason,
    refusal: null,
    modelReturned: recording.model,
    usage: {
      promptTokens: usage?.prompt_tokens ?? null,
      completionTokens: usage?.completion_tokens ?? null,
      cachedTokens: usage?.cached_tokens ?? null,
    },
    latencyMs: recording.latency_ms ?? readMs,
    details: { replayed: true, isLatencyRecorded: recording.latency_ms !== undefined },
  }
}
