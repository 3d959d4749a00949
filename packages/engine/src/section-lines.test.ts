import { describe, expect, it } from 'vitest'
import { sectionLines } from './section-lines.ts'

describe('sectionLines', () => {
  it('are where the templates begin, after the front matter and blank lines', () => {
    const text = '---\nname: x\n# user\n---\n\n# system\n\nHello\n# user\n{{ chart }}\n'
    expect(sectionLines(text)).toEqual([8, 10])
  })
})
