import type { Status } from './status.ts'

/** A place in the chart a model points at, with what it claims to have read there. */
export type PathCite = { kind: 'path'; path: string; excerpt: string | null }
/** The claim that some places were searched and nothing was found. */
export type SearchCite = { kind: 'search'; searched: string[]; found: number | null }
/** One piece of evidence as a model wrote it. */
export type Cite = PathCite | SearchCite

/** A departure of an answer from what was asked that did not stop it from being read; counted, never hidden. */
export const DEFECTS = [
  'fence_stripped',
  'prose_around',
  'json_repaired',
  'missing_signal',
  'unknown_signal',
  'duplicate_signal',
  'conflicting_duplicate',
  'invalid_status',
  'confidence_out_of_range',
  'malformed_cite',
  'malformed_signal',
  'text_cut',
  'bare_array',
] as const
export type DefectKind = (typeof DEFECTS)[number]
/** A defect, with the signal code it concerns as the model wrote it (cut to 100 characters), where it concerns one. */
export type Defect = { kind: DefectKind; code: string | null }

/** What a model said of one signal of the module, or why that is nothing. */
export type ParsedSignal =
  | {
      outcome: 'answered'
      code: string
      status: Status
      finding: string | null
      reason: string | null
      confidence: number | null
      cites: Cite[]
    }
  | { outcome: 'missing'; code: string }
  | {
      outcome: 'invalid_status'
      code: string
      /** What stood where a status should (cut to 100 characters), or "conflicting answers". */
      written: string
      finding: string | null
      cites: Cite[]
    }

/** An answer that could be read: one entry for each signal of the module, in the module's order; what was not asked for is beside. */
export type ParsedSignals = {
  stage: 'parsed'
  signals: ParsedSignal[]
  /** Codes as written that are no signals of the module (each cut to 100 characters, at most 1,000 kept). */
  unknownCodes: string[]
  /** Codes that were answered more than once. */
  duplicateCodes: string[]
  defects: Defect[]
}

/** An answer that could not be read: it said no, was cut off, or is no JSON of the form asked. Its text is kept by the caller. */
export type Unparsable = {
  stage: 'unparsable'
  why: 'unparsable' | 'refused' | 'truncated'
  detail: string
}
