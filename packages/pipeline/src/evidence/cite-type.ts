import { type CiteType, type PathStep, readStamp } from '@touchstone/core'

const WORDS: ReadonlyMap<string, CiteType> = new Map([
  ...pairs('note', ['note', 'notes', 'quote', 'quotes', 'summary', 'consult', 'consults', 'narrative']),
  ...pairs('lab', ['lab', 'labs', 'laboratory', 'culture', 'cultures', 'microbiology']),
  ...pairs('operative', ['surgery', 'surgeries', 'surgical', 'procedure', 'procedures', 'operative', 'cpt']),
  ...pairs('image', ['imaging', 'image', 'images', 'radiology', 'xray', 'xrays', 'ct', 'mri', 'ultrasound']),
  ...pairs('timestamp', ['times', 'instant', 'timestamp']),
  ...pairs('computed', ['derived', 'computed', 'calculated', 'flags', 'targets']),
])

function pairs(type: CiteType, words: readonly string[]): [string, CiteType][] {
  return words.map((word) => [word, type])
}

/**
 * What kind of source a cite points at. What is computed from the chart stays computed; else a stamp is a timestamp
 * wherever it stands; else the first member of the path with a telling whole word decides (`surgery.operative_note`
 * is operative, `projected` has no `ct` in it).
 */
export function citeTypeOf(steps: readonly PathStep[] | null, value: unknown): CiteType {
  const byPath = typeByPath(steps ?? [])
  if (byPath === 'computed') return byPath
  return readStamp(value).kind === 'not_a_stamp' ? byPath : 'timestamp'
}

function typeByPath(steps: readonly PathStep[]): CiteType {
  for (const step of steps.slice(0, 20)) {
    const words = 'member' in step ? splitWords(step.member.slice(0, 200)) : []
    const type = words.map((word) => WORDS.get(word)).find((known) => known !== undefined)
    if (type !== undefined) return type
  }
  return 'other'
}

function splitWords(member: string): string[] {
  return member
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
}
