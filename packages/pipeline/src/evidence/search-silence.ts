import {
  expandFieldPath,
  type JsonValue,
  type PathStep,
  parseFieldPath,
  printFieldPath,
  type SearchCite,
  type Signal,
  type Verification,
} from '@touchstone/core'
import { type ChartLeaf, chartLeaves } from './chart-leaves.ts'
import { type Charts, resolveShown } from './charts.ts'
import { leafText } from './leaf.ts'
import { findSearchTerm, readSearchTerm } from './search-terms.ts'

/** What a claim of silence came to. */
export type SearchVerdict = { verification: Verification; note: string }

const PLACES_MAX = 20_000
const SEARCHED_MAX = 200
const STEPS_MAX = 40
const HITS_MAX = 1_000

/**
 * Makes the judge of a signal's searches; what its scope holds is read once, at the first search.
 *
 * `contradicted`: a search term stands un-negated in a place of the scope that was shown. `verified`: it does not,
 * and every place of the scope that the chart has was shown and lies at or below a place that was searched.
 * `not_searched`: anything else, also when the search says that it found something, or the signal has no scope.
 */
export function searchJudge(signal: Signal | null, charts: Charts): (cite: SearchCite) => SearchVerdict {
  let scope: Scope | null = null
  const known = new Map<string, SearchVerdict>()
  return (cite) => {
    if (signal === null || signal.searchScope.length === 0) {
      return notSearched('The signal defines no places whose silence could be proved.')
    }
    if (cite.found !== null && cite.found !== 0) {
      return notSearched('The search says that it found something, which proves no silence.')
    }
    scope ??= readScope(signal, charts)
    const key = cite.searched.join('\n')
    const verdict = known.get(key) ?? judgeSearch(cite, scope, charts)
    known.set(key, verdict)
    return verdict
  }
}

type Place = { path: string; ways: string[]; isShown: boolean }
type Scope = { places: Place[]; isComplete: boolean; hit: { path: string; term: string } | null }

function judgeSearch(cite: SearchCite, scope: Scope, charts: Charts): SearchVerdict {
  if (scope.hit !== null) {
    const note = `"${scope.hit.term}" stands at ${scope.hit.path}, so the chart is not silent.`
    return { verification: 'contradicted', note }
  }
  const searched = searchedPlaces(cite, charts.payload)
  if (searched === null) return notSearched('The search names no place that can be read as a field path.')
  const hidden = scope.places.find((place) => !place.isShown)
  if (hidden !== undefined) return notSearched(`${hidden.path} belongs to the scope and was not shown.`)
  const missed = scope.places.find((place) => !place.ways.some((way) => searched.has(way)))
  if (missed !== undefined) return notSearched(`${missed.path} belongs to the scope and was not searched.`)
  if (!scope.isComplete) return notSearched('The scope holds more, or deeper, places than can be searched.')
  if (scope.places.length === 0) {
    return { verification: 'verified', note: 'The chart has none of the places of the scope.' }
  }
  return {
    verification: 'verified',
    note: `All ${scope.places.length} places of the scope were shown and searched; no search term stands there.`,
  }
}

function notSearched(note: string): SearchVerdict {
  return { verification: 'not_searched', note }
}

function searchedPlaces(cite: SearchCite, payload: JsonValue): Set<string> | null {
  const searched = new Set<string>()
  let isAnyPath = false
  for (const text of new Set(cite.searched.slice(0, SEARCHED_MAX))) {
    const pattern = parseFieldPath(text)
    if (pattern === null || pattern.length > STEPS_MAX) continue
    isAnyPath = true
    for (const place of expandFieldPath(payload, pattern)) searched.add(printFieldPath(place.steps))
  }
  return isAnyPath ? searched : null
}

function readScope(signal: Signal, charts: Charts): Scope {
  const scope: Scope = { places: [], isComplete: true, hit: null }
  const terms = signal.searchTerms.map(readSearchTerm).filter((term) => term !== null)
  const allowance = { left: HITS_MAX }
  const seen = new Set<string>()
  for (const leaf of scopeLeaves(signal, charts.payload, scope)) {
    const path = printFieldPath(leaf.steps)
    if (seen.has(path)) continue
    seen.add(path)
    const shown = resolveShown(charts, leaf.steps)
    scope.places.push({ path, ways: waysTo(leaf.steps), isShown: shown.found })
    if (isNested(leaf.value)) scope.isComplete = false
    const original = shown.found ? leafText(shown.value) : null
    if (original === null || scope.hit !== null) continue
    const found = findSearchTerm({ original, normal: charts.normalise(original) }, terms, allowance)
    if (found === 'exhausted') scope.isComplete = false
    else if (found !== null) scope.hit = { path, term: found.written }
  }
  return scope
}

function scopeLeaves(signal: Signal, payload: JsonValue, scope: Scope): ChartLeaf[] {
  const all: ChartLeaf[] = []
  for (const text of signal.searchScope) {
    const pattern = parseFieldPath(text)
    for (const place of pattern === null ? [] : expandFieldPath(payload, pattern)) {
      const { leaves, isComplete } = chartLeaves(place, PLACES_MAX - all.length)
      if (!isComplete) scope.isComplete = false
      all.push(...leaves)
    }
  }
  return all
}

/** A leaf that is still a filled container lies deeper than is walked. */
function isNested(value: unknown): boolean {
  return value !== null && typeof value === 'object' && Object.keys(value).length > 0
}

/** The place itself and every place above it, printed. */
function waysTo(steps: readonly PathStep[]): string[] {
  return steps.map((_step, index) => printFieldPath(steps.slice(0, index + 1)))
}
