/** A word of a text: its stem for comparing, the text in lower case, and where it stands [start, end). */
export type Word = { stem: string; lower: string; isUpper: boolean; start: number; end: number }

/** The stem that stands for an operating room, so that "OR" is not mistaken for the conjunction. */
export const OPERATING_ROOM = '@or'

const WORD = /[\p{L}\p{N}]+(?:['’](?:s|t))?/gu

const IRREGULAR = new Map(
  Object.entries({
    ate: 'eat',
    eaten: 'eat',
    eating: 'eat',
    drank: 'drink',
    drunk: 'drink',
    broke: 'break',
    broken: 'break',
    took: 'take',
    taken: 'take',
    gave: 'give',
    given: 'give',
    fed: 'feed',
    went: 'go',
    gone: 'go',
    kept: 'keep',
    held: 'hold',
    found: 'find',
    did: 'do',
    done: 'do',
    said: 'say',
    told: 'tell',
    began: 'begin',
    begun: 'begin',
    felt: 'feel',
    sent: 'send',
    brought: 'bring',
    made: 'make',
    came: 'come',
    saw: 'see',
    seen: 'see',
    ortho: 'orthoped',
    peds: 'pediatr',
    awaiting: 'wait',
    awaited: 'wait',
    await: 'wait',
    theatre: OPERATING_ROOM,
    labs: 'laboratori',
    lab: 'laboratori',
    arrival: 'arriv',
    arrivals: 'arriv',
    treatment: 'treat',
    treatments: 'treat',
    ready: 'avail',
    open: 'avail',
    free: 'avail',
    available: 'avail',
    crew: 'team',
    crews: 'team',
    remain: 'keep',
    remains: 'keep',
    remained: 'keep',
    maintain: 'keep',
    maintained: 'keep',
    operation: 'surg',
    operations: 'surg',
    procedure: 'surg',
    procedures: 'surg',
    surgery: 'surg',
    surgeries: 'surg',
    surgical: 'surg',
    laterality: 'side',
    only: 'only',
    sole: 'only',
    single: 'only',
    verified: 'check',
    verify: 'check',
    reviewed: 'check',
    confirmed: 'check',
    xray: 'radiograph',
    xrays: 'radiograph',
    film: 'radiograph',
    films: 'radiograph',
  }),
)

const ENDINGS = [
  'ational',
  'ations',
  'ation',
  'ative',
  'atively',
  'ically',
  'ingly',
  'ments',
  'ions',
  'ion',
  'ive',
  'ing',
  'ics',
  'ical',
  'ic',
  'edly',
  'ied',
  'ies',
  'ers',
  'ed',
  'es',
  'ly',
  's',
  'e',
  'y',
]

const STEMS_MAX = 20_000
const stems = new Map<string, string>()

/** The stem of one lower-case word: common English endings cut, British spellings and irregular verbs made one. */
export function stemOf(lower: string): string {
  const known = stems.get(lower)
  if (known !== undefined) return known
  const stem = cutEndings(lower)
  if (stems.size < STEMS_MAX && lower.length <= 40) stems.set(lower, stem)
  return stem
}

function cutEndings(word: string): string {
  const bare = word.replace(/['’]s$/, '').replace(/ae(?=[dst])/, 'e')
  const irregular = IRREGULAR.get(bare)
  if (irregular !== undefined) return irregular
  if (bare.length <= 3 || /\d/.test(bare) || bare.endsWith('ss')) return bare
  const ending = ENDINGS.find((part) => bare.endsWith(part) && bare.length - part.length >= 3)
  if (ending === undefined) return bare
  const root = bare.slice(0, -ending.length)
  return root.replace(/([bdfgklmnprt])\1$/, '$1')
}

/** The words of a text in order; "operating room" and "OR" become one word. Linear in the text's length. */
export function splitWords(text: string): Word[] {
  const words: Word[] = []
  for (const match of text.matchAll(WORD)) {
    const raw = match[0]
    const lower = raw.toLowerCase()
    const isUpper = raw.length > 1 && raw !== lower && raw === raw.toUpperCase()
    const end = match.index + raw.length
    const previous = words.at(-1)
    if (previous?.lower === 'operating' && /^(room|suite|theat)/.test(lower)) {
      previous.stem = OPERATING_ROOM
      previous.end = end
      continue
    }
    const stem = lower === 'or' && isUpper ? OPERATING_ROOM : stemOf(lower)
    words.push({ stem, lower, isUpper, start: match.index, end })
  }
  return words
}

const STOP_WORDS = new Set(
  `a an the this that these those it its of in on at to for from by with and or but as is are was were be been being
  has have had do does did will shall can which who whom whose what when where how than then so such there here into
  upon up out over per he she they them his her their him we our you your i s t also any all each both one some more
  most other own same very just still one's itself themselves yet
  no not nothing none never without neither nor cannot`
    .split(/\s+/)
    .map(stemOf),
)

/** Whether a stem carries meaning by itself (is no article, pronoun, auxiliary or the like). */
export function isContentStem(stem: string): boolean {
  return stem.length > 1 && !STOP_WORDS.has(stem)
}
