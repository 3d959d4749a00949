import {
  clusterOf,
  type ErrorPlace,
  expandFieldPath,
  type GoldCase,
  type GoldLabel,
  isPathCoveredBy,
  type ModuleVersion,
  parseFieldPath,
  type Signal,
} from '@touchstone/core'
import { compileModuleRules, type ModuleRules } from '../module-rules.ts'
import type { LintFinding } from './finding.ts'

type GoldInput = {
  goldCase: GoldCase
  moduleVersion: ModuleVersion
  place: ErrorPlace
}

/** What is wrong with the gold of one case: labels the module does not know or forbids, and cites that cannot be given. */
export function lintGold(input: GoldInput): LintFinding[] {
  const { goldCase, moduleVersion, place } = input
  const rules = compileModuleRules(moduleVersion)
  const findings = lintConstraints(input, rules)
  for (const [code, label] of Object.entries(goldCase.gold)) {
    const field = `gold.${code}`
    const signal = moduleVersion.signals.find((known) => known.code === code)
    if (signal === undefined) {
      const message = `${goldCase.case}: ${moduleVersion.module} has no signal "${code}"; correct the code or remove the label`
      findings.push({ level: 'error', code: 'gold_signal_unknown', message, field })
      continue
    }
    findings.push(...lintLabel({ goldCase, signal, label }, rules), ...lintCites({ goldCase, signal, label }))
  }
  return findings.map((finding) => ({ ...place, ...finding }))
}

function lintConstraints({ goldCase }: GoldInput, rules: ModuleRules): LintFinding[] {
  const statuses = new Map(Object.entries(goldCase.gold).map(([code, label]) => [code, label.status]))
  return rules
    .brokenConstraints((code) => statuses.get(code) ?? 'missing')
    .map((constraint) => ({
      level: 'error',
      code: 'gold_breaks_constraint',
      message: `${goldCase.case}: the labels break the module's constraint ${constraint}; correct one of them`,
      field: 'gold',
    }))
}

type LabelInput = { goldCase: GoldCase; signal: Signal; label: GoldLabel }

function lintLabel({ goldCase, signal, label }: LabelInput, rules: ModuleRules): LintFinding[] {
  const findings: LintFinding[] = []
  const field = `gold.${signal.code}`
  if (label.also_accept?.includes(label.status) === true) {
    const message = `${goldCase.case}: ${signal.code} accepts "${label.status}" beside itself; remove it from also_accept`
    findings.push({ level: 'warning', code: 'gold_accepts_twice', message, field: `${field}.also_accept` })
  }
  const answer = rules.answer(signal, goldCase.payload)
  if (answer.kind === 'status' && answer.status !== label.status) {
    const message = `${goldCase.case}: ${signal.code} is labelled ${label.status}, its rule says ${answer.status}; make sure that the label is meant so`
    findings.push({ level: 'info', code: 'gold_differs_from_rule', message, field })
  }
  return findings
}

function lintCites({ goldCase, signal, label }: LabelInput): LintFinding[] {
  const groups = label.must_cite ?? []
  return groups.flatMap((group, index) => {
    const field = `gold.${signal.code}.must_cite[${index}]`
    const paths = typeof group === 'string' ? [group] : group
    const faults = paths.flatMap((path) => lintCitePath(path, { goldCase, field }))
    const isAllowed = paths.some((path) => isAllowedCite(path, signal))
    if (faults.length > 0 || isAllowed) return faults
    const message = `${goldCase.case}: ${signal.code} may not cite ${paths.join(' or ')}, so this can never be met; allow it or ask for another place`
    return [{ level: 'error', code: 'must_cite_not_allowed', message, field }]
  })
}

function lintCitePath(
  path: string,
  { goldCase, field }: { goldCase: GoldCase; field: string },
): LintFinding[] {
  const steps = parseFieldPath(path)
  if (steps === null) {
    const message = `${goldCase.case}: "${path}" is no field path; write it like times.ArrivalInstant or notes[0].text`
    return [{ level: 'error', code: 'must_cite_invalid', message, field }]
  }
  if (expandFieldPath(goldCase.payload, steps).length > 0) return []
  const message = `${goldCase.case}: "${path}" does not resolve in the case's chart; correct it or remove it`
  return [{ level: 'error', code: 'must_cite_absent', message, field }]
}

function isAllowedCite(path: string, signal: Signal): boolean {
  if (signal.allowedCites.length === 0) return true
  const steps = (parseFieldPath(path) ?? []).map((step) => ('any' in step ? { index: 0 } : step))
  return signal.allowedCites.some((allowed) => {
    const pattern = parseFieldPath(allowed)
    if (pattern === null) return false
    const whole = pattern.map((step) => ('any' in step ? { index: 0 } : step))
    return isPathCoveredBy(steps, pattern) || isPathCoveredBy(whole, parseFieldPath(path) ?? [])
  })
}

/** Below this many clusters with gold, no criterion of a gate can decide on a signal. */
const CLUSTERS_FEW = 10
/** The share of labels that may accept a second status before grading loses its teeth. */
const LENIENT_SHARE_MAX = 0.1

/** What is wrong with a suite's gold as a whole: repeated names, patients in both splits, too much leniency, signals with too few cases. */
export function lintGoldTogether(cases: readonly GoldCase[], moduleVersion: ModuleVersion): LintFinding[] {
  return [
    ...repeatedNames(cases),
    ...clustersInBothSplits(cases),
    ...lenientShare(cases),
    ...fewCases(cases, moduleVersion),
  ]
}

function repeatedNames(cases: readonly GoldCase[]): LintFinding[] {
  const names = cases.map((goldCase) => goldCase.case)
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  return [...repeated].map((name) => ({
    level: 'error',
    code: 'case_repeated',
    message: `${name} names more than one case; give each its own name`,
    field: 'case',
  }))
}

function clustersInBothSplits(cases: readonly GoldCase[]): LintFinding[] {
  const splits = new Map<string, Set<string>>()
  for (const goldCase of cases) {
    const cluster = clusterOf(goldCase)
    splits.set(cluster, (splits.get(cluster) ?? new Set()).add(goldCase.split ?? 'tune'))
  }
  return [...splits]
    .filter(([, names]) => names.size > 1)
    .map(([cluster]) => ({
      level: 'warning',
      code: 'cluster_in_both_splits',
      message: `cases of the cluster "${cluster}" stand in tune and in holdout, so the holdout is not unseen; keep a cluster in one split`,
      field: 'split',
    }))
}

function lenientShare(cases: readonly GoldCase[]): LintFinding[] {
  const labels = cases.flatMap((goldCase) => Object.values(goldCase.gold))
  const lenient = labels.filter((label) => (label.also_accept ?? []).length > 0).length
  if (lenient <= labels.length * LENIENT_SHARE_MAX) return []
  const share = `${lenient} of ${labels.length} labels`
  const message = `${share} accept a second status, more than ${LENIENT_SHARE_MAX * 100} %; settle the doubtful ones`
  return [{ level: 'warning', code: 'lenient_labels_many', message, field: 'gold' }]
}

function fewCases(cases: readonly GoldCase[], moduleVersion: ModuleVersion): LintFinding[] {
  return moduleVersion.signals.flatMap((signal): LintFinding[] => {
    const labelled = cases.filter((goldCase) => Object.hasOwn(goldCase.gold, signal.code))
    const clusters = new Set(labelled.map(clusterOf)).size
    if (clusters >= CLUSTERS_FEW) return []
    const message = `${signal.code} has gold in ${clusters} independent cases; below ${CLUSTERS_FEW} nothing can be decided on it`
    return [{ level: 'info', code: 'gold_cases_few', message }]
  })
}
