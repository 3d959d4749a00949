import { expect, it } from 'vitest'
import { answerFormat, answerSchema } from './answer-schema.ts'
import { sampleModuleVersion } from './testing.ts'

function objectsIn(schema: unknown): Record<string, unknown>[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = 'type' in schema && schema.type === 'object' ? [{ ...schema }] : []
  return [...own, ...Object.values(schema).flatMap(objectsIn)]
}

it("asks for one of the module's codes and one of the four statuses", () => {
  const schema = answerSchema(sampleModuleVersion(), { format: 'json_schema' })

  expect(schema).toHaveProperty('properties.signals.items.properties.id', {
    type: 'string',
    enum: ['on_time_19h', 'npo_violation', 'extra_testing'],
  })
  expect(schema).toHaveProperty('properties.signals.items.properties.status', {
    type: 'string',
    enum: ['pass', 'fail', 'caution', 'inactive'],
  })
})

it('closes every object and requires every member, as strict structured output demands', () => {
  const objects = objectsIn(answerSchema(sampleModuleVersion(), { format: 'json_schema' }))

  expect(objects).toHaveLength(4)
  for (const object of objects) {
    expect(object.additionalProperties).toBe(false)
    expect(object.required).toEqual(Object.keys(object.properties ?? {}))
  }
})

it('says how long a reason may be', () => {
  const schema = answerSchema(sampleModuleVersion(), { format: 'json_schema', reason_words_max: 10 })

  expect(schema).toHaveProperty(
    'properties.signals.items.properties.reason.description',
    'Why this status follows, in at most 10 words.',
  )
})

it('asks for plain forms where the prompt wants them', () => {
  expect(answerFormat(sampleModuleVersion(), { format: 'text' })).toEqual({ format: 'text' })
})

it('refuses a module without signals', () => {
  const empty = { ...sampleModuleVersion(), signals: [] }

  expect(() => answerSchema(empty, { format: 'json_schema' })).toThrow('has no signals')
})
