import { type PathStep, printFieldPath, readStamp } from '@touchstone/core'
import { type Clause, readClauses } from './sense.ts'
import { type Sentence, splitSentences } from './sentences.ts'

/** A value of a chart that holds no others, with its place and what its neighbours say of it. */
export type Leaf = {
  path: string
  steps: PathStep[]
  value: string | number | boolean
  /** Words of the neighbours that name its kind (type, author, source), in lower case. */
  kind: string
  isStamp: boolean
}

/** A clause of a text of the chart: the unit that says, denies or doubts something. */
export type Statement = {
  leaf: Leaf
  sentence: Sentence
  clause: Clause
  /** The clause before it in the same text. */
  previous: Statement | null
  isCopied: boolean
  isCorrecting: boolean
}

/** What a chart holds, read once for all signals. */
export type Chart = { leaves: Leaf[]; byPath: ReadonlyMap<string, Leaf>; statements: Statement[] }

const DEPTH_MAX = 100
const KIND_KEYS = /type|source|author|title|kind|role|service|specialty|category|name$/i
const COPIED =
  /\b(?:cop(?:y|ied)[ -]?forward(?:ed)?|carried forward|copied from|copy[ -]?paste[d]?|per prior note|imported from)\b/i
const CORRECTING =
  /\b(?:correction|corrected|entered in error|in error|erroneous(?:ly)?|mistaken(?:ly)?|amended|retract(?:ed|ion)?|wrong (?:chart|patient)|disregard (?:my|the) (?:earlier|previous|prior))\b/i

/** Reads the leaves and statements of a chart; time linear in its size. What lies deeper than any chart does is left out. */
export function readChart(chart: unknown): Chart {
  const leaves: Leaf[] = []
  collectLeaves(chart, { steps: [], kind: '' }, leaves)
  const statements: Statement[] = []
  const seen = new Map<string, string>()
  for (const leaf of leaves) {
    if (typeof leaf.value === 'string' && !leaf.isStamp) readStatements(leaf, { statements, seen })
  }
  return { leaves, byPath: new Map(leaves.map((leaf) => [leaf.path, leaf])), statements }
}

function collectLeaves(value: unknown, place: { steps: PathStep[]; kind: string }, leaves: Leaf[]): void {
  if (place.steps.length > DEPTH_MAX) return
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    const isStamp = typeof value === 'string' && value.length < 40 && readStamp(value).kind !== 'not_a_stamp'
    leaves.push({ ...place, path: printFieldPath(place.steps), value, isStamp })
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      collectLeaves(item, { steps: [...place.steps, { index }], kind: place.kind }, leaves)
    }
  } else if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
    const kind = members
      .filter(([name, member]) => KIND_KEYS.test(name) && typeof member === 'string' && member.length < 80)
      .map(([, member]) => String(member).toLowerCase())
      .join(' ')
    for (const [member, item] of members) {
      collectLeaves(item, { steps: [...place.steps, { member }], kind }, leaves)
    }
  }
}

function readStatements(
  leaf: Leaf,
  { statements, seen }: { statements: Statement[]; seen: Map<string, string> },
): void {
  let isCopied = false
  let isCorrecting = false
  let previous: Statement | null = null
  for (const sentence of splitSentences(String(leaf.value))) {
    isCopied ||= COPIED.test(sentence.text)
    isCorrecting ||= CORRECTING.test(sentence.text)
    const key = sentence.words.length < 5 ? null : sentence.words.map((word) => word.lower).join(' ')
    const firstPath = key === null ? undefined : seen.get(key)
    if (key !== null && firstPath === undefined) seen.set(key, leaf.path)
    const isRepeated = firstPath !== undefined && firstPath !== leaf.path
    for (const clause of readClauses(sentence)) {
      const statement: Statement = {
        leaf,
        sentence,
        clause,
        previous,
        isCopied: isCopied || isRepeated,
        isCorrecting,
      }
      statements.push(statement)
      previous = statement
    }
  }
}
