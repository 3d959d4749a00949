import type {
  CheckedSample,
  JsonValue,
  ModuleVersion,
  Status,
  Unparsable,
  VerifiedSignals,
} from '@touchstone/core'
import { compileModuleRules } from './module-rules.ts'

/**
 * Holds a sample against the module's own rules: what each rule says of the chart, what the measure
 * would report, and which constraints the model's answers break.
 *
 * `outcomeByAi` comes from the model's answers alone; `outcomeByRule` from the rules where they decide
 * and the model's answers elsewhere. A signal without a status is "missing" to these expressions. An
 * answer that could not be read has no statuses at all; the rules still speak. The rules see the whole
 * payload, not only what was shown to the model. Throws `rule_invalid` as `compileModuleRules` does.
 */
export function check(input: {
  verified: VerifiedSignals | Unparsable
  payload: Record<string, JsonValue>
  moduleVersion: ModuleVersion
}): CheckedSample {
  const { verified, payload, moduleVersion } = input
  const moduleRules = compileModuleRules(moduleVersion)
  const answered = statusesOf(verified)
  const byAi = (code: string): Status | 'missing' => answered.get(code) ?? 'missing'
  const rules = moduleVersion.signals.map((signal) => ({
    code: signal.code,
    answer: moduleRules.answer(signal, payload),
  }))
  const decided = new Map(
    rules.flatMap(({ code, answer }) => (answer.kind === 'status' ? [[code, answer.status]] : [])),
  )
  return {
    stage: 'checked',
    rules,
    outcomeByAi: moduleRules.outcome(byAi),
    outcomeByRule: moduleRules.outcome((code) => decided.get(code) ?? byAi(code)),
    brokenConstraints: moduleRules.brokenConstraints(byAi),
  }
}

function statusesOf(verified: VerifiedSignals | Unparsable): Map<string, Status> {
  const statuses = new Map<string, Status>()
  if (verified.stage === 'unparsable') return statuses
  for (const signal of verified.signals) {
    if (signal.outcome === 'answered') statuses.set(signal.code, signal.status)
  }
  return statuses
}
