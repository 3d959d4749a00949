import { jsonrepair } from 'jsonrepair'

/** Longer texts are read strictly or not at all: repair is a search that takes more than linear time. */
const REPAIR_CHARS_MAX = 50_000
// The search goes back for each quotation mark out of place: 3,000 of them cost ten seconds, 40 some milliseconds.
const STRAY_QUOTES_MAX = 40

const QUOTES = new Set('"\'`´‘’“”')
const BEFORE_STRING = new Set('[{,:')
const AFTER_STRING = new Set(']},:')

/** Mends JSON that is damaged but whole and reads it; undefined where it is beyond repair, or repair would take too long. */
export function repairJson(text: string): unknown {
  if (text.length > REPAIR_CHARS_MAX || strayQuotes(text) > STRAY_QUOTES_MAX) return undefined
  try {
    return JSON.parse(jsonrepair(text))
  } catch {
    // Beyond repair, or nested too deep for it; the caller counts the answer as unparsable.
    return undefined
  }
}

/** How many quotation marks neither begin nor end a string by what stands beside them; apostrophes count where they serve as quotation marks at all. */
function strayQuotes(text: string): number {
  const strays = new Map<string, number>()
  const opening = new Set<string>()
  let before = '['
  let undecided: string | null = null
  const decide = (after: string): void => {
    if (undecided !== null && !AFTER_STRING.has(after))
      strays.set(undecided, (strays.get(undecided) ?? 0) + 1)
    undecided = null
  }
  for (const character of text) {
    if (character.trim() === '') continue
    decide(character)
    if (QUOTES.has(character)) {
      if (BEFORE_STRING.has(before)) opening.add(character)
      else undecided = character
    }
    before = character
  }
  return [...strays].reduce((sum, [quote, count]) => sum + (opening.has(quote) ? count : 0), 0)
}
