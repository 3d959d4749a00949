import { describe, expect, it } from 'vitest'
import { partPrompt } from './entries.ts'

describe('the signals of a prompt', () => {
  it.each([
    [
      'headings',
      '## Signals\n### `first_one`: label\n- Definition: x\n### `second_one`: label\n\n# Rules\nBe exact.',
    ],
    ['bullets', '- `first_one`: label\n- `second_one`: label\n\nBe exact.'],
    ['numbers', '1. first_one – label\n   * definition: x\n2. second_one – label\n\nBe exact.'],
    [
      'tags',
      '<signal code="first_one">\nlabel\n</signal>\n<signal code="second_one">\nlabel\n</signal>\nBe exact.',
    ],
    ['JSON', '[{"code":"first_one","label":"x"},{"code":"second_one","label":"y"}]\nBe exact.'],
    ['prose', 'Decide on first_one (label) and on second_one (label).\n\nBe exact.'],
  ])('are found as %s, apart from the rest', (_, text) => {
    const { entries, rest } = partPrompt(text)

    expect(entries.map(({ code }) => code)).toEqual(['first_one', 'second_one'])
    expect(rest.join('\n')).toContain('Be exact.')
  })
})
