/** How a JSON value that begins at a bracket ends: closed (`end` is just after it), or open at the end of the text. */
export type BracketScan =
  | { isClosed: true; end: number }
  | { isClosed: false; depth: number; isInString: boolean }

// What JSON structure is made of; everything between is skipped at the speed of the regular expression engine.
const STRUCTURE = /["[\]{}]/g
const STRING_END = /["\\]/g

/** Finds the end of the JSON value whose opening bracket is at `start`, minding strings; one pass, no recursion. */
export function scanBrackets(text: string, start: number): BracketScan {
  let depth = 0
  let position = start
  while (position < text.length) {
    const found = nextOf(STRUCTURE, text, position)
    if (found === -1) break
    position = found + 1
    const character = text[found]
    if (character === '"') {
      position = stringEnd(text, position)
      if (position === -1) return { isClosed: false, depth, isInString: true }
    } else if (character === '{' || character === '[') depth += 1
    else depth -= 1
    if (depth === 0) return { isClosed: true, end: position }
  }
  return { isClosed: false, depth, isInString: false }
}

/** The position after the string's closing quotation mark, or -1 when it has none. */
function stringEnd(text: string, from: number): number {
  let position = from
  for (;;) {
    const found = nextOf(STRING_END, text, position)
    if (found === -1) return -1
    if (text[found] === '"') return found + 1
    position = found + 2
  }
}

function nextOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? -1
}
