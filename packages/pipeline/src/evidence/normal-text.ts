/**
 * Text made comparable: `text` has case, white space, quotation marks and dashes evened out; unit i of it
 * stands for the UTF-16 range [starts[i], ends[i]) of the original.
 */
export type NormalText = { text: string; starts: Uint32Array; ends: Uint32Array }

const WHITE = /^\s$/u
const IGNORED = /^[\u00ad\u200b-\u200d\u2060\ufeff]$/u
const MARK = /^\p{M}$/u
const FOLDED: ReadonlyMap<string, string> = new Map([
  ...[..."'‘’‚‛′`´“”„‟″«»‹›"].map((mark): [string, string] => [mark, '"']),
  ...[...'‐‑‒–—―−﹣－'].map((dash): [string, string] => [dash, '-']),
  ['…', '...'],
  ['≤', '<='],
  ['≥', '>='],
  ['µ', 'μ'],
  ['ς', 'σ'],
])

/**
 * Evens out text for comparison: canonical decomposition (so composed and decomposed letters agree), lower case,
 * any run of white space (no-break spaces too) as one space with none at the ends, every quotation mark as `"`,
 * every dash as `-`. Compatibility forms are left alone: 10² is not 102.
 */
export function normaliseText(source: string): NormalText {
  const units: string[] = []
  const starts: number[] = []
  const ends: number[] = []
  let spaceStart = -1
  for (let start = 0; start < source.length; ) {
    const end = clusterEnd(source, start)
    const cluster = source.slice(start, end)
    if (WHITE.test(cluster)) {
      if (spaceStart === -1) spaceStart = start
    } else if (!IGNORED.test(cluster)) {
      if (spaceStart !== -1 && units.length > 0) {
        units.push(' ')
        starts.push(spaceStart)
        ends.push(start)
      }
      spaceStart = -1
      for (const unit of fold(cluster).split('')) {
        units.push(unit)
        starts.push(start)
        ends.push(end)
      }
    }
    start = end
  }
  return { text: units.join(''), starts: Uint32Array.from(starts), ends: Uint32Array.from(ends) }
}

/** A letter with the marks on it is one cluster, so that the order of its marks can be evened out. */
function clusterEnd(source: string, start: number): number {
  let end = start + ((source.codePointAt(start) ?? 0) > 0xffff ? 2 : 1)
  while (end < source.length && source.charCodeAt(end) >= 0x300) {
    const next = String.fromCodePoint(source.codePointAt(end) ?? 0)
    if (!MARK.test(next)) break
    end += next.length
  }
  return end
}

function fold(cluster: string): string {
  const known = FOLDED.get(cluster)
  if (known !== undefined) return known
  if (cluster.length === 1 && cluster < '\u0080') return cluster.toLowerCase()
  return cluster
    .normalize('NFD')
    .toLowerCase()
    .replace(/[µς]/g, (letter) => FOLDED.get(letter) ?? letter)
}

/** A function that normalises text and remembers what it has normalised, for one verification. */
export function rememberNormalText(): (source: string) => NormalText {
  const known = new Map<string, NormalText>()
  return (source) => {
    const before = known.get(source)
    if (before !== undefined) return before
    const normal = normaliseText(source)
    known.set(source, normal)
    return normal
  }
}
