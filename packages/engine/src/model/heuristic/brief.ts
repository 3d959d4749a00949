import { type PathStep, type Polarity, parseFieldPath, STATUSES, type Status } from '@touchstone/core'
import type { Entry } from './entries.ts'
import { findLimitItself, findLimits } from './limits.ts'

/** A place of a chart as a prompt names it. */
export type Place = { text: string; steps: PathStep[] }

/** The interval a signal measures and its limit; a stamp is named by its path, or by a word for its event. */
export type TimeLimit = { start: string; end: string; seconds: number; isInclusive: boolean }

/** Two stamps whose order decides something ("A is later than B": caution). */
type StampOrder = { later: string; earlier: string; status: Status }

/** What a prompt tells of one signal, read from its entry. */
export type SignalBrief = {
  code: string
  label: string
  polarity: Polarity | null
  limit: TimeLimit | null
  allowed: readonly Place[]
  scope: readonly Place[]
  /** Phrases to look for, as written. */
  phrases: readonly string[]
  /** What the entry says before it speaks of any status. */
  intro: string
  /** What the entry says of each status. */
  clauses: Readonly<Record<Status, string>>
  /** Sentences that say what does not count. */
  exclusions: string
  orders: readonly StampOrder[]
  /** Stamps that a pass needs, in their order; empty where it needs none. */
  sequence: readonly string[]
}

const PATH =
  /(?<![\w.])[A-Za-z_]\w*(?:\[(?:\*|\d+)\])?(?:\.\w+(?:\[(?:\*|\d+)\])?)+|(?<![\w.])[a-z_]\w*\[\*\]/g
const KEY_LINE =
  /^\s*(?:[-*•+]\s+)?(?:\*\*)?([A-Za-z][A-Za-z _]{1,40}?)(?:\*\*)?\s*[:：=]\s*(?:\*\*)?\s*(.*)$/
const QUOTED = /["“]([^"“”]{2,80})["”]/g
const SCOPE_KEY =
  /search(?:ed)?[ _](?:in|scope|places?)|look[ _]in|scope|places? (?:to|of)|where to|read(?:ing)?[ _](?:in|all|places)|to be read/i
const CITE_KEY = /cit(?:e|es|ing|ation)|quot|evidence/i
const TERM_KEY =
  /search[ _](?:for|terms?|words?|phrases?)|look(?:ing)?[ _]for|terms?|keywords?|phrases?|words|wording|cues?/i
const KIND_KEY = /^(?:kind|polarity|type|sort|reading|class)/i
const LIMIT_KEY = /measure|limit|target|interval|clock|window|threshold|span|time/i

/** Reads what an entry of a prompt tells of its signal. */
export function readBrief(entry: Entry): SignalBrief {
  const parts = {
    allowed: '',
    scope: '',
    phrases: [] as const,
    kind: '',
    limit: '',
    label: '',
    definition: '',
  }
  const phrases: string[] = [...parts.phrases]
  const texts = { ...parts, text: '' }
  for (const [index, line] of entry.lines.entries()) {
    const [, key = '', value = ''] = KEY_LINE.exec(line) ?? []
    if (index === 0 && key === '') texts.label = line
    const role = roleOf(key, value)
    if (role === 'scope') texts.scope += ` ${value}`
    else if (role === 'allowed') texts.allowed += ` ${value}`
    else if (role === 'phrases') phrases.push(...listOf(value))
    else if (role === 'kind') texts.kind += ` ${value}`
    else if (role === 'limit') texts.limit += ` ${value}`
    else if (role === 'label') texts.label ||= value
    else texts.text += ` ${role === 'text' ? value : line}`
  }
  const text = texts.text.trim()
  phrases.push(...phrasesIn(text))
  return {
    code: entry.code,
    label: texts.label || firstSentence(text),
    polarity: polarityOf(texts.kind),
    limit: readLimit(texts.limit, text),
    allowed: placesIn(texts.allowed),
    scope: placesIn(texts.scope),
    phrases: [...new Set(phrases)],
    ...readDefinition(text),
  }
}

function roleOf(
  key: string,
  value: string,
): 'scope' | 'allowed' | 'phrases' | 'kind' | 'limit' | 'label' | 'text' | null {
  if (key === '') return null
  if (KIND_KEY.test(key) && /complian|presence|rule/i.test(value)) return 'kind'
  const isList = /^[\s`"“\w.[\]*,;|/'”’-]*$/.test(value) || value.split(/["“”]/).length > 3
  if (SCOPE_KEY.test(key) && placesIn(value).length > 0) return 'scope'
  if (TERM_KEY.test(key) && isList) return 'phrases'
  if (CITE_KEY.test(key) && placesIn(value).length > 0) return 'allowed'
  if (LIMIT_KEY.test(key) && findLimits(value).length > 0) return 'limit'
  if (/^(?:label|question|title|name|asks)$/i.test(key)) return 'label'
  if (/^(?:definition|meaning|description|means|what it means)$/i.test(key)) return 'text'
  return null
}

function listOf(value: string): string[] {
  const quoted = [...value.matchAll(QUOTED)].map((match) => match[1] ?? '')
  if (quoted.length > 0) return quoted
  return value
    .split(/[,;|]/)
    .map((item) => item.replace(/[`.*]/g, '').trim())
    .filter((item) => item !== '')
}

/** Quoted phrases of running text, and the lists that follow "look for". */
function phrasesIn(text: string): string[] {
  const lists = [...text.matchAll(/\b(?:look|search|watch) (?:out )?for:? ([^.;]+)/gi)].flatMap((match) =>
    listOf((match[1] ?? '').replace(/\b(?:or|and)\b/g, ',')),
  )
  const quoted = [...text.matchAll(QUOTED)].map((match) => match[1] ?? '')
  return [...new Set([...quoted, ...lists])].filter((phrase) => /[A-Za-z]{2}/.test(phrase))
}

function placesIn(text: string): Place[] {
  const bare = text.replace(/[`"“”]/g, ' ').split(/[\s,;]+/)
  return bare
    .map((item) => item.replace(/[.:)]+$/, ''))
    .filter(
      (item) => /^[A-Za-z_][\w.[\]*]*$/.test(item) && !/^(?:and|or|the|all|any|in|of|anything)$/i.test(item),
    )
    .map((item) => ({ text: item, steps: parseFieldPath(item) ?? [] }))
    .filter((place) => place.steps.length > 0)
}

function polarityOf(kind: string): Polarity | null {
  if (/complian/i.test(kind)) return 'compliance'
  if (/rule[ -]?out|exclusion/i.test(kind)) return 'ruleout'
  return /presence|finding/i.test(kind) ? 'presence' : null
}

function firstSentence(text: string): string {
  return text.split(/(?<=[.!?;])\s/, 1)[0] ?? text
}

function readLimit(line: string, text: string): TimeLimit | null {
  for (const source of [line, text]) {
    const limits = findLimits(source)
    const limit = limits.find((found) => found.isInclusive !== null) ?? limits[0]
    const ends = readEnds(source) ?? readEnds(text)
    if (limit === undefined || ends === null) continue
    const isInclusive = findLimitItself(source) ?? limit.isInclusive ?? findLimitItself(text) ?? true
    return { ...ends, seconds: limit.seconds, isInclusive }
  }
  return null
}

/** The two ends of an interval: by their paths ("from a.B to c.D"), else by the events a limit speaks of. */
function readEnds(text: string): { start: string; end: string } | null {
  const clean = text.replace(/[`*"]/g, '')
  const path = String.raw`([A-Za-z_]\w*(?:\.\w+)+)`
  const forward = new RegExp(
    String.raw`(?:from|between|start(?:s|ing|ed)?(?: at| with| on)?:?|compare|after)\s+(?:the )?${path}[^.;]{0,60}?(?:to|and|until|with|end(?:s|ing)?(?: at| with)?:?|→|->|through|against)\s+(?:the )?${path}`,
    'i',
  ).exec(clean)
  if (forward?.[1] !== undefined && forward[2] !== undefined) return { start: forward[1], end: forward[2] }
  const backward = new RegExp(
    `${path}[^.;]{0,80}?(?:within|after|of|since|following|minus|later than|less|-|−)[^.;]{0,40}?${path}`,
    'i',
  ).exec(clean)
  if (backward?.[1] !== undefined && backward[2] !== undefined)
    return { start: backward[2], end: backward[1] }
  const paths = [...new Set(clean.match(PATH) ?? [])]
  if (paths[0] !== undefined && paths[1] !== undefined) return { start: paths[0], end: paths[1] }
  const words =
    /(\w+)\s+(?:must (?:come|be|happen) |comes? |is |happens |starts? |begins )?(?:within|at most|no later than|no more than|less than|under|<|≤)[^.;]*?\b(?:of|after|from|since|following)\s+(?:the |(?:\w+ ){0,2})?(\w+)/i.exec(
      clean,
    )
  return words?.[1] !== undefined && words[2] !== undefined ? { start: words[2], end: words[1] } : null
}

const CLAUSE_MARK =
  /(?:^|[\s(;.*`])(pass|fail|caution|inactive)(?:es|ed|s)?\s*[`*]*\s*(?::|=|—|–|when|if|means|is for|where)\s*/gi
const EXCLUDING =
  /\b(?:do(?:es)? not (?:count|change|make|confirm|suffice|replace)|not this signal|never (?:confirm|count)s?|is (?:not|no) (?:a |an )?(?:violation|evidence|admission|elective|finding)|alone says nothing|says nothing|neither does|nor do(?:es)?|are one|not enough)\b/i

function readDefinition(
  text: string,
): Pick<SignalBrief, 'intro' | 'clauses' | 'exclusions' | 'orders' | 'sequence'> {
  const clauses: Record<Status, string> = { pass: '', fail: '', caution: '', inactive: '' }
  let exclusions = ''
  const marks = [...text.matchAll(CLAUSE_MARK)]
  const intro = takeExclusions(text.slice(0, marks[0]?.index ?? text.length))
  exclusions += intro.excluded
  for (const [index, mark] of marks.entries()) {
    const status = STATUSES.find((known) => known === mark[1]?.toLowerCase())
    if (status === undefined) continue
    const body = text.slice(mark.index + mark[0].length, marks[index + 1]?.index ?? text.length)
    const { kept, excluded } = takeExclusions(body)
    clauses[status] += ` ${kept}`
    exclusions += excluded
  }
  return {
    intro: intro.kept,
    clauses,
    exclusions,
    orders: ordersIn(clauses),
    sequence: sequenceIn(clauses.pass),
  }
}

function takeExclusions(text: string): { kept: string; excluded: string } {
  let kept = ''
  let excluded = ''
  for (const sentence of text.split(/(?<=[.!?;])\s+/)) {
    if (EXCLUDING.test(sentence)) excluded += ` ${sentence}`
    else kept += ` ${sentence}`
  }
  return { kept: kept.trim(), excluded }
}

function ordersIn(clauses: Record<Status, string>): StampOrder[] {
  const orders: StampOrder[] = []
  for (const status of STATUSES) {
    const pattern =
      /`?([A-Za-z_]\w*(?:\.\w+)+)`? (?:is|comes|lies|falls) (later than|after|earlier than|before) `?([A-Za-z_]\w*(?:\.\w+)+)`?/gi
    for (const [, left = '', relation = '', right = ''] of clauses[status].matchAll(pattern)) {
      const isLater = /later|after/i.test(relation)
      orders.push({ later: isLater ? left : right, earlier: isLater ? right : left, status })
    }
  }
  return orders
}

/** Stamps a pass clause asks to stand in order: its paths as listed, then the event that they come before. */
function sequenceIn(pass: string): string[] {
  if (!/\b(?:order|before|sequence|then|after)\b/i.test(pass)) return []
  const paths = [...new Set(pass.match(PATH) ?? [])].filter(
    (path) => !path.includes('[') && /^(?:times|events?)\.|(?:Instant|Time|Start|At|_at|_time)$/.test(path),
  )
  if (paths.length < 2) return []
  const before = [...pass.matchAll(/\bbefore (?:the )?(\w+)/gi)].at(-1)?.[1]
  return before === undefined ? paths : [...paths, before]
}
