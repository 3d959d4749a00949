import { type RunSummary, type SignalSummary, type Status, TouchstoneError } from '@touchstone/core'
import { estimateRateOfUnits } from './statistics/index.ts'
import { createSampleTally, type OutcomeRow } from './summarize/sample-tally.ts'
import { createSignalTally, type GradedRow, SHARES, type Share } from './summarize/signal-tally.ts'

/** The part of a run's summary that comes from graded rows. */
export type GradedSummary = Pick<RunSummary, 'signals' | 'overall'>

/** A summary in the making: rows go in, in any order and one at a time. */
export type SummaryInProgress = {
  /** Counts one signal of one sample; throws `internal` when the code is none of the module's. */
  add: (row: GradedRow) => void
  /** Counts one whole sample; once for each sample, graded signals or not. */
  addOutcome: (row: OutcomeRow) => void
  /** The summary of all rows so far. */
  finish: () => GradedSummary
}

/**
 * Starts a summary of the signals given, in their order.
 *
 * Totals come from rows alone. Every rate takes repeats together within their case and is clustered by
 * `cluster`; the overall accuracy takes a case's signals as one cluster too. `supported` counts, of the
 * answers with a status, those whose evidence is `supported`, and `unusable` the samples marked so.
 * Memory grows with cases × signals, not with repeats.
 */
export function createSummary(input: {
  signals: readonly { code: string; adverseStatus: Status }[]
  confidence?: number
}): SummaryInProgress {
  const { confidence = 0.95 } = input
  const tallies = new Map(input.signals.map((signal) => [signal.code, createSignalTally(signal)]))
  const samples = createSampleTally()
  const overallUnits = (share: Share) => [...tallies.values()].flatMap((tally) => [...tally.units(share)])
  return {
    add: (row) => {
      const tally = tallies.get(row.code)
      if (tally === undefined) {
        throw new TouchstoneError('internal', `a graded row is for "${row.code}", which is not summarized`)
      }
      tally.add(row)
    },
    addOutcome: samples.add,
    finish: () => {
      const signals = [...tallies.values()].map((tally) => tally.finish(confidence))
      const accuracy = estimateRateOfUnits({ units: overallUnits(SHARES.accuracy), confidence })
      const supported = estimateRateOfUnits({ units: overallUnits(SHARES.supported), confidence })
      const correct = addUp(signals, (signal) => signal.correct)
      const n = addUp(signals, (signal) => signal.n)
      return { signals, overall: { n, correct, accuracy, supported, ...samples.finish(confidence) } }
    },
  }
}

function addUp(signals: readonly SignalSummary[], figure: (signal: SignalSummary) => number): number {
  return signals.reduce((total, signal) => total + figure(signal), 0)
}
