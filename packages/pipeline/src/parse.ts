import type { Completion, ModuleVersion, ParsedSignals, Unparsable } from '@touchstone/core'
import { findAnswer } from './answer/find-answer.ts'
import { readSignals } from './answer/read-signals.ts'
import { isProseRefusal } from './answer/refusal.ts'

/** What a model wrote, and the module it was asked about. */
export type ParseInput = Pick<Completion, 'text' | 'finishReason' | 'refusal'> & {
  moduleVersion: ModuleVersion
}

/**
 * Reads a completion into one entry for each signal of the module, or says why it cannot be read.
 *
 * Strict: what departs from the form asked is counted as a defect, an answer that was cut off is
 * `truncated` whatever could be made of it, and nothing is answered that the model did not write.
 * Never throws; takes time linear in the text.
 */
export function parse({
  text,
  finishReason,
  refusal,
  moduleVersion,
}: ParseInput): ParsedSignals | Unparsable {
  if (finishReason === 'content_filter') return unparsable('refused', 'The provider filtered the answer.')
  if (finishReason === 'refusal' || (refusal !== null && refusal.trim() !== '')) {
    return unparsable('refused', 'The model refused, by the word of the provider.')
  }
  const isEndKnownCut = finishReason === 'length'
  const found = findAnswer(text, { isEndKnownCut })
  switch (found.kind) {
    case 'found':
      return readSignals(found.entries, { moduleVersion, defects: found.defects })
    case 'cut':
      return unparsable(
        'truncated',
        isEndKnownCut
          ? 'The answer reached its length limit before its JSON was whole.'
          : 'The JSON of the answer stands open at its end.',
      )
    case 'not_found':
      if (!found.hasJson && isProseRefusal(text)) {
        return unparsable('refused', 'The answer refuses in words and holds no JSON.')
      }
      return unparsable('unparsable', whyNotFound(text, found.hasJson))
  }
}

function whyNotFound(text: string, hasJson: boolean): string {
  if (hasJson) return 'The answer is not JSON of the form asked: an object with a list "signals".'
  return text.trim() === '' ? 'The answer is empty.' : 'The answer holds no JSON.'
}

function unparsable(why: Unparsable['why'], detail: string): Unparsable {
  return { stage: 'unparsable', why, detail }
}
