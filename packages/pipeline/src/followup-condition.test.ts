import { assembleModuleVersion, type Status } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { compileFollowupCondition } from './followup-condition.ts'

const MODULE = 'orthopedics/timeliness_sch'
const moduleVersion = assembleModuleVersion({ id: MODULE, name: 'timeliness_sch' }, [
  { module: MODULE, code: 'on_time', label: 'On time', polarity: 'compliance' },
  { module: MODULE, code: 'npo', label: 'Fasting' },
  { module: MODULE, code: 'testing', label: 'Testing' },
])

function holds(when: string, statuses: Record<string, Status>): boolean {
  const condition = compileFollowupCondition({ when, moduleVersion })
  return condition.holds((code) => statuses[code] ?? 'missing')
}

describe('compileFollowupCondition', () => {
  it.each([
    { when: 'npo = pass', statuses: { npo: 'pass' as const }, expected: true },
    { when: 'npo=pass', statuses: { npo: 'caution' as const }, expected: false },
    { when: 'npo = pass', statuses: {}, expected: false },
    { when: 'npo = pass OR testing = caution', statuses: { testing: 'caution' as const }, expected: true },
    { when: 'npo = pass AND testing = pass', statuses: { npo: 'pass' as const }, expected: false },
    {
      when: 'npo = pass OR testing = pass AND on_time = fail',
      statuses: { npo: 'pass' as const },
      expected: true,
    },
    {
      when: '(npo = pass OR testing = pass) AND on_time = fail',
      statuses: { npo: 'pass' as const },
      expected: false,
    },
    { when: 'on_time OR npo', statuses: { on_time: 'fail' as const }, expected: true },
    { when: 'on_time OR npo', statuses: { on_time: 'pass' as const, npo: 'fail' as const }, expected: false },
  ])('finds "$when" $expected for $statuses', ({ when, statuses, expected }) => {
    expect(holds(when, statuses)).toBe(expected)
  })

  it('names each signal it looks at once', () => {
    const when = 'npo = pass OR npo = caution OR on_time = fail'

    expect(compileFollowupCondition({ when, moduleVersion }).codes).toEqual(['npo', 'on_time'])
  })

  it.each([
    { when: '', why: /a signal code is missing \(at character 1\)/ },
    { when: 'npo =', why: /a status is missing \(at character 6\)/ },
    { when: 'npo = passed', why: /"passed" is no status.*at character 7/ },
    { when: 'fasting = pass', why: /no signal "fasting".*at character 1/ },
    { when: 'npo = pass or testing = pass', why: /"or" is not expected.*at character 12/ },
    { when: '(npo = pass', why: /"\)" is missing \(at character 12\)/ },
    { when: 'npo == pass', why: /a status is missing \(at character 6\)/ },
    { when: 'npo = pass; drop', why: /";" means nothing.*at character 11/ },
    { when: 'OR npo', why: /a signal code is missing \(at character 1\)/ },
  ])('refuses "$when"', ({ when, why }) => {
    expect(() => compileFollowupCondition({ when, moduleVersion })).toThrow(why)
  })
})
