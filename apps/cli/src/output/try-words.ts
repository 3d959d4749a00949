import type { TryOutput } from '@touchstone/core'
import { writeTime } from './figures.ts'
import { writeModel } from './run-words.ts'
import { layOutTable } from './table.ts'

/** A tried case for people: which prompt answered, each signal held against gold, and the parts that were asked for. */
export function writeTry(output: TryOutput): string {
  const { suite, route, model, usage, latencyMs } = output
  const tokens =
    usage.promptTokens === null ? '' : ` · ${usage.promptTokens} + ${usage.completionTokens ?? 0} tokens`
  return [
    `${suite} ${output.case} · ${route.prompt} on ${writeModel(model)} · ${writeTime(latencyMs)}${tokens}`,
    ...(route.isExact
      ? []
      : [`answered by ${route.step}, found along the route${route.crossesType ? ', of another type' : ''}`]),
    ...(output.failure === null ? [] : [`unfinished: ${output.failure.kind}: ${output.failure.message}`]),
    ...(output.signals === null ? [] : ['', writeSignals(output.signals)]),
    ...(output.outcome === null ? [] : ['', writeOutcome(output.outcome)]),
    ...(output.defects.length === 0 ? [] : [`defects: ${output.defects.join(', ')}`]),
    ...(output.messages ?? []).flatMap(({ role, content }) => ['', `── ${role}`, content]),
    ...(output.answer === null ? [] : ['', '── answer', output.answer]),
    ...(output.evidence === null ? [] : ['', writeEvidence(output.evidence)]),
  ].join('\n')
}

function writeSignals(signals: NonNullable<TryOutput['signals']>): string {
  const columns = ['', 'signal', 'answered', 'gold', 'support', 'cites'].map((heading) => ({ heading }))
  const rows = signals.map(({ signal, answered, expected, grade, support, evidence }) => [
    grade === null ? ' ' : grade === 'correct' ? '✓' : grade === 'lenient' ? '~' : '✕',
    signal,
    answered,
    expected ?? 'no gold',
    support ?? 'no answer',
    Object.entries(evidence)
      .map(([verification, count]) => `${count} ${verification}`)
      .join(', '),
  ])
  return layOutTable(columns, rows)
}

function writeOutcome({ ai, rule, gold }: NonNullable<TryOutput['outcome']>): string {
  return `measure: ${ai} by the answers, ${rule} by the rules, ${gold} by gold`
}

function writeEvidence(evidence: NonNullable<TryOutput['evidence']>): string {
  const columns = ['signal', 'cite', 'verdict', 'why', 'excerpt', 'stands there'].map((heading) => ({
    heading,
  }))
  const rows = evidence.map(({ signal, path, verification, note, excerpt, value }) =>
    [signal, path, verification, note, excerpt ?? '', value ?? ''].map(inOneLine),
  )
  return layOutTable(columns, rows)
}

const CELL_MAX = 80

function inOneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > CELL_MAX ? `${line.slice(0, CELL_MAX - 1)}…` : line
}
