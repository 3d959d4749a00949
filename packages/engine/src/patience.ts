import { setTimeout as wait } from 'node:timers/promises'
import { TouchstoneError } from '@touchstone/core'

const PATIENCE_MS = 30_000
const DELAY_MS_FIRST = 100
const DELAY_MS_MAX = 2_000

/**
 * Tries something against the database again while the database is away, half a minute at most and never after
 * the signal has fired; then its `database_unreachable` comes out. What is tried must be harmless to do twice: a
 * connection may be lost after the commit and before its answer.
 */
export async function withPatience<T>(attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const until = Date.now() + PATIENCE_MS
  for (let delayMs = DELAY_MS_FIRST; ; delayMs = Math.min(delayMs * 2, DELAY_MS_MAX)) {
    try {
      return await attempt()
    } catch (error) {
      const isAway = error instanceof TouchstoneError && error.code === 'database_unreachable'
      if (!isAway || signal?.aborted === true || Date.now() + delayMs > until) throw error
    }
    await wait(delayMs)
  }
}
