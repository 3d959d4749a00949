import { TouchstoneError } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { promptFileVersion, readPromptFile, writePromptFile } from './prompt-file.ts'

const text = `---
name: Small
type: signal_processing
context: [times, notes]
---

# system
Answer. {% render 'shared/rules' %}

# user
{{ chart | json }}
`
const partials = {
  'shared/rules': "Be exact. {% render 'shared/deep' %}",
  'shared/deep': 'Deep.',
  'shared/other': 'Other.',
}

function faultOf(broken: string): { message: string; line?: number | undefined; field?: string | undefined } {
  try {
    readPromptFile({ text: broken, file: 'v1.md', partials })
  } catch (error) {
    if (error instanceof TouchstoneError) return { message: error.message, ...error.place }
  }
  throw new Error('the prompt was read')
}

describe('a prompt file', () => {
  it('is read into sections, with defaults, and takes in only the pieces it renders', () => {
    const document = readPromptFile({ text, file: 'v1.md', partials })

    expect(document.sections).toEqual([
      { role: 'system', template: "Answer. {% render 'shared/rules' %}" },
      { role: 'user', template: '{{ chart | json }}' },
    ])
    expect(document.model).toBe('heuristic')
    expect(Object.keys(document.partials)).toEqual(['shared/deep', 'shared/rules'])
  })

  it('keeps the order of sections, also of few-shot examples', () => {
    const withExample = text.replace('# user', '# user\nan example\n\n# assistant\n{}\n\n# user')
    const { sections } = readPromptFile({ text: withExample, file: 'v1.md', partials })
    expect(sections.map((section) => section.role)).toEqual(['system', 'user', 'assistant', 'user'])
  })

  it('is written in a way that reads back the same and is written the same again', () => {
    const document = readPromptFile({ text, file: 'v1.md', partials })
    const written = writePromptFile(document)
    const again = readPromptFile({ text: written, file: 'v1.md', partials })

    expect(again).toEqual(document)
    expect(writePromptFile(again)).toBe(written)
  })

  it('read with Windows line ends is the same document', () => {
    const windows = readPromptFile({ text: text.replaceAll('\n', '\r\n'), file: 'v1.md', partials })
    expect(windows).toEqual(readPromptFile({ text, file: 'v1.md', partials }))
  })

  it.each([
    ['no front matter', 'hello', 1, undefined],
    ['an unknown key', text.replace('name: Small', 'name: Small\ncolour: red'), 2, undefined],
    ['a wrong type', text.replace('signal_processing', 'signals'), 3, 'type'],
    ['an empty context', text.replace('[times, notes]', '[]'), 4, 'context'],
    ['broken YAML', text.replace('[times, notes]', '[times'), 4, undefined],
    ['text before a section', text.replace('# system', 'Hello\n# system'), 7, undefined],
    ['an unknown piece', text.replace('shared/rules', 'shared/none'), undefined, 'shared/none'],
  ])('with %s is refused, naming line and field', (_fault, broken, line, field) => {
    const fault = faultOf(broken)
    expect(fault.line).toBe(line)
    expect(fault.field).toBe(field)
  })

  it('without a user section is refused, since the chart would never be sent', () => {
    expect(faultOf(text.replace('# user', '# assistant')).message).toMatch(/never be sent/)
  })
})

it.each([
  ['v1.md', 1],
  ['v12.md', 12],
  ['v0.md', null],
  ['draft.md', null],
])('%s is version %s', (name, version) => {
  expect(promptFileVersion(name)).toBe(version)
})
