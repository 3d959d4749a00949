import type {
  Cite,
  JsonValue,
  ModuleVersion,
  ParsedSignal,
  ParsedSignals,
  SearchCite,
  Signal,
  Support,
  Verification,
  VerifiedCite,
  VerifiedSignal,
  VerifiedSignals,
} from '@touchstone/core'
import type { Charts } from './evidence/charts.ts'
import { findDeniedCites } from './evidence/hold-claims.ts'
import { isAllowed, type JudgedPath, judgePath } from './evidence/judge-path.ts'
import { rememberNormalText } from './evidence/normal-text.ts'
import { type SearchVerdict, searchJudge } from './evidence/search-silence.ts'

/** What an answer is verified against: the chart as it was shown to the model, and as it is. */
export type VerifyInput = {
  parsed: ParsedSignals
  shown: JsonValue
  payload: JsonValue
  moduleVersion: ModuleVersion
}

const CONTRADICTING: ReadonlySet<Verification> = new Set(['altered', 'cut_context', 'contradicted'])

/**
 * Holds every cite of an answer against the chart as it was shown, and says how far each answer is carried by its
 * cites. Never throws on what a model wrote.
 *
 * Each cite gets the first of these that is true: `absent` or `not_shown` (it does not resolve in the shown chart),
 * `altered` or `cut_context` (the excerpt is not there, or not in its own sense), `altered` (the finding claims
 * otherwise), `out_of_scope`, `bare`, `verified`. Searches are judged by the signal's scope and terms.
 */
export function verify({ parsed, shown, payload, moduleVersion }: VerifyInput): VerifiedSignals {
  const charts: Charts = { shown, payload, normalise: rememberNormalText() }
  const definitions = new Map(moduleVersion.signals.map((signal) => [signal.code, signal]))
  return {
    stage: 'verified',
    signals: parsed.signals.map((signal) =>
      verifySignal(signal, definitions.get(signal.code) ?? null, charts),
    ),
    unknownCodes: parsed.unknownCodes,
    duplicateCodes: parsed.duplicateCodes,
    defects: parsed.defects,
  }
}

function verifySignal(answer: ParsedSignal, signal: Signal | null, charts: Charts): VerifiedSignal {
  if (answer.outcome === 'missing') return { ...answer, evidence: [], support: null }
  const evidence = judgeCites(answer, signal, charts)
  return { ...answer, evidence, support: answer.outcome === 'answered' ? supportOf(evidence) : null }
}

/**
 * How far an answer's cites carry it: `uncited` without cites, `unsupported` when none is verified, `partly` when
 * one is but another contradicts it (altered, cut_context, contradicted), else `supported`. Cites that are bare,
 * absent, not shown, out of scope or not searched carry nothing and take nothing away.
 */
export function supportOf(evidence: readonly Pick<VerifiedCite, 'verification'>[]): Support {
  if (evidence.length === 0) return 'uncited'
  if (!evidence.some(({ verification }) => verification === 'verified')) return 'unsupported'
  return evidence.some(({ verification }) => CONTRADICTING.has(verification)) ? 'partly' : 'supported'
}

function judgeCites(
  { cites, finding }: { cites: readonly Cite[]; finding: string | null },
  signal: Signal | null,
  charts: Charts,
): VerifiedCite[] {
  const judgeSearch = searchJudge(signal, charts)
  const judged = cites.map((cite) => (cite.kind === 'path' ? judgePath(cite, finding, charts) : cite))
  const places = judged.flatMap((one, position) =>
    isSearch(one)
      ? []
      : one.places.map((place) => ({ position, ...place, excerpt: excerptOf(one.evidence.cite) })),
  )
  const denied = findDeniedCites(finding, places, signal?.measure ?? null)
  return judged.map((one, position) =>
    isSearch(one) ? searchEvidence(one, judgeSearch(one)) : settle(one, denied.has(position), signal),
  )
}

function isSearch(one: JudgedPath | SearchCite): one is SearchCite {
  return 'kind' in one
}

function excerptOf(cite: Cite): string | null {
  return cite.kind === 'path' ? cite.excerpt : null
}

/** Adds what the finding and the signal say to a cite that holds by itself. */
function settle({ evidence, places }: JudgedPath, isDenied: boolean, signal: Signal | null): VerifiedCite {
  if (evidence.verification !== 'verified' && evidence.verification !== 'bare') return evidence
  if (isDenied) {
    const note = 'The finding claims a time or number that the cited places do not have.'
    return { ...evidence, verification: 'altered', note }
  }
  if (isAllowed(places, signal)) return evidence
  return {
    ...evidence,
    verification: 'out_of_scope',
    note: 'It holds, but the signal does not allow this place.',
  }
}

function searchEvidence(cite: SearchCite, { verification, note }: SearchVerdict): VerifiedCite {
  return {
    cite,
    fieldPath: cite.searched.join(', '),
    resolvedPath: null,
    fieldValue: null,
    fieldType: null,
    citeType: 'search',
    span: null,
    verification,
    note,
  }
}
