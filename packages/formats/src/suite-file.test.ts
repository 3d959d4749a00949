import { assembleModuleVersion, TouchstoneError } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import {
  checkCase,
  readCaseFile,
  readCaseLine,
  readSuiteFile,
  writeCaseFile,
  writeCaseLine,
  writeSuiteFile,
} from './suite-file.ts'

const moduleVersion = assembleModuleVersion({ id: 'a/b', name: 'b' }, [
  { module: 'a/b', code: 'seen', label: 'Seen' },
])
const text = `case: C-1
payload:
  times: { Start: "2025-01-01T00:00:00Z" }
  notes: [{ text: "secret words" }]
gold:
  seen: { status: pass, must_cite: [times.Start, ["notes[0].text", "notes[*].text"]], why: it stands there }
`

function fault(work: () => unknown): TouchstoneError {
  try {
    work()
  } catch (error) {
    if (error instanceof TouchstoneError) return error
  }
  throw new Error('nothing was refused')
}

describe('a case file', () => {
  it('is read, and written in a way that reads back the same', () => {
    const goldCase = readCaseFile({ text, file: 'c.yaml' })
    expect(goldCase.gold.seen?.status).toBe('pass')
    expect(readCaseFile({ text: writeCaseFile(goldCase), file: 'c.yaml' })).toEqual(goldCase)
    expect(readCaseLine({ text: writeCaseLine(goldCase), file: 'c.jsonl', line: 1 })).toEqual(goldCase)
  })

  it.each([
    ['an unknown status', text.replace('status: pass', 'status: yes'), 6, 'gold.seen.status'],
    ['a key of no meaning', text.replace('why:', 'because:'), 6, 'gold.seen'],
    ['no payload', text.replace('payload:', 'chart:'), 1, 'payload'],
    ['a key that stands twice', `${text}case: C-2\n`, 7, undefined],
  ])('with %s is refused, naming line and field and repeating no value', (_name, broken, line, field) => {
    const error = fault(() => readCaseFile({ text: broken, file: 'c.yaml' }))
    expect(error.place).toMatchObject({ file: 'c.yaml', line })
    expect(error.place.field).toBe(field)
    expect(error.message).not.toContain('secret words')
  })

  it('holds text that looks like a date or a number as it is written', () => {
    const goldCase = readCaseFile({
      text: text.replace('"secret words"', '"0012", when: 2025-01-01, code: 1e3x'),
      file: 'c',
    })
    expect(goldCase.payload.notes).toEqual([{ text: '0012', when: '2025-01-01', code: '1e3x' }])
  })

  it.each([
    ['a signal the module has not', text.replace('seen:', 'heard:'), 'gold.heard'],
    ['a cite that leads nowhere', text.replace('times.Start', 'times.End'), 'gold.seen.must_cite[0]'],
    [
      'an alternative that is the status itself',
      text.replace('status: pass', 'status: pass, also_accept: [pass]'),
      'gold.seen.also_accept',
    ],
  ])('with %s does not fit its module', (_name, broken, field) => {
    const goldCase = readCaseFile({ text: broken, file: 'c.yaml' })
    expect(fault(() => checkCase({ goldCase, file: 'c.yaml', moduleVersion })).place).toMatchObject({ field })
  })
})

describe('a chart that could not be kept as it is', () => {
  const lineOf = (payload: string): string => `{"case":"C-1","payload":${payload},"gold":{}}`
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

  it.each([600, 6_000, 100_000])(
    'is refused with its line when it is nested %i deep (regression)',
    (depth) => {
      const line = lineOf(`{"deep":${nested(depth)}}`)
      const error = fault(() => readCaseLine({ text: line, file: 'c.jsonl', line: 3 }))
      expect(error).toMatchObject({ code: 'suite_invalid', place: { file: 'c.jsonl', line: 3 } })
      const yaml = `case: C-1\npayload: { deep: ${nested(Math.min(depth, 6_000))} }\ngold: {}\n`
      expect(fault(() => readCaseFile({ text: yaml, file: 'c.yaml' }))).toMatchObject({
        code: 'suite_invalid',
      })
    },
  )

  it('is refused, not cut, when it has a member named __proto__ (regression)', () => {
    const line = lineOf('{"notes":[{"__proto__":{"x":1}}]}')
    expect(fault(() => readCaseLine({ text: line, file: 'c.jsonl', line: 1 })).place.field).toBe(
      'payload.notes.0.__proto__',
    )
    const yaml = 'case: C-1\npayload: { __proto__: { x: 1 } }\ngold: {}\n'
    expect(fault(() => readCaseFile({ text: yaml, file: 'c.yaml' })).place.field).toBe('payload.__proto__')
  })

  it('is kept whole when it is only odd', () => {
    const odd = '{"constructor":{"y":2},"text":"\\u0000 \\ud800 \\u202e","big":1e308}'
    const goldCase = readCaseLine({ text: lineOf(odd), file: 'c.jsonl', line: 1 })
    expect(goldCase.payload).toEqual(JSON.parse(odd))
  })
})

describe('a suite file', () => {
  it('fills in the defaults of its gate policy and is written so that it reads back the same', () => {
    const suite = readSuiteFile({
      text: 'name: S\nmodule: a/b\ngate: { criteria: [{ must_pass: { in: all } }] }\n',
      file: 's.yaml',
    })
    expect(suite.gate).toMatchObject({ baseline: 'current', confidence: 0.95, max_verdict_age_days: 14 })
    expect(readSuiteFile({ text: writeSuiteFile(suite), file: 's.yaml' })).toEqual(suite)
  })

  it('names the criterion that is wrong', () => {
    const broken =
      'name: S\nmodule: a/b\ngate:\n  criteria:\n    - detect: { signals: all, low_at_least: 2, min_n: 22 }\n'
    const error = fault(() => readSuiteFile({ text: broken, file: 's.yaml' }))
    expect(error.place).toMatchObject({ line: 5, field: 'gate.criteria.0.detect.low_at_least' })
  })
})
