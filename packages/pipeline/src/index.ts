// A verified sample against the module's own rules
export { check } from './check.ts'
// A checked sample against gold
export { type GoldLabels, grade, isUnusable } from './grade.ts'
export { compileModuleRules, type ModuleRules } from './module-rules.ts'
export type { OutcomeRow } from './summarize/sample-tally.ts'
export type { GradedRow } from './summarize/signal-tally.ts'
// Graded rows into a run's figures
export { createSummary, type GradedSummary, type SummaryInProgress } from './summarize.ts'
