import type { RunSummary } from '@touchstone/core'
import { writeRate, writeShare } from './figures.ts'
import { overallFacts, runHeading, writeSignalMajority } from './run-words.ts'
import { type Column, layOutFacts, layOutTable } from './table.ts'

type SignalLine = RunSummary['signals'][number]
type SignalColumn = Column & { cell: (signal: SignalLine) => string }

const COLUMNS: readonly SignalColumn[] = [
  { heading: 'signal', cell: ({ signal }) => signal },
  { heading: 'right', cell: ({ accuracy }) => writeRate(accuracy) },
  { heading: 'always-majority', cell: writeSignalMajority },
  { heading: 'n', isNumber: true, cell: ({ n }) => String(n) },
]
const TRAILING: readonly SignalColumn[] = [
  { heading: 'supported', isNumber: true, cell: writeSupported },
  { heading: 'rule agrees', isNumber: true, cell: writeRule },
]
// The first four are always shown; a column of nothing but noughts would only take room from the others.
const SHOWN_GRADES = ['wrong', 'missing', 'invalid', 'unparsable'] as const
const SELDOM_GRADES = ['lenient', 'refused', 'truncated'] as const

/** One run for people: what it was, a line for each signal, and what is to be said of the whole. */
export function writeRun(run: RunSummary): string {
  const grades = [
    ...SHOWN_GRADES,
    ...SELDOM_GRADES.filter((grade) => run.signals.some((signal) => signal.grades[grade] > 0)),
  ]
  const columns = [...COLUMNS, ...grades.map(gradeColumn), ...TRAILING]
  const rows = run.signals.map((signal) => columns.map(({ cell }) => cell(signal)))
  return [runHeading(run), '', layOutTable(columns, rows), '', layOutFacts(overallFacts(run))].join('\n')
}

function gradeColumn(grade: (typeof SHOWN_GRADES | typeof SELDOM_GRADES)[number]): SignalColumn {
  return { heading: grade, isNumber: true, cell: ({ grades }) => String(grades[grade]) }
}

/** The share of a signal's answers whose cites carry them. */
export function writeSupported({ support }: SignalLine): string {
  const whole = Object.values(support).reduce((sum, count) => sum + count, 0)
  return writeShare({ part: support.supported, whole, none: 'no answers' })
}

function writeRule({ rule }: SignalLine): string {
  return writeShare({ part: rule.agrees, whole: rule.n, none: 'no rule' })
}
