import type { RunSummary } from '@touchstone/core'
import { writeRate } from './figures.ts'
import { writeSupported } from './run-table.ts'
import { overallFacts, runHeading, writeSignalMajority } from './run-words.ts'
import { type Column, layOutTable } from './table.ts'

/** Two runs of one suite beside each other, signal by signal, then as wholes. */
export function writeSideBySide([left, right]: readonly [RunSummary, RunSummary]): string {
  const names = shortNames([left, right])
  const others = new Map(right.signals.map((signal) => [signal.signal, signal]))
  const columns: Column[] = [
    { heading: 'signal' },
    { heading: 'always-majority' },
    ...names.map((name) => ({ heading: `${name} right` })),
    ...names.map((name) => ({ heading: `${name} supported`, isNumber: true })),
  ]
  const rows = left.signals.map((signal) => {
    const other = others.get(signal.signal)
    return [
      signal.signal,
      writeSignalMajority(signal),
      writeRate(signal.accuracy),
      other ? writeRate(other.accuracy) : 'not asked',
      writeSupported(signal),
      other ? writeSupported(other) : 'not asked',
    ]
  })
  const beside = new Map(overallFacts(right))
  const overall = overallFacts(left).map(([name, value]) => [name, value, beside.get(name) ?? ''])
  return [
    runHeading(left),
    runHeading(right),
    '',
    layOutTable(columns, rows),
    '',
    layOutTable([{ heading: '' }, ...names.map((heading) => ({ heading }))], overall),
  ].join('\n')
}

/** The shortest names that tell the two apart: their versions, else their models, else both. */
function shortNames([left, right]: readonly [RunSummary, RunSummary]): [string, string] {
  const versions: [string, string] = [versionOf(left.prompt), versionOf(right.prompt)]
  if (left.prompt === right.prompt) return [left.model, right.model]
  const isTold = left.model === right.model && versions[0] !== versions[1]
  return isTold ? versions : [`${left.prompt} on ${left.model}`, `${right.prompt} on ${right.model}`]
}

function versionOf(prompt: string): string {
  return /[@#][^@#]*$/.exec(prompt)?.[0] ?? prompt
}
