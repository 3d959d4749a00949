import type { DefectKind } from '@touchstone/core'
import { areEntriesWritten } from './is-written.ts'
import { isRecord } from './read-text.ts'
import { repairJson } from './repair-json.ts'
import { scanBrackets } from './scan-brackets.ts'

/** The list of answers found in a text with how it had to be got out; or that it was cut off; or that there is none. */
export type FoundAnswer =
  | { kind: 'found'; entries: readonly unknown[]; defects: DefectKind[] }
  | { kind: 'cut' }
  | { kind: 'not_found'; hasJson: boolean }

const FENCE = /```[\w-]*[ \t]*\r?\n([\s\S]*?)```/
const JSON_START = /\{\s*"|\[\s*\{/g
// Also what is JSON but for its quotation marks: { signals: …, { 'signals': …
const JSON_LIKE_START = /\{\s*["'“]|\{\s*\w+\s*:|\[\s*\{/

/**
 * Finds `{ "signals": […] }`, or the bare list, in what a model wrote: as it is, in a fence, in
 * prose, and at last by repairing it. What was cut off is never repaired: `isEndKnownCut` says that
 * the provider stopped the model, and text that stands open at its end counts as cut by itself.
 */
export function findAnswer(text: string, { isEndKnownCut }: { isEndKnownCut: boolean }): FoundAnswer {
  const whole = readJson(text.trim())
  if (whole.isJson) return entriesOf(whole.value, []) ?? { kind: 'not_found', hasJson: true }
  const { body, isCutAway } = withoutThinking(text)
  const found = inFence(body, { isCutAway }) ?? inProse(body)
  if (found) return found
  const start = body.search(JSON_LIKE_START)
  if (isEndKnownCut) return { kind: 'cut' }
  if (start === -1) return { kind: 'not_found', hasJson: false }
  const region = withoutClosingFence(body.slice(start).trimEnd())
  if (isCutOff(region)) return { kind: 'cut' }
  return (
    repaired(region, { head: body.slice(0, start).trim(), isCutAway }) ?? { kind: 'not_found', hasJson: true }
  )
}

type ReadJson = { isJson: true; value: unknown } | { isJson: false }

function readJson(text: string): ReadJson {
  try {
    return { isJson: true, value: JSON.parse(text) }
  } catch {
    // Not JSON, or nested deeper than the engine reads (RangeError): both are for the caller to count.
    return { isJson: false }
  }
}

function entriesOf(value: unknown, defects: DefectKind[]): FoundAnswer | null {
  if (Array.isArray(value)) {
    const isAnswer = value.some((entry) => isRecord(entry) && typeof entry.id === 'string')
    // In prose, an empty list is any pair of brackets; alone, it answers nothing.
    if (!isAnswer && (value.length > 0 || defects.length > 0)) return null
    return { kind: 'found', entries: value, defects: [...defects, 'bare_array'] }
  }
  return isRecord(value) && Array.isArray(value.signals)
    ? { kind: 'found', entries: value.signals, defects }
    : null
}

/** Reasoning that some servers leave in front of the answer is not the answer, even where it drafts one. */
function withoutThinking(text: string): { body: string; isCutAway: boolean } {
  const end = /^\s*<think>/.test(text) ? text.indexOf('</think>') : -1
  return end === -1 ? { body: text, isCutAway: false } : { body: text.slice(end + 8), isCutAway: true }
}

function inFence(body: string, { isCutAway }: { isCutAway: boolean }): FoundAnswer | null {
  const fence = FENCE.exec(body)
  const read = fence ? readJson(fence[1]?.trim() ?? '') : null
  if (!fence || !read?.isJson) return null
  const isAlone = !isCutAway && body.trim() === fence[0]
  return entriesOf(read.value, isAlone ? ['fence_stripped'] : ['fence_stripped', 'prose_around'])
}

/** The first whole object or list in the text that has the form asked; stops at one that stands open, for what is inside it is not the answer. */
function inProse(body: string): FoundAnswer | null {
  JSON_START.lastIndex = 0
  for (let start = JSON_START.exec(body); start; start = JSON_START.exec(body)) {
    const scan = scanBrackets(body, start.index)
    if (!scan.isClosed) return null
    const json = body.slice(start.index, scan.end)
    // Reading each of a million pairs of brackets in vain would be slow.
    const read = json.includes(json.startsWith('{') ? '"signals"' : '"id"') ? readJson(json) : null
    const found = read?.isJson ? entriesOf(read.value, ['prose_around']) : null
    if (found) return found
    JSON_START.lastIndex = scan.end
  }
  return null
}

function withoutClosingFence(region: string): string {
  return region.endsWith('```') ? region.slice(0, -3).trimEnd() : region
}

/**
 * Whether the JSON at the head of a region was cut off. A missing last bracket alone is forgotten,
 * not cut; a string that never ends may be a stray quotation mark, so then the last characters tell.
 */
function isCutOff(region: string): boolean {
  const scan = scanBrackets(region, 0)
  if (scan.isClosed) return false
  return scan.isInString ? !/\]\s*\}?$/.test(region) : scan.depth > 1 || !/[\]}]$/.test(region)
}

/** Repairs what is damaged but whole: up to the last bracket there is, or else up to where the first value closes. */
function repaired(
  region: string,
  { head, isCutAway }: { head: string; isCutAway: boolean },
): FoundAnswer | null {
  const last = Math.max(region.lastIndexOf('}'), region.lastIndexOf(']')) + 1
  const scan = scanBrackets(region, 0)
  const ends = scan.isClosed && scan.end < last ? [last, scan.end] : [last]
  for (const end of ends) {
    const isFenced = /^```[\w-]*$/.test(head)
    const hasProse = isCutAway || (head !== '' && !isFenced) || end < region.length
    const defects: DefectKind[] = isFenced ? ['fence_stripped'] : []
    if (hasProse) defects.push('prose_around')
    const found = entriesOf(repairJson(region.slice(0, end)), [...defects, 'json_repaired'])
    if (found?.kind === 'found' && areEntriesWritten(found.entries, region)) return found
  }
  return null
}
