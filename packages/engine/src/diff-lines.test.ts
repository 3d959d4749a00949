import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffLines } from './diff-lines.ts'

/** Reads one side of a diff that shows everything back as text. */
function side(diff: string, mark: '-' | '+'): string {
  const lines = diff.split('\n').slice(1, -1)
  return lines
    .filter((line) => line[0] === ' ' || line[0] === mark)
    .map((line) => line.slice(1))
    .join('\n')
}

describe('diffLines', () => {
  it('shows a changed line with three lines around it', () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].join('\n')
    expect(diffLines({ before, after: before.replace('e', 'E') })).toBe(
      '@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n',
    )
  })

  it('says nothing of equal texts, and puts far changes into hunks of their own', () => {
    const before = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n')
    expect(diffLines({ before, after: before })).toBe('')
    const after = before.replace('line 2\n', '').replace('line 27', 'line 27!\nmore')
    expect(diffLines({ before, after }).match(/^@@.*@@$/gm)).toEqual(['@@ -1,6 +1,5 @@', '@@ -25,6 +24,7 @@'])
  })

  it('holds both texts whole, whatever they are', () => {
    const text = fc
      .array(fc.constantFrom('', 'a', 'b', 'c', '- d', '+'), { maxLength: 12 })
      .map((all) => all.join('\n'))
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = diffLines({ before, after }, 1000)
        if (before === after) return diff === ''
        return side(diff, '-') === before && side(diff, '+') === after
      }),
      { numRuns: 500 },
    )
  })
})
