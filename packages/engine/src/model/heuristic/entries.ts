import { findJson } from './find-json.ts'

/** What a prompt says of one signal: its code, and the lines of its entry (the first without the code). */
export type Entry = { code: string; lines: string[] }

/** A prompt's text parted into its signals and all the rest. */
export type PartedPrompt = { entries: Entry[]; rest: string[] }

const HEAD =
  /^(\s*)((?:[-*•+]|\d+[.)]|#{1,6}|\|)?\s*)(?:(?:signal|item|question|code|id)\s*:?\s*)?(\*\*|[`"'[]|\*\*`)?([a-z][a-z0-9]*(?:_[a-z0-9]+)*)(?:\*\*|[`"'\]]|`\*\*)?\s*(.*)$/i
const TAG = /^\s*<\w+[^>]*\b(?:code|id|name|key)=["']([a-z][a-z0-9_]*)["'][^>]*>(.*)$/
const FIELD_NAMES =
  /^(?:search_\w+|allowed_\w+|adverse_\w+|limit_\w+|display_\w+|may_cite|look_\w+|json_\w+|max_\w+|field_\w+|reason_\w+|patient_payload|must_\w+|case_\w+|path|status|excerpt|searched|found|finding|reason|confidence|cites?|signals?|pass|fail|caution|inactive|chart|notes?|times|kind|polarity|definition|label|measure|compliance|presence|ruleout)$/

/** Parts a prompt's lines into signal entries and the rest; a JSON list of signals is read as entries too. */
export function partPrompt(text: string): PartedPrompt {
  const listed = entriesFromJson(text)
  if (listed.entries.length > 0) return { entries: listed.entries, rest: listed.rest.split('\n') }
  const parted = entriesFromLines(text.split('\n'))
  if (parted.entries.length > 0) return parted
  return { entries: entriesInProse(text), rest: text.split('\n') }
}

function entriesFromJson(text: string): { entries: Entry[]; rest: string } {
  const entries: Entry[] = []
  let rest = ''
  let from = 0
  for (const { value, start, end } of findJson(text)) {
    const items = Array.isArray(value) ? value.map(entryFromJson) : []
    const own = items.filter((item) => item !== null)
    if (own.length === 0 || own.length !== items.length) continue
    entries.push(...own)
    rest += text.slice(from, start)
    from = end
  }
  return { entries, rest: rest + text.slice(from) }
}

function entryFromJson(item: unknown): Entry | null {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) return null
  const members = new Map<string, unknown>(Object.entries(item))
  const code = members.get('code') ?? members.get('id') ?? members.get('signal')
  const isSignal = ['definition', 'label', 'description', 'question'].some((name) => members.has(name))
  if (typeof code !== 'string' || !isSignal) return null
  const lines = [...members]
    .filter(([name]) => name !== 'code' && name !== 'id')
    .map(([name, value]) => lineOf(name, value))
  return { code, lines }
}

function lineOf(name: string, value: unknown): string {
  if (Array.isArray(value)) return `${name}: ${value.map((item) => `"${String(item)}"`).join(', ')}`
  if (value !== null && typeof value === 'object') {
    const measure = new Map<string, unknown>(Object.entries(value))
    const limit = measure.get('limit_minutes') ?? measure.get('limitMinutes')
    const bound = measure.get('inclusive') === false ? 'less than' : 'at most'
    if (typeof limit === 'number') {
      return `measure: from ${String(measure.get('start'))} to ${String(measure.get('end'))}, ${bound} ${limit} minutes`
    }
  }
  return `${name}: ${String(value)}`
}

type Head = { code: string; indent: number; kind: 'heading' | 'item' | 'plain'; rest: string }

function entriesFromLines(lines: readonly string[]): PartedPrompt {
  const entries: Entry[] = []
  const rest: string[] = []
  let open: Head | null = null
  let isAfterBlank = false
  for (const line of lines) {
    const head: Head | null = readHead(line)
    if (head !== null && (open === null || head.indent <= open.indent)) {
      open = head
      entries.push({ code: head.code, lines: [head.rest] })
    } else if (open !== null && !isClosing(line, open, isAfterBlank)) {
      entries.at(-1)?.lines.push(line)
    } else {
      open = null
      rest.push(line)
    }
    isAfterBlank = line.trim() === ''
  }
  return { entries, rest }
}

function readHead(line: string): Head | null {
  const tag = TAG.exec(line)
  if (tag !== null) return { code: tag[1] ?? '', indent: 0, kind: 'heading', rest: tag[2] ?? '' }
  const match = HEAD.exec(line)
  if (match === null) return null
  const [, space = '', marker = '', quote, code = '', rest = ''] = match
  const isCode = code === code.toLowerCase() && !FIELD_NAMES.test(code)
  const isMarked = quote !== undefined || /[-*•+#|\d]/.test(marker)
  const isNamed = code.includes('_')
    ? isMarked || /^[:：—–|(=-]/.test(rest)
    : quote === '`' && /^[#-]/.test(marker.trim())
  if (!isCode || !isNamed || !/^(?:$|[:：—–|(=,.-])/.test(rest)) return null
  const kind = marker.trim().startsWith('#') ? 'heading' : marker.trim() === '' ? 'plain' : 'item'
  return { code, indent: space.length, kind, rest: rest.replace(/^[:：—–|(=,.\s-]+/, '') }
}

/** A line that tells one thing of a signal ("Definition: …"), however it is indented. */
const ENTRY_LINE =
  /^\s*(?:[-*•+]\s+)?(?:\*\*)?(?:kind|polarity|measure|limit|clock|definition|meaning|description|(?:may )?cite|allowed|quote|evidence may|search|where to|places? to|wording|phrases)\b[^:]{0,30}:/i

/** Whether a line can no longer belong to the entry that is open. */
function isClosing(line: string, open: Head, isAfterBlank: boolean): boolean {
  if (/^\s*<\/?signals?>/.test(line) || /^\s*#{1,6}\s/.test(line)) return true
  if (line.trim() === '' || open.kind === 'heading' || ENTRY_LINE.test(line)) return false
  const indent = line.length - line.trimStart().length
  if (open.kind === 'item')
    return indent <= open.indent && (isAfterBlank || /^\s*(?:[-*•+]|\d+[.)])\s/.test(line))
  return isAfterBlank && indent <= open.indent
}

/** Codes named in running text, each with the words up to the next one. */
function entriesInProse(text: string): Entry[] {
  const entries: Entry[] = []
  const places = [...text.matchAll(/(?<![\w.[/"])([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?![\w.[])/g)].filter(
    ([, code = '']) => !FIELD_NAMES.test(code),
  )
  for (const [index, match] of places.entries()) {
    const code = match[1] ?? ''
    if (entries.some((entry) => entry.code === code)) continue
    const end = Math.min(places[index + 1]?.index ?? text.length, match.index + 400)
    const stop = text.indexOf('\n\n', match.index)
    const words = text.slice(match.index + match[0].length, stop === -1 ? end : Math.min(end, stop))
    entries.push({ code, lines: [words.replace(/^[\s:(`*—–-]+/, '')] })
  }
  return entries
}
