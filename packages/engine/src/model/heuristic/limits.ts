/** A limit on a span of time as a text states it; `isInclusive` is null where the wording leaves it open. */
export type StatedLimit = { seconds: number; isInclusive: boolean | null; at: number }

const UNIT_SECONDS = new Map([
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
])
const NUMBER_WORDS = new Map(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'
    .split(' ')
    .map((word, value) => [word, value]),
)
for (const [word, value] of [
  ['thirty', 30],
  ['forty-eight', 48],
  ['forty', 40],
  ['sixty', 60],
  ['seventy-two', 72],
  ['ninety', 90],
  ['twenty-four', 24],
  ['thirty-six', 36],
] as const) {
  NUMBER_WORDS.set(word, value)
}

const NUMBER = `(?:\\d+(?:\\.\\d+)?|${[...NUMBER_WORDS.keys()].sort((a, b) => b.length - a.length).join('|')})`
const UNIT = '(?:days?|hours?|hrs?|h|minutes?|mins?|min|m|seconds?|secs?|s|d)'
const QUANTITY = new RegExp(`\\b${NUMBER}[ -]?${UNIT}\\b(?:,? (?:and )?\\d+(?:\\.\\d+)? ?${UNIT}\\b)*`, 'gi')
const PART = new RegExp(`(${NUMBER})[ -]?(${UNIT})\\b`, 'gi')

const INCLUSIVE_BEFORE =
  /(?:at most|within|no later than|not later than|no more than|not more than|up to|≤|<=|⩽|maximum(?: of)?|max\.?|not exceed(?:ing)?|cannot exceed|does not exceed|or fewer than|limit(?: is| of|:)?|inside|in)\s*(?:the |a |an |first )?$/i
const EXCLUSIVE_BEFORE =
  /(?:(?<!no |not )(?:less|fewer|sooner|earlier|shorter) than|under|below|<|strictly within|before|short of)\s*(?:the |a )?$/i
const OVER_BEFORE =
  /(?:(?<!no |not )(?:more|longer|later|greater) than|over|above|beyond|exceed(?:s|ing)?|past|after|>)\s*(?:the |a )?$/i
const AT_LEAST_BEFORE = /(?:at least|no less than|≥|>=|not before)\s*$/i
const INCLUSIVE_AFTER =
  /^\s*(?:\([^)]*\)\s*)?(?:or (?:less|fewer|sooner|earlier|under)|inclusive|at most|maximum|limit)/i
const OVER_AFTER = /^\s*(?:\([^)]*\)\s*)?or (?:more|longer|later|over)/i

/** Every limit a text states, in order: "at most 2 hours", "< 90 min", "30 minutes or less", "more than 6 h". */
export function findLimits(text: string): StatedLimit[] {
  const limits: StatedLimit[] = []
  for (const match of text.matchAll(QUANTITY)) {
    const before = text.slice(Math.max(0, match.index - 30), match.index).replace(/[`*"“]/g, '')
    const after = text.slice(match.index + match[0].length, match.index + match[0].length + 60)
    const seconds = secondsOf(match[0])
    if (seconds > 0) limits.push({ seconds, isInclusive: inclusiveOf(before, after), at: match.index })
  }
  return limits
}

function secondsOf(quantity: string): number {
  let seconds = 0
  for (const [, number = '', unit = ''] of quantity.matchAll(PART)) {
    const amount = NUMBER_WORDS.get(number.toLowerCase()) ?? Number(number)
    seconds += amount * (UNIT_SECONDS.get(unit.charAt(0).toLowerCase()) ?? 0)
  }
  return Math.round(seconds)
}

function inclusiveOf(before: string, after: string): boolean | null {
  if (INCLUSIVE_AFTER.test(after)) return true
  if (OVER_AFTER.test(after)) return false
  if (EXCLUSIVE_BEFORE.test(before)) return false
  if (INCLUSIVE_BEFORE.test(before)) return true
  if (AT_LEAST_BEFORE.test(before)) return false
  if (OVER_BEFORE.test(before)) return true
  return null
}

/** What a text says of the limit itself ("exactly the limit passes"), or null. */
export function findLimitItself(text: string): boolean | null {
  const match =
    /\b(?:exactly|equal to|precisely|right at)\b[^.;]{0,60}?\b(passes|pass|meets|met|counts|is fine|still|fails?|misses|does not|is not|is late)\b/i.exec(
      text,
    )
  if (match === null) return null
  return !/fail|miss|not|late/i.test(match[1] ?? '')
}
