import type { AnswerFormat, JsonValue } from '@touchstone/core'

/**
 * The signal codes an answer schema asks for, in its order: what the member `id` of any object in it
 * may be (`enum` or `const`). Empty where the answer has no schema.
 */
export function askedSignals(format: AnswerFormat): string[] {
  return format.format === 'json_schema' ? [...new Set(codesIn(format.schema))] : []
}

function codesIn(schema: JsonValue): string[] {
  if (schema === null || typeof schema !== 'object') return []
  if (Array.isArray(schema)) return schema.flatMap(codesIn)
  return Object.entries(schema).flatMap(([name, member]) =>
    name === 'properties' ? [...idsOf(member), ...codesIn(member)] : codesIn(member),
  )
}

function idsOf(properties: JsonValue): string[] {
  if (properties === null || typeof properties !== 'object' || Array.isArray(properties)) return []
  const id = properties.id
  if (id === undefined || id === null || typeof id !== 'object' || Array.isArray(id)) return []
  return [id.enum ?? [], id.const ?? []].flat().filter((code) => typeof code === 'string')
}
