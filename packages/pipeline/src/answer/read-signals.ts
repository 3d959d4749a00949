import {
  type Defect,
  type DefectKind,
  type ModuleVersion,
  type ParsedSignal,
  type ParsedSignals,
  Status,
} from '@touchstone/core'
import { readCites } from './read-cites.ts'
import { CODE_MAX, cutText, isRecord, readConfidence, readText } from './read-text.ts'

const UNKNOWN_MAX = 1000
const MALFORMED_MAX = 1000

/** What was read of a list of answers: by code, with what was wrong. */
type Reading = {
  known: ReadonlySet<string>
  answers: Map<string, ParsedSignal>
  unknown: Set<string>
  duplicates: Set<string>
  conflicts: Set<string>
  malformed: number
  defects: Defect[]
}

/** Reads the entries of an answer into one entry for each signal of the module, in one pass; never throws. */
export function readSignals(
  entries: readonly unknown[],
  { moduleVersion, defects }: { moduleVersion: ModuleVersion; defects: readonly DefectKind[] },
): ParsedSignals {
  const codes = moduleVersion.signals.map((signal) => signal.code)
  const reading: Reading = {
    known: new Set(codes),
    answers: new Map(),
    unknown: new Set(),
    duplicates: new Set(),
    conflicts: new Set(),
    malformed: 0,
    defects: defects.map((kind) => ({ kind, code: null })),
  }
  for (const entry of entries) readEntry(entry, reading)
  const signals = codes.map((code): ParsedSignal => {
    const answer = reading.answers.get(code)
    if (answer) return reading.conflicts.has(code) ? conflicting(answer) : answer
    reading.defects.push({ kind: 'missing_signal', code })
    return { outcome: 'missing', code }
  })
  return {
    stage: 'parsed',
    signals,
    unknownCodes: [...reading.unknown],
    duplicateCodes: [...reading.duplicates],
    defects: reading.defects,
  }
}

function readEntry(entry: unknown, reading: Reading): void {
  if (!isRecord(entry) || typeof entry.id !== 'string') {
    reading.malformed += 1
    if (reading.malformed <= MALFORMED_MAX) reading.defects.push({ kind: 'malformed_signal', code: null })
    return
  }
  const code = entry.id
  const earlier = reading.answers.get(code)
  if (!reading.known.has(code)) noteUnknown(cutText(code, { max: CODE_MAX }), reading)
  else if (earlier === undefined)
    reading.answers.set(code, readAnswer(code, { entry, defects: reading.defects }))
  else noteDuplicate(earlier, { status: entry.status, reading })
}

function noteUnknown(code: string, reading: Reading): void {
  if (reading.unknown.has(code) || reading.unknown.size >= UNKNOWN_MAX) return
  reading.unknown.add(code)
  reading.defects.push({ kind: 'unknown_signal', code })
}

/** A second answer to a signal: the first one counts where both have the same status, and neither where they differ. */
function noteDuplicate(
  earlier: ParsedSignal,
  { status, reading }: { status: unknown; reading: Reading },
): void {
  const { code } = earlier
  if (!reading.duplicates.has(code)) reading.defects.push({ kind: 'duplicate_signal', code })
  reading.duplicates.add(code)
  if (statusWord(earlier) === wordOf(status) || reading.conflicts.has(code)) return
  reading.conflicts.add(code)
  reading.defects.push({ kind: 'conflicting_duplicate', code })
}

function statusWord(signal: ParsedSignal): string | null {
  if (signal.outcome === 'answered') return signal.status
  return signal.outcome === 'invalid_status' ? signal.written : null
}

function readAnswer(
  code: string,
  { entry, defects }: { entry: Record<string, unknown>; defects: Defect[] },
): ParsedSignal {
  const note = (kind: DefectKind): void => {
    defects.push({ kind, code })
  }
  // Only the exact word is a status: to read "Pass" or "passed" as one would be to guess.
  const status = Status.safeParse(entry.status)
  if (!status.success) note('invalid_status')
  const finding = readText(entry.finding, note)
  const reason = readText(entry.reason, note)
  const confidence = readConfidence(entry.confidence, note)
  const cites = readCites(entry.cites, note)
  return status.success
    ? { outcome: 'answered', code, status: status.data, finding, reason, confidence, cites }
    : { outcome: 'invalid_status', code, written: wordOf(entry.status), finding, cites }
}

/** What stood where a status should, in words. */
function wordOf(written: unknown): string {
  if (typeof written === 'string') return cutText(written, { max: 100 })
  if (written === undefined) return 'no status'
  if (written === null || typeof written !== 'object') return String(written)
  return Array.isArray(written) ? 'a list' : 'an object'
}

function conflicting(signal: ParsedSignal): ParsedSignal {
  if (signal.outcome === 'missing') return signal
  const { code, finding, cites } = signal
  return { outcome: 'invalid_status', code, written: 'conflicting answers', finding, cites }
}
