import { assembleModuleVersion, type SignalDefinition, TouchstoneError } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { compileModuleRules } from './module-rules.ts'

const MODULE = 'orthopedics/vte'
const MEASURE = { start: 'times.a', end: 'times.b', limit_minutes: 60, inclusive: true }

function compileWith(
  signal: Partial<SignalDefinition>,
  module: { outcome?: string; constraints?: string[] } = {},
): TouchstoneError | null {
  const definitions = [{ module: MODULE, code: 'prophylaxis', label: 'Prophylaxis', ...signal }]
  try {
    compileModuleRules(assembleModuleVersion({ id: MODULE, name: 'vte', ...module }, definitions))
    return null
  } catch (error) {
    if (error instanceof TouchstoneError) return error
    throw error
  }
}

describe('compileModuleRules', () => {
  it.each([
    { rule: 'has_path("a") ? "pass" :', why: /Unexpected token.*at character 25/ },
    { rule: 'hours_between("a", "b") > 3 ? "pass" : "fail"', why: /hours_between/ },
    { rule: 'nowhere == 1 ? "pass" : "fail"', why: /Unknown variable: nowhere/ },
    { rule: 'status("prophylaxis")', why: /status/ },
    { rule: 'has_path("a")', why: /gives a bool/ },
    { rule: 'has_path("a") ? "passed" : "fail"', why: /"passed".*pass, fail, caution, inactive, null/ },
    { rule: 'has_path("a") ? dyn("met") : dyn(null)', why: /"met"/ },
    { rule: 'has_path("a[") ? "pass" : "fail"', why: /"a\[" is no field path/ },
    { rule: 'limit_seconds == 3 ? "pass" : "fail"', why: /has no measure/ },
  ])('refuses the rule $rule', ({ rule, why }) => {
    const error = compileWith({ rule })

    expect(error?.code).toBe('rule_invalid')
    expect(error?.message).toMatch(why)
    expect(error?.message).toContain('orthopedics/vte/prophylaxis')
    expect(error?.place).toEqual({ field: 'signals.prophylaxis.rule' })
  })

  it.each([
    { outcome: 'status("unknown") == "pass" ? "met" : "not_met"', why: /no signal "unknown"/ },
    { outcome: 'status("prophylaxis") == "pass" ? "yes" : "no"', why: /"yes"/ },
    { outcome: 'has_path("a") ? "met" : "not_met"', why: /has_path/ },
    { outcome: 'status("prophylaxis") == "pass"', why: /gives a bool/ },
  ])('refuses the outcome $outcome', ({ outcome, why }) => {
    const error = compileWith({}, { outcome })

    expect(error?.message).toMatch(why)
    expect(error?.place).toEqual({ field: 'outcome' })
  })

  it('names the constraint that is wrong by its place', () => {
    const constraints = ['status("prophylaxis") != "fail"', 'status("prophylaxis")']

    expect(compileWith({}, { constraints })?.place).toEqual({ field: 'constraints[1]' })
  })

  it('accepts a rule on the measure of its own signal', () => {
    const rule = 'seconds_between(measure.start, measure.end) <= limit_seconds ? "pass" : "fail"'

    expect(compileWith({ rule, measure: MEASURE })).toBeNull()
  })

  it('compiles one version once', () => {
    const moduleVersion = assembleModuleVersion({ id: MODULE, name: 'vte' }, [])

    expect(compileModuleRules(moduleVersion)).toBe(compileModuleRules(moduleVersion))
  })
})
