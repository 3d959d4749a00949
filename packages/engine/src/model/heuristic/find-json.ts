/** A JSON object or array that stands in a text, with its place [start, end). */
export type FoundJson = { value: unknown; start: number; end: number }

/** Every outermost JSON object or array of a text, found by a scan for balanced brackets; linear in the text's length. */
export function findJson(text: string): FoundJson[] {
  const found: FoundJson[] = []
  let position = 0
  let unclosed = 0
  while (position < text.length) {
    const character = text[position]
    if (character !== '{' && character !== '[') {
      position += 1
      continue
    }
    const end = closingBracket(text, position)
    const value = end === null ? undefined : readJson(text.slice(position, end))
    if (end === null || value === undefined) {
      unclosed += 1
      // A text full of opening brackets that never close would be scanned once for each of them.
      if (unclosed > 50) return found
      position += 1
      continue
    }
    found.push({ value, start: position, end })
    position = end
  }
  return found
}

function closingBracket(text: string, start: number): number | null {
  let depth = 0
  let isInString = false
  for (let position = start; position < text.length; position += 1) {
    const character = text.charCodeAt(position)
    if (isInString) {
      if (character === 92) position += 1
      else if (character === 34) isInString = false
    } else if (character === 34) isInString = true
    else if (character === 123 || character === 91) depth += 1
    else if (character === 125 || character === 93) {
      depth -= 1
      if (depth === 0) return position + 1
    }
  }
  return null
}

function readJson(text: string): unknown {
  if (!/^[[{]\s*(?:["{}[\]]|-?\d|true|false|null)/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
