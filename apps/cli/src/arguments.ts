import { isAbsolute, relative, resolve } from 'node:path'
import { ModelParams, parseModelName, parsePromptVersionReference, TouchstoneError } from '@touchstone/core'
import type { PromptSource } from '@touchstone/engine'
import { InvalidArgumentError } from 'commander'
import { SHOWABLE, type Showable } from './try-output.ts'

/** Reads a whole number from 1. */
export function readCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= 1_000_000) return count
  throw new InvalidArgumentError('Give a whole number from 1.')
}

/** Reads a port; 0 takes any that is free. */
export function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('Give a port, 0 to 65535.')
}

/** Reads a wait in milliseconds, at most a minute. */
export function readMilliseconds(text: string): number {
  const wait = Number(text)
  if (/^\d+$/.test(text) && wait <= 60_000) return wait
  throw new InvalidArgumentError('Give milliseconds, 0 to 60000.')
}

/** Reads an amount of money in dollars. */
export function readDollars(text: string): number {
  const amount = Number(text)
  if (text.trim() !== '' && Number.isFinite(amount) && amount > 0) return amount
  throw new InvalidArgumentError('Give an amount in US dollars, such as 0.50.')
}

/** Reads a date, or a date with its time, that is still to come. */
export function readMoment(text: string): Date {
  const moment = new Date(text)
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && moment > new Date()) return moment
  throw new InvalidArgumentError('Give a date still to come, such as 2099-01-01.')
}

/** Reads a regular expression as the database will, which says no later than here when it is broken. */
export function readPattern(text: string): string {
  try {
    new RegExp(text)
    return text
  } catch {
    throw new InvalidArgumentError('Give a regular expression on case names, such as "SCH-00[12]".')
  }
}

/** Gathers an option that may be repeated. */
export function gather(text: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), text]
}

/** Gathers the parts that `try` is to show; throws where there is no such part. */
export function gatherShown(text: string, earlier: readonly Showable[] | undefined): Showable[] {
  const part = SHOWABLE.find((known) => known === text)
  if (part === undefined) throw new InvalidArgumentError(`Give one of ${SHOWABLE.join(', ')}.`)
  return [...(earlier ?? []), part]
}

/** Gathers `key=value` pairs; a value that is JSON is read as JSON, any other is text. */
export function gatherParam(text: string, earlier: ModelParams | undefined): ModelParams {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Write it as key=value, such as temperature=0.')
  return ModelParams.parse({ ...earlier, [text.slice(0, at)]: readJsonOrText(text.slice(at + 1)) })
}

function readJsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Tells a prompt version (`…@2`) from a file that is a working copy. */
export function readPromptSource(text: string, { cwd }: { cwd: string }): PromptSource {
  if (/\.md$/i.test(text) || isAbsolute(text) || /^\.{1,2}[\\/]/.test(text)) {
    return { kind: 'file', file: resolve(cwd, text) }
  }
  return { kind: 'version', reference: parsePromptVersionReference(text) }
}

/** A model's name with its file, if it has one, named from the root: so a run can be resumed from anywhere. */
export function readModelName(text: string, { root, cwd }: { root: string; cwd: string }): string {
  const name = parseModelName(text)
  if (name.provider !== 'replay' && name.provider !== 'scripted') return text
  const path = resolve(cwd, name.file)
  const inside = relative(root, path)
  return `${name.provider}:${inside.startsWith('..') || isAbsolute(inside) ? path : inside}`
}

/** Throws `usage` where a required option is not there. */
export function requireOption<T>(value: T | undefined, words: string): T {
  if (value === undefined) throw new TouchstoneError('usage', words)
  return value
}
