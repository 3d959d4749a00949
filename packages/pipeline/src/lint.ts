import type {
  ErrorPlace,
  GoldCase,
  JsonValue,
  ModuleVersion,
  PromptDocument,
  SuiteDocument,
} from '@touchstone/core'
import type { LintFinding, PromptPlaces } from './lint/finding.ts'
import { lintGold, lintGoldTogether } from './lint/gold.ts'
import { lintPromptContext } from './lint/prompt-context.ts'
import { lintPromptText } from './lint/prompt-text.ts'
import { lintRouting, type PromptRouting } from './lint/routing.ts'
import { type CompiledPrompt, compilePrompt, type PromptFault } from './template/compile-prompt.ts'

/**
 * Everything that can be said of a prompt without running it: names that do not exist, signals and
 * limits that differ from the module's, a context that leads nowhere or gives answers away, and its
 * place among other prompts. `payloads` are some charts of the module; without them, and without
 * `routing`, those questions are left out.
 */
export function lintPrompt(input: {
  document: PromptDocument
  moduleVersion: ModuleVersion
  payloads?: readonly Record<string, JsonValue>[]
  routing?: PromptRouting
  places?: PromptPlaces
}): LintFinding[] {
  const { document, moduleVersion, payloads = [], routing, places = {} } = input
  const compiled = compilePrompt(document)
  const loopsOverSignals = usesVariable(compiled, 'signals')
  const knownWords = memberNames(payloads)
  const findings = [
    ...compiled.faults.map((fault) => templateFinding(fault, places)),
    ...lintChartUse(document, compiled),
    ...lintPromptText({ document, moduleVersion, places, loopsOverSignals, knownWords }),
    ...lintPromptContext({ document, moduleVersion, payloads }),
    ...(routing === undefined ? [] : lintRouting({ routing, document, module: moduleVersion.module })),
  ]
  const { file } = places
  return file === undefined ? findings : findings.map((finding) => ({ file, ...finding }))
}

/**
 * Everything that can be said of a suite without running it: gold that its module does not know,
 * forbids or contradicts, cites that cannot be given, too much leniency, too few cases. `places` says
 * where a case was read from. Throws `rule_invalid` when the module's own rules are broken.
 */
export function lintSuite(input: {
  suite: SuiteDocument
  cases: readonly GoldCase[]
  moduleVersion: ModuleVersion
  places?: ReadonlyMap<string, ErrorPlace>
}): LintFinding[] {
  const { suite, cases, moduleVersion, places } = input
  const ofCases = cases.flatMap((goldCase) =>
    lintGold({ goldCase, moduleVersion, place: places?.get(goldCase.case) ?? {} }),
  )
  return [...lintSuiteModule(suite, moduleVersion), ...ofCases, ...lintGoldTogether(cases, moduleVersion)]
}

function lintSuiteModule(suite: SuiteDocument, moduleVersion: ModuleVersion): LintFinding[] {
  if (suite.module === moduleVersion.module) return []
  const message = `the suite is for ${suite.module}, but is held against ${moduleVersion.module}`
  return [{ level: 'error', code: 'suite_module_differs', message, field: 'module' }]
}

function templateFinding(fault: PromptFault, { sectionLines }: PromptPlaces): LintFinding {
  const { section, message, partial, line } = fault
  const field = partial === null ? `sections[${section}].template` : `partials.${partial}`
  const first = sectionLines?.[section]
  const isPlaced = partial === null && line !== null && first !== undefined
  return {
    level: 'error',
    code: 'template_fault',
    message,
    field,
    ...(isPlaced ? { line: first + line - 1 } : {}),
  }
}

function lintChartUse(document: PromptDocument, compiled: CompiledPrompt): LintFinding[] {
  if (compiled.faults.length > 0 || usesVariable(compiled, 'chart')) return []
  const level = document.type === 'signal_processing' ? 'error' : 'warning'
  const message = 'the prompt never uses {{ chart }}, so the model sees nothing of the case'
  return [{ level, code: 'chart_not_shown', message, field: 'sections' }]
}

function usesVariable(compiled: CompiledPrompt, name: string): boolean {
  return compiled.variables.some(
    ({ path }) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`),
  )
}

/** Every member name in some charts, however deep. */
function memberNames(payloads: readonly JsonValue[]): Set<string> {
  const names = new Set<string>()
  const visit = (value: JsonValue): void => {
    if (value === null || typeof value !== 'object') return
    if (!Array.isArray(value)) for (const name of Object.keys(value)) names.add(name)
    for (const inner of Object.values(value)) visit(inner)
  }
  for (const payload of payloads) visit(payload)
  return names
}
