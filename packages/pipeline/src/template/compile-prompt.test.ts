import { expect, it } from 'vitest'
import { samplePrompt } from '../testing.ts'
import { compilePrompt } from './compile-prompt.ts'

it('lists what a prompt uses with section, shared piece and line', () => {
  const document = samplePrompt(
    [
      { role: 'system', template: 'x\n{{ module.name }}' },
      { role: 'user', template: '{% render "a" %}{{ chart.times.ArrivalInstant }}' },
    ],
    { a: '{% for s in signals %}\n{{ s.code }}{% endfor %}' },
  )

  const { variables, faults } = compilePrompt(document)

  expect(faults).toEqual([])
  expect(variables).toContainEqual({ path: 'module.name', section: 0, partial: null, line: 2 })
  expect(variables).toContainEqual({ path: 's.code', section: 1, partial: 'a', line: 2 })
  expect(variables).toContainEqual({ path: 'chart.times.ArrivalInstant', section: 1, partial: null, line: 1 })
})

it('lists the faults of every section instead of throwing', () => {
  const document = samplePrompt([
    { role: 'system', template: '{{ nothing }} {{ case.age }}' },
    { role: 'user', template: '\n{% for %}' },
  ])

  const { faults } = compilePrompt(document)

  expect(faults.map(({ section, line }) => ({ section, line }))).toEqual([
    { section: 0, line: 1 },
    { section: 0, line: 1 },
    { section: 1, line: 2 },
  ])
})

it('leaves a loop variable alone that also stands for something else', () => {
  const document = samplePrompt([
    {
      role: 'user',
      template:
        '{% for x in signals %}{{ x.code }}{% endfor %}{% for x in chart.notes %}{{ x.text }}{% endfor %}',
    },
  ])

  expect(compilePrompt(document).faults).toEqual([])
})

it('compiles a document once', () => {
  const document = samplePrompt([{ role: 'user', template: 'x' }])

  expect(compilePrompt(document)).toBe(compilePrompt(document))
})
