import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js'
import {
  expandFieldPath,
  type JsonValue,
  type Measure,
  type PathStep,
  parseFieldPath,
  type Status,
  spanBetween,
} from '@touchstone/core'

/** What a signal's rule may read: the whole chart, and the signal's own limit. */
export type ChartView = { payload: Record<string, JsonValue>; measure: Measure | null }
/** What a module's outcome and constraints may read: each signal's status, or that there is none. */
export type StatusView = (code: string) => Status | 'missing'

/** An expression that parsed and type-checked. `evaluate` gives its value, or `failed` where it has none on this view. */
export type Expression<View> = {
  ast: ASTNode
  type: string
  evaluate: (view: View) => { failed: false; value: unknown } | { failed: true }
}
/** An expression, or why it is none (naming the place in the text, 1-based). */
export type Compiled<View> = { ok: true; expression: Expression<View> } | { ok: false; why: string }

/** The functions of the rule language that take field paths. */
export const PATH_FUNCTIONS: readonly string[] = ['seconds_between', 'has_path', 'value', 'text_at']

/**
 * Makes a compiler for signal rules, in CEL. A rule sees `chart` (the payload), `measure` (`start`,
 * `end`, `limit_minutes`, `inclusive`; null without one), `limit_seconds` (int, or null), `inclusive`, and
 *
 * - `seconds_between(start, end)`: whole seconds, negative when reversed; null when a stamp is missing, no stamp, not the only one at its path, or only one of the two has an offset
 * - `has_path(path)`: whether something other than null, blank text or an empty list or map stands there
 * - `value(path)`: the first value there, or null
 * - `text_at(path)`: the text of all leaves at the path, one a line; "" when there is none
 */
export function createChartLanguage(): (source: string) => Compiled<ChartView> {
  // Handlers get no context, and evaluation is synchronous: the chart at hand is kept here meanwhile.
  const current: { payload: JsonValue } = { payload: null }
  const at = (path: string): JsonValue[] => valuesAt(current.payload, path)
  const environment = new Environment()
    .registerVariable('chart', 'map')
    .registerVariable('measure', 'dyn')
    .registerVariable('limit_seconds', 'dyn')
    .registerVariable('inclusive', 'bool')
    .registerFunction('seconds_between(string, string): dyn', (start: string, end: string) =>
      secondsBetween(at(start), at(end)),
    )
    .registerFunction('has_path(string): bool', (path: string) => at(path).some(isSomething))
    .registerFunction('value(string): dyn', (path: string) => at(path)[0] ?? null)
    .registerFunction('text_at(string): string', (path: string) =>
      at(path).filter(isLeaf).map(String).join('\n'),
    )
  return (source) =>
    compile(environment, source, (run, view: ChartView) => {
      current.payload = view.payload
      return run({
        chart: view.payload,
        measure: view.measure,
        limit_seconds: view.measure === null ? null : limitSeconds(view.measure),
        inclusive: view.measure?.inclusive ?? false,
      })
    })
}

/** Makes a compiler for outcomes and constraints, in CEL, which see only `status(code)`: a status, or "missing". */
export function createStatusLanguage(): (source: string) => Compiled<StatusView> {
  const current: { status: StatusView } = { status: () => 'missing' }
  const environment = new Environment().registerFunction('status(string): string', (code: string) =>
    current.status(code),
  )
  return (source) =>
    compile(environment, source, (run, view: StatusView) => {
      current.status = view
      return run({})
    })
}

/** A measure's limit to the nearest second, as stamps are read to the second. */
function limitSeconds(measure: Measure): bigint {
  return BigInt(Math.round(measure.limit_minutes * 60))
}

function compile<View>(
  environment: Environment,
  source: string,
  start: (run: ParseResult, view: View) => unknown,
): Compiled<View> {
  let parsed: ParseResult
  try {
    parsed = environment.parse(source)
  } catch (error) {
    return { ok: false, why: describe(error) }
  }
  const checked = parsed.check()
  if (!checked.valid) return { ok: false, why: describe(checked.error) }
  const evaluate: Expression<View>['evaluate'] = (view) => {
    try {
      return { failed: false, value: start(parsed, view) }
    } catch {
      // CEL raises where a chart lacks what the expression reads: that is the chart's answer, not a fault.
      return { failed: true }
    }
  }
  return { ok: true, expression: { ast: parsed.ast, type: checked.type ?? 'dyn', evaluate } }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be read'
  const first = error.message.split('\n')[0] ?? ''
  const start = 'range' in error ? rangeStart(error.range) : null
  return start === null ? first : `${first} (at character ${start + 1})`
}

function rangeStart(range: unknown): number | null {
  if (typeof range !== 'object' || range === null || !('start' in range)) return null
  return typeof range.start === 'number' ? range.start : null
}

function valuesAt(payload: JsonValue, path: string): JsonValue[] {
  const steps: PathStep[] | null = parseFieldPath(path)
  if (steps === null) return []
  return expandFieldPath(payload, steps).flatMap(({ value }) => (isJson(value) ? [value] : []))
}

function isJson(value: unknown): value is JsonValue {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol'
}

function secondsBetween(start: JsonValue[], end: JsonValue[]): bigint | null {
  if (start.length !== 1 || end.length !== 1) return null
  const span = spanBetween(start[0], end[0])
  return span.kind === 'unknown' ? null : BigInt(span.seconds)
}

function isLeaf(value: JsonValue): value is string | number | boolean {
  return value !== null && typeof value !== 'object'
}

function isSomething(value: JsonValue): boolean {
  if (value === null) return false
  if (typeof value === 'string') return value.trim() !== ''
  return typeof value !== 'object' || Object.keys(value).length > 0
}
