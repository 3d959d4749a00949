import type { CallOutcome, ModelCall } from '@touchstone/core'

/**
 * Whatever answers a call: the one interface of every provider.
 *
 * `complete` makes one attempt. A fault of the plumbing, a cancelled call included, is a failed
 * outcome; a broken set-up is thrown as a `TouchstoneError`.
 */
export type Model = {
  readonly name: string
  readonly provider: 'heuristic' | 'openai' | 'replay' | 'scripted'
  /** Whether chart text leaves this machine. */
  readonly leavesHouse: boolean
  complete(call: ModelCall, options: { signal: AbortSignal }): Promise<CallOutcome>
}
