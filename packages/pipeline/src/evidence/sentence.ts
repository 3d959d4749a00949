/** How far back, in UTF-16 units, a sentence is followed; notes without any stop would else be one sentence. */
const SENTENCE_MAX = 400

const TITLES = new Set([
  'dr',
  'drs',
  'mr',
  'mrs',
  'ms',
  'prof',
  'st',
  'vs',
  'pt',
  'approx',
  'fig',
  'cf',
  'e.g',
  'i.e',
])
const ABBREVIATIONS = new Set(
  'etc hx dx fx rx sx tx hr hrs min mins sec wt ht temp dept abx neg pos resp vol'.split(' '),
)
const OPEN_END =
  /(?:^|[\s([])(?:no|not|non|without|denies|denied|possible|probable|likely|history|hx|family|prior|previous|of|the|a|an|and|or|for|with|to|in|on|at|by|from|was|were|is|has|had)$|[,:/-]$/i

/**
 * Where the sentence begins that a place of a text lies in (UTF-16), at most 400 units back. Stops in "Dr.",
 * "q.d." or 19.1 end no sentence; a line break ends one where a new item, heading or plainly a new line begins,
 * not where a line was only wrapped.
 */
export function sentenceStart(text: string, place: number): number {
  const earliest = Math.max(0, place - SENTENCE_MAX)
  for (let at = place - 1; at >= earliest; at -= 1) {
    if (isEnd(text, at)) return at + 1
  }
  return earliest
}

/** Where the sentence ends that a place of a text lies in (UTF-16), at most 400 units on. */
export function sentenceEnd(text: string, place: number): number {
  const latest = Math.min(text.length, place + SENTENCE_MAX)
  for (let at = place; at < latest; at += 1) {
    if (isEnd(text, at)) return at
  }
  return latest
}

function isEnd(text: string, at: number): boolean {
  switch (text.charAt(at)) {
    case '.':
      return isFullStop(text, at)
    case '?':
      // A question mark before a word ("? NPO violation") doubts that word; it ends nothing.
      if (/^[\s(]?$/.test(text.charAt(at - 1))) return false
      return at + 1 >= text.length || /[\s"'”’)\]]/.test(text.charAt(at + 1))
    case '!':
      return at + 1 >= text.length || /[\s"'”’)\]]/.test(text.charAt(at + 1))
    case '\n':
      return isLineEnd(text, at)
    case '•':
    case '|':
      return true
    default:
      return false
  }
}

function isFullStop(text: string, at: number): boolean {
  const after = text.slice(at + 1, at + 40)
  if (!/^["'”’)\]]*(?:\s|$)/.test(after))
    return /[a-z)]$/.test(text.slice(at - 1, at)) && /^[A-Z][a-z]/.test(after)
  const word = /[\p{L}\p{N}.]*$/u.exec(text.slice(Math.max(0, at - 20), at))?.[0] ?? ''
  const lower = word.toLowerCase()
  const next = after.replace(/^["'”’)\]\s]+/, '').charAt(0)
  if (TITLES.has(lower)) return false
  if (lower === 'no') return !/\d/.test(next)
  if (/^\p{Lu}$/u.test(word)) return false
  if (ABBREVIATIONS.has(lower) || /^(?:\p{L}\.)+\p{L}$/u.test(word))
    return next === '' || /\p{Lu}/u.test(next)
  return true
}

function isLineEnd(text: string, at: number): boolean {
  const next = text.slice(at + 1, at + 80)
  if (/^\s*\n/.test(next) || /^\s*(?:[-*•·]|\d{1,2}[.)])\s/.test(next)) return true
  if (/^\s*[A-Z][\w /&-]{1,40}:(?:\s|$)/.test(next)) return true
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  const line = text.slice(Math.max(lineStart, at - 120), at).trimEnd()
  if (line === '') return true
  return line.length < 45 && /^\s*\p{Lu}/u.test(next) && !OPEN_END.test(line)
}
