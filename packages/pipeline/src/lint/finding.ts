import type { ErrorPlace } from '@touchstone/core'

/** How bad a finding is: an `error` makes figures wrong or answers impossible, a `warning` makes them doubtful, an `info` is worth knowing. */
export const LINT_LEVELS = ['error', 'warning', 'info'] as const
export type LintLevel = (typeof LINT_LEVELS)[number]

/** What the linter can find; the list is closed, so that a finding can be counted and looked up. */
export const LINT_CODES = [
  'template_fault',
  'chart_not_shown',
  'signal_missing',
  'signal_unknown',
  'threshold_differs',
  'reason_limit_differs',
  'reason_limit_unstated',
  'context_path_invalid',
  'context_path_absent',
  'context_leaks_answer',
  'cites_not_shown',
  'search_scope_not_shown',
  'prompt_type_differs',
  'prompt_module_differs',
  'route_collision',
  'route_near_collision',
  'route_crosses_type',
  'suite_module_differs',
  'case_repeated',
  'cluster_in_both_splits',
  'gold_signal_unknown',
  'gold_breaks_constraint',
  'gold_differs_from_rule',
  'gold_accepts_twice',
  'lenient_labels_many',
  'must_cite_invalid',
  'must_cite_absent',
  'must_cite_not_allowed',
  'gold_cases_few',
] as const
export type LintCode = (typeof LINT_CODES)[number]

/** One thing the linter found, and where; the message says what to do and repeats no chart text. */
export type LintFinding = { level: LintLevel; code: LintCode; message: string } & ErrorPlace

/** Where a prompt was read from: its file, and the line (1-based) on which each section's template begins. */
export type PromptPlaces = { file?: string; sectionLines?: readonly number[] }
