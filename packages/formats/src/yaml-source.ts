import { type ErrorCode, TouchstoneError } from '@touchstone/core'
import { isMap, isPair, isSeq, LineCounter, type Node, parseAllDocuments, parseDocument } from 'yaml'
import type * as z from 'zod'
import { refuseUnkeepable, tooDeep } from './refuse-unkeepable.ts'

/** A YAML text with its place in a file: `firstLine` is the line (1-based) its first line has there. */
export type YamlSource = { text: string; file: string; firstLine?: number; code: ErrorCode }

/**
 * Reads a YAML (or JSON) text against a schema. Throws a `TouchstoneError` of the source's code that
 * names file, line and field, and never repeats a value: files may hold charts.
 */
export function readYaml<Schema extends z.ZodType>(source: YamlSource, schema: Schema): z.output<Schema> {
  const counter = new LineCounter()
  const document = parseBounded(source, counter)
  const lineAt = (offset: number): number => counter.linePos(offset).line + (source.firstLine ?? 1) - 1
  const fault = document.errors[0]
  if (fault) {
    throw new TouchstoneError(source.code, `This is no valid YAML: ${plainReason(fault.code)}`, {
      file: source.file,
      line: lineAt(fault.pos[0]),
    })
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  refuseUnkeepable(value, { file: source.file, code: source.code })
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = firstIssue(parsed.error)
  const offset = offsetOf(document.contents, issue.path)
  const field = issue.path.join('.')
  throw new TouchstoneError(source.code, `${field === '' ? 'The file' : field}: ${issue.message}`, {
    file: source.file,
    ...(offset === null ? {} : { line: lineAt(offset) }),
    ...(field === '' ? {} : { field }),
  })
}

function parseBounded(source: YamlSource, lineCounter: LineCounter): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(source.text, { lineCounter, prettyErrors: false, uniqueKeys: true })
  } catch (cause) {
    // The parser walks by recursion: what is nested without end exhausts its stack.
    if (cause instanceof RangeError) throw tooDeep({ file: source.file, code: source.code })
    throw cause
  }
}

/** The message of a schema's first complaint with its path, the deepest one where alternatives all failed. */
export function firstIssue(error: z.ZodError): { path: (string | number)[]; message: string } {
  const issue = error.issues[0]
  if (!issue) return { path: [], message: 'is not of the form asked' }
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  if (issue.code === 'invalid_union') {
    const deepest = issue.errors.flat().sort((a, b) => b.path.length - a.path.length)[0]
    if (deepest && deepest.path.length > 0) {
      const tail = deepest.path.filter((step) => typeof step !== 'symbol')
      return { path: [...path, ...tail], message: deepest.message }
    }
  }
  return { path, message: issue.message }
}

/** The line (1-based) on which a field of a YAML text stands (`gold.on_time.must_cite[0]`), or its nearest ancestor; null where there is no such member or no YAML. Of a text of several documents the first counts, so front matter is read too. */
export function lineOfField({ text, field }: { text: string; field: string }): number | null {
  const counter = new LineCounter()
  const [document] = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false })
  const steps = field.split(/[.[\]]+/).filter((step) => step !== '')
  const path = steps.map((step): string | number => (/^\d+$/.test(step) ? Number(step) : step))
  if (document === undefined || document.errors.length > 0 || !isMap(document.contents)) return null
  if (path.length === 0 || !document.contents.has(path[0])) return null
  const offset = offsetOf(document.contents, path)
  return offset === null ? null : counter.linePos(offset).line
}

/** Where in the text the value at a path begins; its nearest ancestor where the value itself is missing. */
function offsetOf(root: Node | null, path: readonly (string | number)[]): number | null {
  let node: unknown = root
  let offset = root?.range?.[0] ?? null
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && String(item.key) === String(step))
      if (!pair) return offset
      offset = startOf(pair.key) ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step]
      offset = startOf(node) ?? offset
    } else return offset
  }
  return offset
}

function startOf(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node)) return null
  const { range } = node
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : null
}

const REASONS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'a key stands twice in the same place.',
  TAB_AS_INDENT: 'a tab is used to indent; use spaces.',
  BAD_INDENT: 'the indentation does not fit.',
  MISSING_CHAR: 'a quotation mark or bracket is not closed.',
  BLOCK_AS_IMPLICIT_KEY: 'a block stands where a key should; is a value with ": " in it unquoted?',
  MULTILINE_IMPLICIT_KEY: 'a key runs over several lines; is a colon missing?',
  UNEXPECTED_TOKEN: 'something stands here that does not belong.',
}

function plainReason(code: string): string {
  return REASONS[code] ?? `${code.toLowerCase().replaceAll('_', ' ')}.`
}
