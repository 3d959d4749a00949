import { TouchstoneError } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { errorLine, exitCodeOf } from './error.ts'

describe('an error', () => {
  it.each([
    [
      { code: 'file_invalid', message: 'It is broken.', file: 'a.yaml', line: 3, field: 'b' },
      'It is broken. (a.yaml:3, b)',
    ],
    [
      { code: 'file_invalid', message: 'a.yaml, line 3: b is wrong.', file: 'a.yaml', line: 3, field: 'b' },
      'a.yaml, line 3: b is wrong.',
    ],
    [
      { code: 'file_invalid', message: 'a.yaml is broken.', file: 'a.yaml', line: 3 },
      'a.yaml is broken. (line 3)',
    ],
    [{ code: 'usage', message: 'Which suite?' }, 'Which suite?'],
  ] as const)('says its place once: %o', (report, line) => {
    expect(errorLine(report)).toBe(line)
  })

  it.each([
    [new TouchstoneError('usage', ''), 2],
    [new TouchstoneError('not_comparable', ''), 102],
    [new TouchstoneError('interrupted', ''), 101],
    [new TouchstoneError('not_found', ''), 1],
    [new Error('unexpected'), 1],
  ])('ends the command with its code', (error, exit) => {
    expect(exitCodeOf(error)).toBe(exit)
  })
})
