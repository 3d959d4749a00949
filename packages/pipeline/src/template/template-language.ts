import { canonicalJson, TouchstoneError } from '@touchstone/core'
import { Liquid, LiquidError, RenderTag } from 'liquidjs'

/** What went wrong in a template: in the section itself or in a shared piece, on which line (1-based), where known. */
export type TemplateFault = { message: string; partial: string | null; line: number | null }

// Only what gives the same text from the same input on any machine and day: no dates, no locale, no chance.
const FILTERS = new Set(
  [
    'append prepend capitalize downcase upcase strip lstrip rstrip strip_newlines squish normalize_whitespace',
    'replace replace_first replace_last remove remove_first remove_last slice split truncate truncatewords',
    'abs at_least at_most ceil divided_by floor minus modulo plus round times',
    'compact concat first join last map reject reverse size sort sum uniq where default',
  ].flatMap((line) => line.split(' ')),
)
const TAGS = new Set(
  'assign break capture case comment continue cycle echo for if liquid raw render unless #'.split(' '),
)

const TEMPLATE_CHARS_MAX = 2_000_000
const OBJECTS_MAX = 50_000_000
// A clock is read for this guard alone: it can stop a render, and never changes one.
const RENDER_MS_MAX = 5_000

/**
 * The template language of prompts: Liquid without files, clock, locale or chance, strict about names.
 * Shared pieces come from `partials` and nowhere else.
 */
export function templateLanguage(partials: Readonly<Record<string, string>>): Liquid {
  const engine = new Liquid({
    templates: Object.assign(Object.create(null), partials),
    cache: true,
    strictVariables: true,
    strictFilters: true,
    // A condition or `default` may ask for what a chart does not have; printing it stays an error.
    lenientIf: true,
    ownPropertyOnly: true,
    outputEscape: printable,
    parseLimit: TEMPLATE_CHARS_MAX,
    renderLimit: RENDER_MS_MAX,
    memoryLimit: OBJECTS_MAX,
  })
  for (const name of Object.keys(engine.filters)) if (!FILTERS.has(name)) engine.unregisterFilter(name)
  for (const name of Object.keys(engine.tags)) if (!TAGS.has(name)) Reflect.deleteProperty(engine.tags, name)
  engine.registerFilter('json', (value: unknown, ...rest: unknown[]) => {
    if (rest.length > 0) throw invalid('json takes no argument: it always prints canonical JSON')
    return canonicalJson(value ?? null)
  })
  engine.registerTag('render', namedPieces(partials))
  return engine
}

function namedPieces(partials: Readonly<Record<string, string>>): typeof RenderTag {
  return class extends RenderTag {
    constructor(...[token, rest, liquid, parser]: ConstructorParameters<typeof RenderTag>) {
      const name = /^\s*(['"])([^'"{}]+)\1/.exec(token.args)?.[2]
      if (name === undefined) throw invalid('render takes the name of a shared piece in quotation marks')
      if (!Object.hasOwn(partials, name)) throw invalid(`there is no shared piece "${name}"`)
      super(token, rest, liquid, parser)
    }
  }
}

/** What `{{ … }}` prints; a list or object printed without `json` or `join` would reach the model as "[object Object]". */
function printable(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return String(value)
    throw invalid('a calculation gives no number')
  }
  throw invalid('a list or an object is printed as it is; add | json, or | join: ", " for a list')
}

function invalid(message: string): TouchstoneError {
  return new TouchstoneError('template_invalid', message)
}

/** Says what an error of the language is about, in the template's own words only: values of the chart never get into the message. */
export function templateFault(error: unknown): TemplateFault {
  if (!LiquidError.is(error)) return { message: plainReason(error), partial: null, line: null }
  const place = { partial: error.token.file ?? null, line: error.token.getPosition()[0] ?? null }
  if (error.name === 'UndefinedVariableError') {
    return { message: `undefined variable: ${error.token.getText()}`, ...place }
  }
  if (error.name === 'RenderError') return { message: plainReason(error.originalError), ...place }
  return { message: error.message.replace(/(, file:.*)?, line:\d+, col:\d+$/s, ''), ...place }
}

function plainReason(error: unknown): string {
  if (error instanceof TouchstoneError) return error.message
  const message = error instanceof Error ? error.message : ''
  if (/ limit exceeded$| expect \d+ arguments?$/.test(message)) return message
  if (error instanceof RangeError) return 'it is too deep or too long (does a shared piece render itself?)'
  return `it cannot be rendered (${error instanceof Error ? error.name : 'unknown reason'})`
}
