import { type NormalText, normaliseText } from './normal-text.ts'

/** Where something stands in an original text: [start, end) in UTF-16 units. */
export type TextSpan = { start: number; end: number }

const WORD = /[\p{L}\p{N}\p{M}_]/u
const DIGIT = /\d/
const OCCURRENCES_MAX = 200

/**
 * The text a model claims to quote, made comparable: the quotation marks and ellipses it may have put around it
 * are dropped. Empty where it claims nothing.
 */
export function normaliseExcerpt(excerpt: string): string {
  return normaliseText(excerpt)
    .text.replace(/^(?:\.\.\.|["\s])+/, '')
    .replace(/(?:\.\.\.|["\s])+$/, '')
}

/** How many words a normalised excerpt has: runs without white space that hold a letter or digit. */
export function countWords(normalExcerpt: string): number {
  return normalExcerpt.split(' ').filter((word) => /[\p{L}\p{N}]/u.test(word)).length
}

/**
 * Where an excerpt stands in a text, at most 200 places, first to last. It has to stand between whole words and
 * whole numbers ("operative" does not stand in "nonoperative", nor "0 h" in "12.0 h"). A final stop or comma that
 * the text does not have is forgiven.
 */
export function findExcerpt(haystack: NormalText, normalExcerpt: string): TextSpan[] {
  const exact = findWhole(haystack.text, normalExcerpt)
  const found = exact.length > 0 ? exact : findWhole(haystack.text, normalExcerpt.replace(/[.,;:]+$/, ''))
  return found.map((place) => originalSpan(haystack, place))
}

/** The range of the original text that a range of its normalised form stands for. */
export function originalSpan(text: NormalText, place: TextSpan): TextSpan {
  return { start: text.starts[place.start] ?? 0, end: text.ends[place.end - 1] ?? 0 }
}

/** Where a normalised phrase stands in a normalised text between whole words and whole numbers, at most 200 places. */
export function findWhole(text: string, phrase: string): TextSpan[] {
  const places: TextSpan[] = []
  if (phrase === '') return places
  let start = text.indexOf(phrase)
  while (start !== -1 && places.length < OCCURRENCES_MAX) {
    const place = { start, end: start + phrase.length }
    if (startsWhole(text, place.start) && endsWhole(text, place.end)) places.push(place)
    start = text.indexOf(phrase, start + 1)
  }
  return places
}

/** Whether a word or number begins at this place of a normalised text, rather than goes on. */
export function startsWhole(text: string, start: number): boolean {
  const before = text.charAt(start - 1)
  const first = text.charAt(start)
  if (WORD.test(before) && WORD.test(first)) return false
  if (!DIGIT.test(first)) return true
  if (/[<>=~±]/.test(before)) return false
  if (!/[.,:/-]/.test(before)) return true
  const earlier = text.charAt(start - 2)
  return !DIGIT.test(earlier) && !(before === '-' && (earlier === '' || earlier === ' '))
}

/** Whether a word or number ends at this place of a normalised text, rather than goes on. */
export function endsWhole(text: string, end: number): boolean {
  const last = text.charAt(end - 1)
  const after = text.charAt(end)
  if (WORD.test(last) && WORD.test(after)) return false
  return !(DIGIT.test(last) && /[.,:]/.test(after) && DIGIT.test(text.charAt(end + 1)))
}
