import type { Cite, Defect, ParsedSignal } from './signal.ts'

/** What became of a cite when it was held against the chart as shown; each is defined in `pipeline/verify`. */
export const VERIFICATIONS = [
  'verified',
  'bare',
  'altered',
  'cut_context',
  'absent',
  'not_shown',
  'out_of_scope',
  'contradicted',
  'not_searched',
] as const
export type Verification = (typeof VERIFICATIONS)[number]

/** How far an answer's cites carry it. */
export const SUPPORTS = ['supported', 'partly', 'unsupported', 'uncited'] as const
export type Support = (typeof SUPPORTS)[number]

export const CITE_TYPES = [
  'note',
  'lab',
  'operative',
  'image',
  'timestamp',
  'computed',
  'search',
  'other',
] as const
export type CiteType = (typeof CITE_TYPES)[number]

/** A cite with its verdict: one row of evidence. */
export type VerifiedCite = {
  cite: Cite
  /** The path as the model wrote it; for a search, the places joined by ", ". */
  fieldPath: string
  /** The same place in canonical form, where it resolves. */
  resolvedPath: string | null
  /** The leaf's text as the chart has it (cut to 2,000 characters); null for containers and what does not resolve. */
  fieldValue: string | null
  fieldType: 'timestamp' | 'string' | 'number' | 'boolean' | 'container' | 'null' | null
  citeType: CiteType
  /** Where in the leaf's text the excerpt stands: [start, end) in UTF-16 units. */
  span: { start: number; end: number } | null
  verification: Verification
  /** Why, in words a reader can check; names paths and search terms, and repeats no chart text. */
  note: string
}

/** A signal of a sample after verification. */
export type VerifiedSignal = ParsedSignal & { evidence: VerifiedCite[]; support: Support | null }

/** All signals of a sample, with their evidence judged. */
export type VerifiedSignals = {
  stage: 'verified'
  signals: VerifiedSignal[]
  unknownCodes: string[]
  duplicateCodes: string[]
  defects: Defect[]
}
