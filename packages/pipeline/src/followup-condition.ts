import { type ModuleVersion, STATUSES, type Status, TouchstoneError } from '@touchstone/core'
import type { StatusView } from './rule-language.ts'

/** A follow-up question's condition, ready to be asked; `codes` are the signals it looks at, each once. */
export type FollowupCondition = { codes: readonly string[]; holds: (statuses: StatusView) => boolean }

type Token = { text: string; at: number }
type Reader = {
  tokens: Token[]
  position: number
  codes: Set<string>
  refuse: (why: string, at: number) => never
}

const KEYWORDS = ['AND', 'OR', '(', ')', '=']

/**
 * Reads a condition such as `npo_violation = pass OR extra_testing = caution`.
 *
 * `AND` binds before `OR`, parentheses group; a code alone (`extra_testing OR imaging_delay`) means that
 * the signal has its adverse status. A signal without a status meets no condition. Throws `rule_invalid`
 * with the place in the text (1-based) when it cannot be read or names an unknown signal or status.
 */
export function compileFollowupCondition(input: {
  when: string
  moduleVersion: ModuleVersion
}): FollowupCondition {
  const { when, moduleVersion } = input
  const refuse = (why: string, at: number): never => {
    const message = `${moduleVersion.module}: the follow-up condition "${when}" cannot be read: ${why} (at character ${at + 1})`
    throw new TouchstoneError('rule_invalid', message, { field: 'when' })
  }
  const reader: Reader = { tokens: tokensOf(when, refuse), position: 0, codes: new Set(), refuse }
  const holds = readAny(reader, moduleVersion)
  const rest = reader.tokens[reader.position]
  if (rest !== undefined) refuse(`"${rest.text}" is not expected here; write AND or OR`, rest.at)
  return { codes: [...reader.codes], holds }
}

function tokensOf(when: string, refuse: Reader['refuse']): Token[] {
  const tokens: Token[] = []
  for (const match of when.matchAll(/\s*([A-Za-z0-9_]+|[()=]|\S)/g)) {
    const text = match[1] ?? ''
    const at = match.index + match[0].length - text.length
    if (!/^([A-Za-z0-9_]+|[()=])$/.test(text)) refuse(`"${text}" means nothing here`, at)
    tokens.push({ text, at })
  }
  return tokens
}

function readAny(reader: Reader, moduleVersion: ModuleVersion): FollowupCondition['holds'] {
  const parts = [readAll(reader, moduleVersion)]
  while (take(reader, 'OR')) parts.push(readAll(reader, moduleVersion))
  return (statuses) => parts.some((holds) => holds(statuses))
}

function readAll(reader: Reader, moduleVersion: ModuleVersion): FollowupCondition['holds'] {
  const parts = [readTerm(reader, moduleVersion)]
  while (take(reader, 'AND')) parts.push(readTerm(reader, moduleVersion))
  return (statuses) => parts.every((holds) => holds(statuses))
}

function readTerm(reader: Reader, moduleVersion: ModuleVersion): FollowupCondition['holds'] {
  if (take(reader, '(')) {
    const holds = readAny(reader, moduleVersion)
    if (!take(reader, ')')) refuseNext(reader, '")" is missing')
    return holds
  }
  const token = readWord(reader, 'a signal code')
  const signal = moduleVersion.signals.find(({ code }) => code === token.text)
  if (signal === undefined) return reader.refuse(`the module has no signal "${token.text}"`, token.at)
  reader.codes.add(signal.code)
  const status = take(reader, '=') ? readStatus(reader) : signal.adverseStatus
  return (statuses) => statuses(signal.code) === status
}

function readStatus(reader: Reader): Status {
  const token = readWord(reader, 'a status')
  const status = STATUSES.find((word) => word === token.text)
  return status ?? reader.refuse(`"${token.text}" is no status; write ${STATUSES.join(', ')}`, token.at)
}

function readWord(reader: Reader, what: string): Token {
  const token = reader.tokens[reader.position]
  if (token === undefined || KEYWORDS.includes(token.text)) return refuseNext(reader, `${what} is missing`)
  reader.position += 1
  return token
}

function take(reader: Reader, text: string): boolean {
  if (reader.tokens[reader.position]?.text !== text) return false
  reader.position += 1
  return true
}

function refuseNext(reader: Reader, why: string): never {
  const last = reader.tokens.at(-1)
  const end = last === undefined ? 0 : last.at + last.text.length
  return reader.refuse(why, reader.tokens[reader.position]?.at ?? end)
}
