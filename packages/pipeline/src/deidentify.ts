import { type OutboundRequest, type RenderedRequest, TouchstoneError } from '@touchstone/core'

/** The facility whose charts are made up and hold no one's data. */
export const SYNTHETIC_FACILITY = 'synthetic'

/** Whose chart it is, and whether the provider sends it over a network (`openai`) or answers here (`heuristic`, `replay`, `scripted`). */
export type DeidentifyInput = { facility: string; leavesHouse: boolean }

/**
 * Makes a rendered request ready to be sent. Charts of the synthetic facility, and charts that stay
 * in the house, go as they are; any other throws `forbidden`, for there is no de-identification yet
 * that would make sending them safe.
 */
export function deidentify(
  rendered: RenderedRequest,
  { facility, leavesHouse }: DeidentifyInput,
): OutboundRequest {
  if (leavesHouse && facility !== SYNTHETIC_FACILITY) {
    throw new TouchstoneError(
      'forbidden',
      `Charts of facility "${facility}" may not be sent to a provider outside the house until de-identification is set up; use a local model (heuristic, replay or scripted).`,
    )
  }
  return {
    stage: 'outbound',
    messages: rendered.messages,
    answerFormat: rendered.answerFormat,
    restore: new Map(),
    deidentification: 'identity',
  }
}
