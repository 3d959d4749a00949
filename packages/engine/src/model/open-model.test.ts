import { basename, dirname } from 'node:path'
import { expect, it } from 'vitest'
import { openModel } from './open-model.ts'
import { temporaryFile } from './testing.ts'

it.each([
  ['heuristic', 'heuristic', false],
  ['openai:gpt-4o-mini', 'openai', true],
])('opens %s by its name', async (name, provider, leavesHouse) => {
  const model = await openModel(name, { apiKey: 'key' })

  expect(model).toMatchObject({ name, provider, leavesHouse })
})

it.each([
  ['replay', '{"case":"A","prompt":"p@1","model":"m","text":""}'],
  ['scripted', '{"default":{"text":""}}'],
])(
  'opens %s by a file name within the folder it is given, and keeps the name as it was written',
  async (provider, text) => {
    await using source = await temporaryFile(text)
    const name = `${provider}:${basename(source.file)}`

    const model = await openModel(name, { folder: dirname(source.file) })

    expect(model).toMatchObject({ name, provider, leavesHouse: false })
  },
)

it.each(['gpt-4o', 'openai:', 'replay', ''])('knows no model "%s" and says which there are', async (name) => {
  await expect(openModel(name, {})).rejects.toMatchObject({
    code: 'model_unknown',
    message: expect.stringContaining('replay:<file>'),
  })
})

it('says what to do where a key is missing', async () => {
  await expect(openModel('openai:gpt-4o-mini', {})).rejects.toMatchObject({
    code: 'model_not_configured',
    message: expect.stringContaining('OPENAI_API_KEY'),
  })
})
