import * as z from 'zod'

/** What a signal can be answered with. What each means depends on the signal's polarity. */
export const STATUSES = ['pass', 'fail', 'caution', 'inactive'] as const
export const Status = z.enum(STATUSES)
export type Status = z.infer<typeof Status>

/**
 * How a signal's statuses are to be read. compliance: met, not met, not eligible, undecidable.
 * presence: found, documented absent, chart silent, conflicting. ruleout: the exclusion applies,
 * documented not to, chart silent, conflicting.
 */
export const Polarity = z.enum(['compliance', 'presence', 'ruleout'])
export type Polarity = z.infer<typeof Polarity>

/** What the measure reports of one case. */
export const OUTCOMES = ['excluded', 'met', 'not_met', 'undetermined'] as const
export const Outcome = z.enum(OUTCOMES)
export type Outcome = z.infer<typeof Outcome>

/** What became of a signal of a sample, beside the four statuses: why there is no status to grade. */
export const NON_ANSWERS = ['missing', 'invalid', 'unparsable', 'refused', 'truncated'] as const
export type NonAnswer = (typeof NON_ANSWERS)[number]

/** A status, or the reason why there is none: the columns of a confusion table. */
export type Answered = Status | NonAnswer
