import {
  expandFieldPath,
  isPathCoveredBy,
  type PathCite,
  type PathStep,
  parseFieldPath,
  printFieldPath,
  resolveFieldPath,
  type Signal,
  type VerifiedCite,
} from '@touchstone/core'
import { chartLeaves } from './chart-leaves.ts'
import { type Charts, resolveShown } from './charts.ts'
import { citeTypeOf } from './cite-type.ts'
import { countWords, findExcerpt, findWhole, normaliseExcerpt, type TextSpan } from './find-excerpt.ts'
import { leafKind, leafText } from './leaf.ts'
import { isSaidByLeaf } from './self-evident.ts'
import { turnedSense } from './sense.ts'
import type { TurnedSense } from './sense-triggers.ts'

/** A place of the chart: concrete steps and what stands there. */
type Place = { steps: PathStep[]; value: unknown }

/** A path cite judged by itself, before the finding's claims; `places` are what it leads to in the shown chart. */
export type JudgedPath = { evidence: VerifiedCite; places: Place[] }

const EXCERPT_WORDS_MIN = 3
const OCCURRENCES_MAX = 50
const LEAVES_BELOW_MAX = 2_000
const FIELD_VALUE_MAX = 2_000
const STEPS_MAX = 40

/** Judges one path cite against the charts; `finding` may claim a whole free text by repeating it. */
export function judgePath(cite: PathCite, finding: string | null, charts: Charts): JudgedPath {
  const steps = parseFieldPath(cite.path)
  if (steps === null || steps.length > STEPS_MAX) {
    return notFound(cite, null, 'The path cannot be read as a place in the chart.')
  }
  const places = placesOf(charts.shown, steps).filter((place) => resolveShown(charts, place.steps).found)
  const [first] = places
  if (first === undefined) {
    const [hidden] = placesOf(charts.payload, steps)
    if (hidden === undefined) return notFound(cite, steps, 'The chart has no such place.')
    const evidence = evidenceOf(cite, { steps: hidden.steps, value: undefined })
    const note = 'The chart has this place, but it was not shown to the model.'
    return { evidence: { ...evidence, fieldType: null, verification: 'not_shown', note }, places: [] }
  }
  const claim = { excerpt: excerptOf(cite), finding }
  if (steps.some((step) => 'any' in step)) return judgeBelow(cite, { steps, places }, claim, charts)
  if (leafKind(first.value) === 'container') return judgeBelow(cite, { steps, places }, claim, charts)
  const verdict = judgeLeaf(first.value, claim, charts)
  return { evidence: { ...evidenceOf(cite, first), ...verdict }, places }
}

function placesOf(chart: unknown, steps: readonly PathStep[]): Place[] {
  if (steps.some((step) => 'any' in step)) return expandFieldPath(chart, steps).slice(0, LEAVES_BELOW_MAX)
  const target = resolveFieldPath(chart, steps)
  return target.found ? [{ steps: [...steps], value: target.value }] : []
}

function excerptOf(cite: PathCite): string | null {
  return cite.excerpt === null || cite.excerpt.trim() === '' ? null : cite.excerpt
}

type Claimed = { excerpt: string | null; finding: string | null }
type Verdict = Pick<VerifiedCite, 'verification' | 'note' | 'span'>

function judgeLeaf(value: unknown, claim: Claimed, charts: Charts): Verdict {
  const kind = leafKind(value)
  if (kind === 'text' && typeof value === 'string') return judgeText(value, claim, charts)
  if (claim.excerpt === null) return verdict('verified', `A ${kind} speaks for itself.`)
  if (isSaidByLeaf(value, claim.excerpt))
    return verdict('verified', `The excerpt is the ${kind} that stands here.`)
  return verdict('altered', `The excerpt is not the ${kind} that stands here.`)
}

function judgeText(text: string, { excerpt, finding }: Claimed, charts: Charts): Verdict {
  const normal = charts.normalise(text)
  if (excerpt === null) {
    const wholes = finding === null ? [] : findWhole(charts.normalise(finding).text, normal.text)
    for (const _whole of wholes) return verdict('verified', 'The finding repeats the whole text.')
    return verdict('bare', 'Free text, and nothing in particular is quoted from it.')
  }
  const wanted = normaliseExcerpt(excerpt)
  if (wanted === '') return verdict('bare', 'The excerpt holds no words.')
  const stands = firstStanding(text, findExcerpt(normal, wanted))
  if (stands === null) return verdict('altered', 'The excerpt does not stand in this text.')
  const { span, sense } = stands
  if (sense !== null) {
    return verdict('cut_context', `What stands left of the excerpt in its sentence ${TURNED[sense]}.`, span)
  }
  if (countWords(wanted) < EXCERPT_WORDS_MIN && normaliseExcerpt(text) !== wanted) {
    return verdict('bare', 'The excerpt stands here but is shorter than three words.', span)
  }
  return verdict('verified', 'The excerpt stands here in its own sense.', span)
}

type Standing = { span: TextSpan; sense: TurnedSense | null }

/** The first place where an excerpt stands in its own sense, else the first at all; looks at 50 places. */
function firstStanding(text: string, spans: Iterable<TextSpan>): Standing | null {
  let first: Standing | null = null
  let count = 0
  for (const span of spans) {
    const standing: Standing = { span, sense: turnedSense(text, span) }
    if (standing.sense === null) return standing
    first ??= standing
    count += 1
    if (count >= OCCURRENCES_MAX) break
  }
  return first
}

const TURNED = {
  negated: 'negates it',
  hedged: 'hedges it',
  family: 'speaks of the family',
  past: 'speaks of the past',
} as const

function verdict(verification: Verdict['verification'], note: string, span: TextSpan | null = null): Verdict {
  return { verification, note, span }
}

/** A container, or a path with `[*]`, claims nothing by itself; an excerpt is looked for in the texts at and below it. */
function judgeBelow(
  cite: PathCite,
  at: { steps: PathStep[]; places: Place[] },
  claim: Claimed,
  charts: Charts,
): JudgedPath {
  const whole = evidenceOf(cite, { steps: at.steps, value: {} })
  if (claim.excerpt === null) {
    const note = 'More than one leaf, and nothing in particular is quoted from them.'
    return { evidence: { ...whole, verification: 'bare', note }, places: at.places }
  }
  const leaves = at.places.flatMap((place) => chartLeaves(place, LEAVES_BELOW_MAX).leaves)
  let best: JudgedPath | null = null
  for (const leaf of leaves.slice(0, LEAVES_BELOW_MAX)) {
    if (leafKind(leaf.value) !== 'text') continue
    const leafVerdict = judgeLeaf(leaf.value, claim, charts)
    if (leafVerdict.verification === 'altered') continue
    const evidence = { ...evidenceOf(cite, leaf), ...leafVerdict }
    if (best === null || leafVerdict.verification === 'verified') best = { evidence, places: [leaf] }
    if (leafVerdict.verification === 'verified') return best
  }
  const note = 'The excerpt does not stand in any text at or below this place.'
  return best ?? { evidence: { ...whole, verification: 'altered', note }, places: at.places }
}

function notFound(cite: PathCite, steps: PathStep[] | null, note: string): JudgedPath {
  const evidence = evidenceOf(cite, { steps: steps ?? [], value: undefined })
  return {
    evidence: { ...evidence, resolvedPath: null, fieldType: null, verification: 'absent', note },
    places: [],
  }
}

function evidenceOf(cite: PathCite, place: Place): VerifiedCite {
  const kind = leafKind(place.value)
  return {
    cite,
    fieldPath: cite.path,
    resolvedPath: printFieldPath(place.steps),
    fieldValue: cutText(leafText(place.value)),
    fieldType: kind === 'code' || kind === 'text' ? 'string' : kind,
    citeType: citeTypeOf(place.steps, place.value),
    span: null,
    verification: 'absent',
    note: '',
  }
}

/** Cuts to 2,000 UTF-16 units, never through a surrogate pair. */
function cutText(text: string | null): string | null {
  return text === null ? null : text.slice(0, FIELD_VALUE_MAX).replace(/[\ud800-\udbff]$/, '')
}

/** Whether every place a cite leads to lies at or below a path the signal allows; a signal that lists none allows all. */
export function isAllowed(places: readonly Place[], signal: Signal | null): boolean {
  if (signal === null || signal.allowedCites.length === 0) return true
  const patterns = signal.allowedCites.map(parseFieldPath).filter((pattern) => pattern !== null)
  return places.every((place) => patterns.some((pattern) => isPathCoveredBy(place.steps, pattern)))
}
