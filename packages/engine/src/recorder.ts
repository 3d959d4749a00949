import type { SampleRecord } from '@touchstone/db'
import { withPatience } from './patience.ts'

/** Takes walked samples and records them in batches, while the next ones are being walked. */
export type Recorder = {
  /** Hands a sample in; waits when too many are waiting to be recorded. */
  add(record: SampleRecord): Promise<void>
  /** Waits until all that was handed in is recorded. */
  finish(): Promise<void>
}

const BATCH_MAX = 64
const WAITING_MAX = 256

/**
 * Records whatever has gathered as soon as the batch before it is written: slow models are recorded
 * one by one, fast ones in large batches. A database that goes away is waited for, half a minute; then
 * the error comes out of `add` or `finish`, and the samples not yet recorded stay pending.
 */
export function createRecorder(record: (batch: SampleRecord[]) => Promise<unknown>): Recorder {
  let waiting: SampleRecord[] = []
  let draining: Promise<void> | null = null
  let failure: { error: unknown } | null = null

  async function drain(): Promise<void> {
    while (waiting.length > 0 && failure === null) {
      const batch = waiting.slice(0, BATCH_MAX)
      waiting = waiting.slice(BATCH_MAX)
      try {
        await withPatience(() => record(batch))
      } catch (error) {
        failure = { error }
      }
    }
    draining = null
  }

  async function finish(): Promise<void> {
    while (draining !== null) await draining
    if (failure !== null) throw failure.error
  }

  return {
    async add(sample) {
      waiting.push(sample)
      draining ??= drain()
      if (waiting.length >= WAITING_MAX) await draining
      if (failure !== null) throw failure.error
    },
    finish,
  }
}
