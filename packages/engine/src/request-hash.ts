import { createHash } from 'node:crypto'
import type { AnswerFormat, ModelCall } from '@touchstone/core'

const schemaTexts = new WeakMap<AnswerFormat, string>()

/** What tells one request from another: the SHA-256 of its exact messages and the form of answer it asks for. Each part is told apart by its length. */
export function requestHash({
  messages,
  answerFormat,
}: Pick<ModelCall, 'messages' | 'answerFormat'>): string {
  const hash = createHash('sha256')
  for (const { role, content } of messages) hash.update(`${role} ${content.length}\n`).update(content)
  return hash.update(`format\n${textOf(answerFormat)}`).digest('hex')
}

function textOf(answerFormat: AnswerFormat): string {
  const known = schemaTexts.get(answerFormat)
  if (known !== undefined) return known
  const text = JSON.stringify(answerFormat)
  schemaTexts.set(answerFormat, text)
  return text
}
