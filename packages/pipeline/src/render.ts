import {
  type JsonValue,
  type Message,
  type ModuleVersion,
  type PromptDocument,
  type RenderedRequest,
  TouchstoneError,
} from '@touchstone/core'
import { answerFormat } from './answer-schema.ts'
import { cutToContext } from './cut-to-context.ts'
import { type CompiledPrompt, compilePrompt, type PromptFault } from './template/compile-prompt.ts'
import { promptVariables } from './template/prompt-variables.ts'
import { templateFault } from './template/template-language.ts'

const MESSAGE_CHARS_MAX = 20_000_000

/** What a render needs: a prompt's document, the module it asks about, one chart, and the case's pseudonym. */
export type RenderInput = {
  document: PromptDocument
  moduleVersion: ModuleVersion
  payload: JsonValue
  caseNumber: string
}

/**
 * Renders a prompt for one case: the messages a model gets, the form of the answer, and the part of
 * the chart that is shown. The same input gives the same text always. Text of the chart is data and
 * is never read as a template. Throws `template_invalid` naming section and line, and
 * `prompt_invalid` for a context path that cannot be read.
 */
export function render({ document, moduleVersion, payload, caseNumber }: RenderInput): RenderedRequest {
  const prompt = compilePrompt(document)
  const [fault] = prompt.faults
  if (fault) throw invalidTemplate(document, fault)
  const shown = cutToContext(payload, document.context)
  const variables = promptVariables(moduleVersion, { chart: shown, caseNumber })
  const messages = document.sections.map(({ role }, section): Message => {
    const input = { document, prompt, section, variables }
    if (dependsOnCase(prompt, section)) return { role, content: renderSection(input) }
    return { role, content: renderOnce(moduleVersion, input) }
  })
  return {
    stage: 'rendered',
    messages,
    answerFormat: answerFormat(moduleVersion, document.output),
    shown,
    contextPaths: document.context,
  }
}

type SectionInput = {
  document: PromptDocument
  prompt: CompiledPrompt
  section: number
  variables: Record<string, unknown>
}

/** Whether a section says anything of the chart or the case; one that does not is the same for every case. */
function dependsOnCase(prompt: CompiledPrompt, section: number): boolean {
  return prompt.variables.some((used) => used.section === section && /^(chart|case)\b/.test(used.path))
}

const renderedOnce = new WeakMap<PromptDocument, WeakMap<ModuleVersion, Map<number, string>>>()

/** Renders a section that is the same for every case, once for each prompt and module version. */
function renderOnce(moduleVersion: ModuleVersion, input: SectionInput): string {
  const byModule = renderedOnce.get(input.document) ?? new WeakMap<ModuleVersion, Map<number, string>>()
  renderedOnce.set(input.document, byModule)
  const sections = byModule.get(moduleVersion) ?? new Map<number, string>()
  byModule.set(moduleVersion, sections)
  const known = sections.get(input.section)
  if (known !== undefined) return known
  const content = renderSection(input)
  sections.set(input.section, content)
  return content
}

function renderSection({ document, prompt, section, variables }: SectionInput): string {
  let content: unknown
  try {
    // As globals, the variables also reach the shared pieces.
    content = prompt.engine.renderSync(prompt.sections[section] ?? [], {}, { globals: variables })
  } catch (error) {
    throw invalidTemplate(document, { section, ...templateFault(error) })
  }
  if (typeof content === 'string' && content.length <= MESSAGE_CHARS_MAX) return content
  const message = `it renders to more than ${MESSAGE_CHARS_MAX} characters`
  throw invalidTemplate(document, { section, message, partial: null, line: null })
}

function invalidTemplate(document: PromptDocument, fault: PromptFault): TouchstoneError {
  const { section, message, partial, line } = fault
  const role = document.sections[section]?.role ?? 'user'
  const piece = partial === null ? '' : `, shared piece "${partial}"`
  const place = line === null ? '' : `, line ${line}`
  return new TouchstoneError(
    'template_invalid',
    `The prompt "${document.name}" does not render: section ${section + 1} (# ${role})${piece}${place}: ${message}`,
    { field: `sections[${section}].template` },
  )
}
