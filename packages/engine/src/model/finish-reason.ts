import type { Completion } from '@touchstone/core'

/** A provider's word for the finish in ours; a refusal text outweighs it, and an unknown word is `other`. */
export function readFinishReason(raw: string | null, refusal: string | null): Completion['finishReason'] {
  if (refusal !== null && refusal !== '') return 'refusal'
  switch (raw) {
    case 'stop':
    case 'length':
    case 'content_filter':
    case 'refusal':
      return raw
    // Words of servers that speak the OpenAI dialect with an accent.
    case 'eos':
    case 'eos_token':
    case 'end_turn':
    case 'stop_sequence':
      return 'stop'
    case 'max_tokens':
      return 'length'
    default:
      return 'other'
  }
}
