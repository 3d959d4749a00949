import { type NormalText, normaliseText } from './normal-text.ts'

/** Where something stands in an original text: [start, end) in UTF-16 units. */
export type TextSpan = { start: number; end: number }

const WORD = /[\p{L}\p{N}\p{M}_]/u
const DIGIT = /\d/
const SHORT_PHRASE_MAX = 256

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
 * Where an excerpt stands in a text, first to last. It has to stand between whole words and whole numbers
 * ("operative" does not stand in "nonoperative", nor "0 h" in "12.0 h"). A final stop or comma that the text does
 * not have is forgiven.
 */
export function* findExcerpt(haystack: NormalText, normalExcerpt: string): Generator<TextSpan> {
  let isFound = false
  for (const place of findWhole(haystack.text, normalExcerpt)) {
    isFound = true
    yield originalSpan(haystack, place)
  }
  const bare = normalExcerpt.replace(/[.,;:]+$/, '')
  if (isFound || bare === normalExcerpt) return
  for (const place of findWhole(haystack.text, bare)) yield originalSpan(haystack, place)
}

/** The range of the original text that a range of its normalised form stands for. */
export function originalSpan(text: NormalText, place: TextSpan): TextSpan {
  return { start: text.starts[place.start] ?? 0, end: text.ends[place.end - 1] ?? 0 }
}

/** Where a normalised phrase stands in a normalised text between whole words and whole numbers, first to last. */
export function* findWhole(text: string, phrase: string): Generator<TextSpan> {
  for (const start of startsOf(text, phrase)) {
    const end = start + phrase.length
    if (startsWhole(text, start) && endsWhole(text, end)) yield { start, end }
  }
}

/** Every start of a phrase in a text; takes time in proportion to the text whatever the phrase. */
export function* startsOf(text: string, phrase: string): Generator<number> {
  if (phrase === '') return
  if (phrase.length > SHORT_PHRASE_MAX) return yield* startsOfLong(text, phrase)
  for (let at = text.indexOf(phrase); at !== -1; at = text.indexOf(phrase, at + 1)) yield at
}

/** Knuth, Morris and Pratt (1977): the built-in search takes text × phrase steps on repetitive text. */
function* startsOfLong(text: string, phrase: string): Generator<number> {
  if (!text.includes(phrase.slice(0, SHORT_PHRASE_MAX))) return
  const fallback = new Uint32Array(phrase.length + 1)
  let matched = 0
  for (let at = 1; at < phrase.length; at += 1) {
    while (matched > 0 && phrase.charCodeAt(at) !== phrase.charCodeAt(matched))
      matched = fallback[matched] ?? 0
    if (phrase.charCodeAt(at) === phrase.charCodeAt(matched)) matched += 1
    fallback[at + 1] = matched
  }
  matched = 0
  for (let at = 0; at < text.length; at += 1) {
    while (matched > 0 && text.charCodeAt(at) !== phrase.charCodeAt(matched)) matched = fallback[matched] ?? 0
    if (text.charCodeAt(at) === phrase.charCodeAt(matched)) matched += 1
    if (matched < phrase.length) continue
    yield at + 1 - phrase.length
    matched = fallback[matched] ?? 0
  }
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
