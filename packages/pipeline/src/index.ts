// A case and a prompt into messages, and an answer into signals

export { answerFormat, answerSchema } from './answer-schema.ts'
export { cutToContext } from './cut-to-context.ts'
export { type DeidentifyInput, deidentify, SYNTHETIC_FACILITY } from './deidentify.ts'
export { type ParseInput, parse } from './parse.ts'
export { type RenderInput, render } from './render.ts'
export {
  type CompiledPrompt,
  compilePrompt,
  type PromptFault,
  type UsedVariable,
} from './template/compile-prompt.ts'
export { gradingVersion, pipelineVersion } from './version.ts'

// Signals against the chart as it was shown

export { supportOf, type VerifyInput, verify } from './verify.ts'

// A verified sample against the module's own rules

export { check } from './check.ts'
export { compileModuleRules, type ModuleRules } from './module-rules.ts'

// A checked sample against gold

export { type GoldLabels, grade, isUnusable } from './grade.ts'

// Graded rows into a run's figures

export type { OutcomeRow } from './summarize/sample-tally.ts'
export type { GradedRow } from './summarize/signal-tally.ts'
export { createSummary, type GradedSummary, type SummaryInProgress } from './summarize.ts'

// Prompts, suites and follow-ups before anything is run

export { compileFollowupCondition, type FollowupCondition } from './followup-condition.ts'
export {
  LINT_CODES,
  LINT_LEVELS,
  type LintCode,
  type LintFinding,
  type LintLevel,
  type PromptPlaces,
} from './lint/finding.ts'
export type { PromptRouting } from './lint/routing.ts'
export { lintPrompt, lintSuite } from './lint.ts'
