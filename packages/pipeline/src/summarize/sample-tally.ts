import type { Estimate, Outcome, OutcomeSummary } from '@touchstone/core'
import { estimatePairedBias, estimateRateOfUnits } from '../statistics/index.ts'
import { inOrder } from './in-order.ts'

/** One sample as a whole, graded, as a flat row: what the measure reports from it, and whether it can be used. */
export type OutcomeRow = {
  goldCase: string
  cluster: string
  repeat: number
  outcomeByAi: Outcome
  outcomeByRule: Outcome
  outcomeByGold: Outcome
  brokenConstraints: number
  isWholeCaseRight: boolean | null
  isUnusable: boolean
}

type Part = { total: number; count: number }
type CaseTally = {
  cluster: string
  ai: Part
  rule: Part
  gold: Part
  whole: Part
  unusable: Part
}

/** What whole samples add to a summary's `overall`. */
type SampleSummary = {
  wholeCaseRight: Estimate
  unusable: Estimate
  outcome: OutcomeSummary
  brokenConstraints: number
}

/** The counts over whole samples; grows with the cases, not with repeats. */
export type SampleTally = { add: (row: OutcomeRow) => void; finish: (confidence: number) => SampleSummary }

/** Starts counting whole samples. */
export function createSampleTally(): SampleTally {
  const cases = new Map<string, CaseTally>()
  const counts = { ai: emptyOutcomes(), rule: emptyOutcomes(), gold: emptyOutcomes() }
  let brokenConstraints = 0
  return {
    add: (row) => {
      addToCase(cases, row)
      counts.ai[row.outcomeByAi] += 1
      counts.rule[row.outcomeByRule] += 1
      counts.gold[row.outcomeByGold] += 1
      brokenConstraints += row.brokenConstraints
    },
    finish: (confidence) => {
      const tallies = inOrder(cases)
      const estimate = (part: (tally: CaseTally) => Part): Estimate =>
        estimateRateOfUnits({
          units: tallies.map((tally) => ({ cluster: tally.cluster, ...part(tally) })),
          confidence,
        })
      const biasUnits = tallies.map(({ cluster, ai, gold }) => ({ cluster, reported: ai, truth: gold }))
      return {
        wholeCaseRight: estimate((tally) => tally.whole),
        unusable: estimate((tally) => tally.unusable),
        outcome: {
          reported: estimate((tally) => tally.ai),
          truth: estimate((tally) => tally.gold),
          bias: estimatePairedBias({ units: biasUnits, confidence }),
          byRule: estimate((tally) => tally.rule),
          counts,
        },
        brokenConstraints,
      }
    },
  }
}

function addToCase(cases: Map<string, CaseTally>, row: OutcomeRow): void {
  const known = cases.get(row.goldCase)
  const tally = known ?? emptyCase(row.cluster)
  cases.set(row.goldCase, tally)
  addOutcome(tally.ai, row.outcomeByAi)
  addOutcome(tally.rule, row.outcomeByRule)
  // Gold is the case's, not the repeat's: it counts once.
  if (known === undefined) addOutcome(tally.gold, row.outcomeByGold)
  if (row.isWholeCaseRight !== null) addTo(tally.whole, row.isWholeCaseRight)
  addTo(tally.unusable, row.isUnusable)
}

function addOutcome(part: Part, outcome: Outcome): void {
  if (outcome === 'met' || outcome === 'not_met') addTo(part, outcome === 'met')
}

function addTo(part: Part, isSo: boolean): void {
  part.count += 1
  if (isSo) part.total += 1
}

function emptyCase(cluster: string): CaseTally {
  const empty = (): Part => ({ total: 0, count: 0 })
  return { cluster, ai: empty(), rule: empty(), gold: empty(), whole: empty(), unusable: empty() }
}

function emptyOutcomes(): Record<Outcome, number> {
  return { excluded: 0, met: 0, not_met: 0, undetermined: 0 }
}
