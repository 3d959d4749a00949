import { type PromptDocument, parseFieldPath } from '@touchstone/core'
import type { Liquid, StaticAnalysis, Template, Variable } from 'liquidjs'
import { CASE_FIELDS, MODULE_FIELDS, PROMPT_VARIABLES, SIGNAL_FIELDS } from './prompt-variables.ts'
import { type TemplateFault, templateFault, templateLanguage } from './template-language.ts'

/** A fault with the section (0-based) in which it shows. */
export type PromptFault = TemplateFault & { section: number }

/** A variable that a prompt uses (`chart.times.ArrivalInstant`, `signal.code`), and where: section (0-based), shared piece if in one, line (1-based). */
export type UsedVariable = { path: string; section: number; partial: string | null; line: number }

/** A prompt's templates, parsed once: what they use and what is wrong with them; it renders only when `faults` is empty. */
export type CompiledPrompt = {
  variables: UsedVariable[]
  faults: PromptFault[]
  engine: Liquid
  sections: Template[][]
}

const compiled = new WeakMap<PromptDocument, CompiledPrompt>()

/** Parses a prompt's sections and shared pieces and checks every name in them, once per document object; never throws for what is written in a prompt. */
export function compilePrompt(document: PromptDocument): CompiledPrompt {
  const known = compiled.get(document)
  if (known) return known
  const engine = templateLanguage(document.partials)
  const prompt: CompiledPrompt = { variables: [], faults: [], engine, sections: [] }
  document.sections.forEach(({ template }, section) => {
    try {
      const parsed = engine.parse(template)
      prompt.sections.push(parsed)
      const analysis = engine.analyzeSync(parsed, { partials: true })
      prompt.variables.push(...usedVariables(analysis.variables, section))
      prompt.faults.push(...unknownNames(analysis, { document, section }))
    } catch (error) {
      prompt.faults.push({ section, ...templateFault(error) })
    }
  })
  compiled.set(document, prompt)
  return prompt
}

function usedVariables(variables: StaticAnalysis['variables'], section: number): UsedVariable[] {
  return Object.values(variables)
    .flat()
    .map((variable) => ({
      path: String(variable),
      section,
      partial: variable.location.file ?? null,
      line: variable.location.row,
    }))
}

function unknownNames(
  analysis: StaticAnalysis,
  { document, section }: { document: PromptDocument; section: number },
): PromptFault[] {
  const shown = shownMembers(document.context)
  const loops = signalLoops(document)
  const faults: PromptFault[] = []
  const check = (variable: Variable, isGlobal: boolean): void => {
    const message = unknownName(variable, { isGlobal, shown, loops })
    const { file, row } = variable.location
    if (message) faults.push({ section, message, partial: file ?? null, line: row })
  }
  for (const variable of Object.values(analysis.globals).flat()) check(variable, true)
  for (const [name, uses] of Object.entries(analysis.variables)) {
    if (loops.has(name) && !Object.hasOwn(analysis.locals, name)) for (const use of uses) check(use, false)
  }
  return faults
}

type Names = { isGlobal: boolean; shown: ReadonlySet<string> | null; loops: ReadonlySet<string> }

function unknownName(variable: Variable, { isGlobal, shown, loops }: Names): string | null {
  const [root, field, deeper] = variable.segments
  const unknown = `undefined variable: ${variable}`
  if (!isGlobal)
    return typeof root === 'string' && loops.has(root) ? unknownField(field, SIGNAL_FIELDS, unknown) : null
  switch (PROMPT_VARIABLES.find((name) => name === root)) {
    case undefined:
      return `${unknown} (there is ${PROMPT_VARIABLES.join(', ')})`
    case 'chart':
      return typeof field === 'string' && shown && !shown.has(field)
        ? `${unknown} ("${field}" is not in the prompt's context)`
        : null
    case 'module':
      return unknownField(field, MODULE_FIELDS, unknown)
    case 'case':
      return unknownField(field, CASE_FIELDS, unknown)
    case 'signals':
      return typeof field === 'number' ? unknownField(deeper, SIGNAL_FIELDS, unknown) : null
  }
}

function unknownField(
  field: Variable['segments'][number] | undefined,
  fields: readonly string[],
  message: string,
): string | null {
  return typeof field === 'string' && !fields.includes(field)
    ? `${message} (there is ${fields.join(', ')})`
    : null
}

/** The top members of a chart that a context shows; null where any could be. */
function shownMembers(context: readonly string[]): Set<string> | null {
  const members = new Set(['size'])
  for (const path of context) {
    const [first] = parseFieldPath(path) ?? []
    if (first === undefined || !('member' in first)) return null
    members.add(first.member)
  }
  return members
}

/** Loop variables that stand for a signal wherever they occur (`for signal in signals`). */
function signalLoops({ sections, partials }: PromptDocument): Set<string> {
  const overSignals = new Set<string>()
  const overOthers = new Set<string>()
  for (const text of [...sections.map((section) => section.template), ...Object.values(partials)]) {
    for (const [, name = '', collection] of text.matchAll(/\bfor\s+([\w-]+)\s+in\s+([\w.[\]"'-]+)/g)) {
      if (collection === 'signals') overSignals.add(name)
      else overOthers.add(name)
    }
  }
  for (const name of overOthers) overSignals.delete(name)
  return overSignals
}
