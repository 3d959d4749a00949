import type { ASTNode } from '@marcbachmann/cel-js'
import {
  type ModuleVersion,
  OUTCOMES,
  type Outcome,
  parseFieldPath,
  type RuleAnswer,
  type Signal,
  STATUSES,
  type Status,
  TouchstoneError,
} from '@touchstone/core'
import {
  type ChartView,
  type Compiled,
  createChartLanguage,
  createStatusLanguage,
  type Expression,
  PATH_FUNCTIONS,
  type StatusView,
} from './rule-language.ts'

/** A module version's rules, ready to be asked. */
export type ModuleRules = {
  /** What the signal's rule says of a chart; `undecided` too where the rule gives null, no status, or fails on this chart. */
  answer: (signal: Signal, payload: ChartView['payload']) => RuleAnswer
  /** What the measure reports from statuses; `undetermined` where the module states no outcome or the expression gives none. */
  outcome: (statuses: StatusView) => Outcome
  /** The constraints (CEL text) that statuses break. */
  brokenConstraints: (statuses: StatusView) => string[]
}

const compiled = new WeakMap<ModuleVersion, ModuleRules>()

/**
 * Compiles a module version's rules, outcome and constraints, once for each version object.
 *
 * Throws `rule_invalid`, naming signal and field, when an expression does not parse, calls an unknown
 * function, names an unknown signal or a path that is none, reads a measure the signal does not have, or
 * gives something other than it should.
 */
export function compileModuleRules(moduleVersion: ModuleVersion): ModuleRules {
  const known = compiled.get(moduleVersion)
  if (known !== undefined) return known
  const rules = compileRules(moduleVersion)
  const { outcome, constraints } = compileOnStatuses(moduleVersion)
  const made: ModuleRules = {
    answer: (signal, payload) => answerOf(rules.get(signal.code), { payload, measure: signal.measure }),
    outcome: (statuses) => outcomeOf(outcome, statuses),
    brokenConstraints: (statuses) =>
      constraints.filter(({ holds }) => isBroken(holds, statuses)).map(({ text }) => text),
  }
  compiled.set(moduleVersion, made)
  return made
}

function answerOf(rule: Expression<ChartView> | undefined, view: ChartView): RuleAnswer {
  if (rule === undefined) return { kind: 'no_rule' }
  const answer = rule.evaluate(view)
  const status = answer.failed ? undefined : STATUSES.find((word) => word === answer.value)
  return status === undefined ? { kind: 'undecided' } : { kind: 'status', status }
}

function outcomeOf(expression: Expression<StatusView> | null, statuses: StatusView): Outcome {
  const answer = expression?.evaluate(statuses)
  if (answer === undefined || answer.failed) return 'undetermined'
  return OUTCOMES.find((word) => word === answer.value) ?? 'undetermined'
}

function isBroken(holds: Expression<StatusView>, statuses: StatusView): boolean {
  const answer = holds.evaluate(statuses)
  return !answer.failed && answer.value === false
}

function compileRules(moduleVersion: ModuleVersion): Map<string, Expression<ChartView>> {
  const language = createChartLanguage()
  const rules = new Map<string, Expression<ChartView>>()
  for (const signal of moduleVersion.signals) {
    if (signal.rule === null) continue
    const place = { id: `${moduleVersion.module}/${signal.code}`, field: `signals.${signal.code}.rule` }
    const expression = demand(language(signal.rule), place)
    demandResult(expression, { ...place, types: ['string', 'null', 'dyn'], words: [...STATUSES, null] })
    for (const node of everyNode(expression.ast)) demandChartNode(node, { signal, place })
    rules.set(signal.code, expression)
  }
  return rules
}

function compileOnStatuses(moduleVersion: ModuleVersion): {
  outcome: Expression<StatusView> | null
  constraints: { text: string; holds: Expression<StatusView> }[]
} {
  const language = createStatusLanguage()
  const codes = moduleVersion.signals.map((signal) => signal.code)
  const compileAt = (text: string, field: string): Expression<StatusView> => {
    const place = { id: moduleVersion.module, field }
    const expression = demand(language(text), place)
    for (const node of everyNode(expression.ast)) demandKnownCodes(node, { codes, place })
    return expression
  }
  let outcome: Expression<StatusView> | null = null
  if (moduleVersion.outcome !== null) {
    outcome = compileAt(moduleVersion.outcome, 'outcome')
    const place = { id: moduleVersion.module, field: 'outcome' }
    demandResult(outcome, { ...place, types: ['string', 'dyn'], words: OUTCOMES })
  }
  const constraints = moduleVersion.constraints.map((text, index) => {
    const field = `constraints[${index}]`
    const holds = compileAt(text, field)
    demandResult(holds, { id: moduleVersion.module, field, types: ['bool', 'dyn'], words: [true, false] })
    return { text, holds }
  })
  return { outcome, constraints }
}

type Place = { id: string; field: string }

function refuse({ id, field }: Place, why: string): TouchstoneError {
  return new TouchstoneError('rule_invalid', `${id}: ${field} is no valid expression: ${why}`, { field })
}

function demand<View>(result: Compiled<View>, place: Place): Expression<View> {
  if (!result.ok) throw refuse(place, result.why)
  return result.expression
}

function demandResult<View>(
  expression: Expression<View>,
  place: Place & { types: readonly string[]; words: readonly (Status | Outcome | boolean | null)[] },
): void {
  const allowed = place.words.map((word) => String(word)).join(', ')
  if (!place.types.includes(expression.type)) {
    throw refuse(place, `it gives a ${expression.type}; it must give one of ${allowed}`)
  }
  for (const literal of resultLiterals(expression.ast)) {
    if (!place.words.some((word) => word === literal)) {
      throw refuse(place, `it can give ${JSON.stringify(String(literal))}; it must give one of ${allowed}`)
    }
  }
}

function demandChartNode(node: ASTNode, { signal, place }: { signal: Signal; place: Place }): void {
  if (node.op === 'id' && signal.measure === null && ['measure', 'limit_seconds'].includes(node.args)) {
    throw refuse(place, `it reads ${node.args}, but the signal has no measure`)
  }
  if (node.op !== 'call' || !PATH_FUNCTIONS.includes(node.args[0])) return
  for (const text of literalTexts(node.args[1])) {
    if (parseFieldPath(text) === null) throw refuse(place, `"${text}" is no field path`)
  }
}

function demandKnownCodes(node: ASTNode, { codes, place }: { codes: string[]; place: Place }): void {
  if (node.op !== 'call' || node.args[0] !== 'status') return
  for (const code of literalTexts(node.args[1])) {
    if (!codes.includes(code)) throw refuse(place, `the module has no signal "${code}"`)
  }
}

function literalTexts(nodes: readonly ASTNode[]): string[] {
  return nodes.flatMap((node) => (node.op === 'value' && typeof node.args === 'string' ? [node.args] : []))
}

/** The literals an expression can end in: through ternaries and `dyn(…)`. */
function resultLiterals(node: ASTNode): unknown[] {
  if (node.op === 'value') return [node.args]
  if (node.op === '?:') return [...resultLiterals(node.args[1]), ...resultLiterals(node.args[2])]
  if (node.op === 'call' && node.args[0] === 'dyn') return node.args[1].flatMap(resultLiterals)
  return []
}

function everyNode(node: ASTNode): ASTNode[] {
  return [node, ...childrenOf(node).flatMap(everyNode)]
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'map':
      return node.args.flat()
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}
