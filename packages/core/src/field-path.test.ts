import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  expandFieldPath,
  isPathCoveredBy,
  parseFieldPath,
  printFieldPath,
  resolveFieldPath,
} from './field-path.ts'

const chart = {
  times: { ArrivalInstant: '2025-01-01T08:00:00-05:00' },
  notes: [{ text: 'first' }, { text: 'second', author: 'nurse' }],
  'odd.key': { '[x]': 1 },
}

function steps(text: string): NonNullable<ReturnType<typeof parseFieldPath>> {
  const parsed = parseFieldPath(text)
  if (parsed === null) throw new Error(`no path: ${text}`)
  return parsed
}

describe('a field path', () => {
  it.each([
    ['times.ArrivalInstant', '2025-01-01T08:00:00-05:00'],
    ['notes[1].text', 'second'],
    ['["odd.key"]["[x]"]', 1],
    ['$.notes[0].text', 'first'],
    ['patient_payload.notes[0].text', 'first'],
  ])('%s resolves to its leaf', (path, value) => {
    expect(resolveFieldPath(chart, steps(path))).toEqual({ found: true, value })
  })

  it.each([
    'times.Missing',
    'notes[2].text',
    'notes.text',
    'times.ArrivalInstant.length',
    '__proto__',
    'notes[0].constructor',
  ])('%s leads nowhere', (path) => {
    expect(resolveFieldPath(chart, steps(path))).toEqual({ found: false })
  })

  it.each(['', '.', 'a..b', 'a[', 'a[b]', 'a[-1]', 'a]', 'a.[0].'])('%j is no path', (text) => {
    expect(parseFieldPath(text)).toBeNull()
  })

  it('prints in one way that reads back as the same steps', () => {
    const step = fc.oneof(
      fc.record({ member: fc.string({ minLength: 1, maxLength: 8 }) }),
      fc.record({ index: fc.nat(50) }),
      fc.constant({ any: true as const }),
    )
    const path = fc.array(step, { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(path, (original) => {
        const withMemberFirst = [{ member: 'root' }, ...original]
        expect(parseFieldPath(printFieldPath(withMemberFirst))).toEqual(withMemberFirst)
      }),
    )
  })

  it('covers itself and everything below it, by any index', () => {
    expect(isPathCoveredBy(steps('notes[3].text'), steps('notes[*]'))).toBe(true)
    expect(isPathCoveredBy(steps('notes[3].text'), steps('notes'))).toBe(true)
    expect(isPathCoveredBy(steps('notes.text'), steps('notes[*].text'))).toBe(true)
    expect(isPathCoveredBy(steps('notes'), steps('notes[*].text'))).toBe(false)
    expect(isPathCoveredBy(steps('notesheet'), steps('notes'))).toBe(false)
  })

  it('expands a pattern to every place it leads to, also over a single object', () => {
    expect(expandFieldPath(chart, steps('notes[*].text')).map((place) => place.value)).toEqual([
      'first',
      'second',
    ])
    expect(
      expandFieldPath({ notes: { text: 'only' } }, steps('notes[*].text')).map((place) => place.value),
    ).toEqual(['only'])
    expect(expandFieldPath(chart, steps('labs[*].value'))).toEqual([])
  })
})
