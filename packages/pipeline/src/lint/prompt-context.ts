import {
  expandFieldPath,
  isPathCoveredBy,
  type JsonValue,
  type ModuleVersion,
  type PathStep,
  type PromptDocument,
  parseFieldPath,
  type Signal,
} from '@touchstone/core'
import type { LintFinding } from './finding.ts'

/** Parts of a chart that hold conclusions drawn from it, not facts. */
const LEAKING_PARTS = ['flags', 'derived', 'outcomes']

type ContextInput = {
  document: PromptDocument
  moduleVersion: ModuleVersion
  /** Some charts of the module; with none, nothing is said of paths that no chart has. */
  payloads: readonly Record<string, JsonValue>[]
}

/** What a prompt's context shows: paths that lead nowhere or give the answer away, and signals it leaves without evidence. */
export function lintPromptContext(input: ContextInput): LintFinding[] {
  const { document, moduleVersion, payloads } = input
  const paths: PathStep[][] = []
  const findings: LintFinding[] = []
  for (const [index, text] of document.context.entries()) {
    const steps = parseFieldPath(text)
    if (steps !== null) paths.push(steps)
    findings.push(...lintPath({ text, steps, payloads }, `context[${index}]`))
  }
  return [...findings, ...moduleVersion.signals.flatMap((signal) => lintSignal(signal, paths))]
}

function lintPath(
  { text, steps, payloads }: { text: string; steps: PathStep[] | null; payloads: ContextInput['payloads'] },
  field: string,
): LintFinding[] {
  if (steps === null) {
    const message = `"${text}" is no field path; write it like times.ArrivalInstant or notes[*].text`
    return [{ level: 'error', code: 'context_path_invalid', message, field }]
  }
  const findings: LintFinding[] = []
  if (steps.some((step) => 'member' in step && LEAKING_PARTS.includes(step.member))) {
    const message = `"${text}" holds conclusions that give the answer away; leave ${LEAKING_PARTS.join(', ')} out of the context`
    findings.push({ level: 'error', code: 'context_leaks_answer', message, field })
  }
  if (payloads.length > 0 && !payloads.some((payload) => expandFieldPath(payload, steps).length > 0)) {
    const message = `none of ${payloads.length} charts has "${text}"; correct the path or remove it`
    findings.push({ level: 'warning', code: 'context_path_absent', message, field })
  }
  return findings
}

function lintSignal(signal: Signal, context: readonly PathStep[][]): LintFinding[] {
  const findings: LintFinding[] = []
  const { code, allowedCites, searchScope } = signal
  if (allowedCites.length > 0 && !allowedCites.some((path) => isAnyOfItShown(path, context))) {
    const message = `the context shows nothing that ${code} may cite, so no answer to it can be supported; show one of ${allowedCites.join(', ')}`
    findings.push({ level: 'warning', code: 'cites_not_shown', message, field: 'context' })
  }
  const hidden = searchScope.filter((path) => !isWhollyShown(path, context))
  if (hidden.length > 0) {
    const message = `silence on ${code} cannot be proved where a chart has ${hidden.join(', ')}: the context does not show it; add it`
    findings.push({ level: 'warning', code: 'search_scope_not_shown', message, field: 'context' })
  }
  return findings
}

function isWhollyShown(path: string, context: readonly PathStep[][]): boolean {
  const steps = firstOfEach(path)
  return steps === null || context.some((shown) => isPathCoveredBy(steps, shown))
}

function isAnyOfItShown(path: string, context: readonly PathStep[][]): boolean {
  const steps = firstOfEach(path)
  if (steps === null) return false
  return context.some(
    (shown) =>
      isPathCoveredBy(steps, shown) || isPathCoveredBy(anyAsFirst(shown), parseFieldPath(path) ?? []),
  )
}

/** A pattern as one concrete path that stands for all it covers. */
function firstOfEach(path: string): PathStep[] | null {
  const steps = parseFieldPath(path)
  return steps === null ? null : anyAsFirst(steps)
}

function anyAsFirst(steps: readonly PathStep[]): PathStep[] {
  return steps.map((step) => ('any' in step ? { index: 0 } : step))
}
