import { expect, it } from 'vitest'
import { deidentify } from './deidentify.ts'
import { render } from './render.ts'
import { sampleModuleVersion, samplePrompt } from './testing.ts'

const rendered = render({
  document: samplePrompt([{ role: 'user', template: '{{ chart | json }}' }]),
  moduleVersion: sampleModuleVersion(),
  payload: { times: {} },
  caseNumber: 'case-1',
})

it.each([
  { facility: 'synthetic', leavesHouse: true },
  { facility: 'synthetic', leavesHouse: false },
  { facility: 'north', leavesHouse: false },
])('sends charts of $facility as they are when leavesHouse is $leavesHouse', (input) => {
  const outbound = deidentify(rendered, input)

  expect(outbound).toEqual({
    stage: 'outbound',
    messages: rendered.messages,
    answerFormat: rendered.answerFormat,
    restore: new Map(),
    deidentification: 'identity',
  })
})

it('sends no chart of another facility out of the house', () => {
  const act = (): unknown => deidentify(rendered, { facility: 'north', leavesHouse: true })

  expect(act).toThrow(expect.objectContaining({ code: 'forbidden' }))
})
