import { endsWhole, originalSpan, startsOf, startsWhole } from './find-excerpt.ts'
import { type NormalText, normaliseText } from './normal-text.ts'
import { isNegated } from './sense.ts'

/** A search term made ready to be looked for. */
export type SearchTerm = { written: string; text: string; isPrefix: boolean }

const PREFIX_LENGTH_MIN = 5

/**
 * Reads a search term. One ending in `*`, or whose last word has at least five letters, also finds words that go on
 * from it ("miscod" finds "miscoded"); a shorter one only itself and its plural, so "ct" is not found in "fracture",
 * nor "sch" in "scheduled". Hyphens count as spaces. Null where nothing is left to look for.
 */
export function readSearchTerm(written: string): SearchTerm | null {
  const text = asSearched(normaliseText(written.replace(/\*+\s*$/, ''))).trim()
  const last = text.split(' ').at(-1) ?? ''
  if (text === '') return null
  return { written, text, isPrefix: /\*\s*$/.test(written) || last.length >= PREFIX_LENGTH_MIN }
}

/** How many hits may still be looked at; shared by all texts of one search. */
export type HitAllowance = { left: number }

/**
 * The first of the terms that stands un-negated in a text, as it was written; `exhausted` when the allowance ran out
 * among negated hits, null when none stands there.
 */
export function findSearchTerm(
  source: { original: string; normal: NormalText },
  terms: readonly SearchTerm[],
  allowance: HitAllowance,
): { written: string } | 'exhausted' | null {
  const text = asSearched(source.normal)
  for (const term of terms) {
    for (const place of termPlaces(text, term)) {
      if (allowance.left <= 0) return 'exhausted'
      allowance.left -= 1
      if (!isNegated(source.original, originalSpan(source.normal, place))) return { written: term.written }
    }
  }
  return null
}

function asSearched(normal: NormalText): string {
  return normal.text.replaceAll('-', ' ')
}

/** Where a term stands, to the end of the last word it is found in. */
function* termPlaces(text: string, term: SearchTerm): Generator<{ start: number; end: number }> {
  for (const start of startsOf(text, term.text)) {
    if (!startsWhole(text, start)) continue
    const end = start + term.text.length
    const rest = text.slice(end, end + 40)
    const isPlural = /^"?s(?![\p{L}\p{N}])/u.test(rest)
    if (!term.isPrefix && !isPlural && !endsWhole(text, end)) continue
    const wordRest = /^[\p{L}\p{N}\p{M}]*/u.exec(rest)?.[0] ?? ''
    yield { start, end: end + wordRest.length }
  }
}
