import type { RunSummary, SampleCounts } from '@touchstone/core'
import { percent, writeCount, writeDifference, writeMoney, writeRate, writeTime } from './figures.ts'

/** A model's name, said to be a baseline where it is one. */
export function writeModel(model: string): string {
  return model === 'heuristic' ? 'heuristic (offline baseline, not an LLM)' : model
}

/** The lines that say what run this is. */
export function runHeading(run: RunSummary): string {
  const { suite, goldVersion, prompt, model, repeats, split, samples, status } = run
  const extent = [
    `${writeCount(samples.planned)} samples`,
    ...(repeats > 1 ? [`${repeats} repeats`] : []),
    ...(split === null ? [] : [`${split} cases only`]),
  ]
  const lines = [
    `${suite} · gold ${goldVersion} · ${prompt} on ${writeModel(model)}`,
    `run ${run.run} · ${status} · ${extent.join(' · ')}${samplesLeft(samples)}`,
  ]
  if (run.stale !== null) lines.push(`The module's definitions have changed since this run: ${run.stale}`)
  return lines.join('\n')
}

function samplesLeft({ unfinished, pending }: SampleCounts): string {
  const left = [
    ...(unfinished > 0 ? [`${unfinished} unfinished`] : []),
    ...(pending > 0 ? [`${pending} pending`] : []),
  ]
  return left.length === 0 ? '' : ` · ${left.join(', ')}`
}

/** What is said of a run as a whole, each figure with its name. */
export function overallFacts(run: RunSummary): [string, string][] {
  const { overall, usage, cost, latencyMs } = run
  const { outcome } = overall
  return [
    ['all signals right', writeRate(overall.accuracy)],
    ['always the commonest answer', writeMajority(run)],
    ['whole case right', writeRate(overall.wholeCaseRight)],
    ['supported by evidence', writeRate(overall.supported)],
    ['unusable samples', writeRate(overall.unusable)],
    ['measure would report', writeRate(outcome.reported)],
    ['truth', writeRate(outcome.truth)],
    ['bias', writeDifference(outcome.bias)],
    ['measure by rules alone', writeRate(outcome.byRule)],
    ['broken constraints', writeCount(overall.brokenConstraints)],
    ['tokens', `${writeCount(usage.promptTokens)} in, ${writeCount(usage.completionTokens)} out`],
    [
      'cost',
      cost.priced ? `${writeMoney(cost.spentUsd)}, ${writeMoney(cost.perCaseUsd)} a case` : 'no price known',
    ],
    ['latency', `${writeTime(latencyMs.p50)} median, ${writeTime(latencyMs.p95)} at 95 %`],
  ]
}

/** What answering each signal with its commonest gold status would get right, over all signals. */
function writeMajority({ signals }: RunSummary): string {
  const known = signals.filter(({ majority }) => majority.share !== null)
  const n = known.reduce((sum, signal) => sum + signal.n, 0)
  const right = known.reduce((sum, { majority, n: samples }) => sum + (majority.share ?? 0) * samples, 0)
  return n === 0 ? 'nothing to count' : percent(right / n)
}

/** A signal's commonest gold status and its share: `always pass 70 %`. */
export function writeSignalMajority({ majority, n }: RunSummary['signals'][number]): string {
  if (n === 0) return 'nothing to count'
  if (majority.status === null || majority.share === null) return 'no gold'
  return `always ${majority.status} ${Math.round(majority.share * 100)} %`
}
