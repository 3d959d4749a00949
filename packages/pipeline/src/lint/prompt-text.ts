import type { ModuleVersion, PromptDocument } from '@touchstone/core'
import type { LintFinding, PromptPlaces } from './finding.ts'

/** A piece of a prompt's text: one section or one shared piece. */
type Piece = { text: string; field: string; file?: string; firstLine: number | null }

type TextInput = {
  document: PromptDocument
  moduleVersion: ModuleVersion
  places: PromptPlaces
  /** Whether the prompt loops over `signals`, so that codes come from the module itself. */
  loopsOverSignals: boolean
  /** Words in code form that are no signal codes: members of charts. */
  knownWords: ReadonlySet<string>
}

/** What a prompt's own words say that its module does not: signal codes, limits, the length of a reason. */
export function lintPromptText(input: TextInput): LintFinding[] {
  const pieces = piecesOf(input)
  return [
    ...(input.loopsOverSignals ? [] : missingCodes(pieces, input)),
    ...unknownCodes(pieces, input),
    ...pieces.flatMap((piece) => thresholds(piece, input.moduleVersion)),
    ...reasonLimit(pieces, input.document),
  ]
}

function piecesOf({ document, places }: TextInput): Piece[] {
  const sections = document.sections.map(({ template }, index): Piece => {
    const place = places.file === undefined ? {} : { file: places.file }
    const firstLine = places.sectionLines?.[index] ?? null
    return { text: template, field: `sections[${index}].template`, firstLine, ...place }
  })
  const partials = Object.entries(document.partials).map(([name, text]): Piece => {
    return { text, field: `partials.${name}`, firstLine: null }
  })
  return [...sections, ...partials]
}

function placeAt(piece: Piece, offset: number): Pick<LintFinding, 'file' | 'line' | 'field'> {
  const { file, field, firstLine, text } = piece
  const lineInPiece = text.slice(0, offset).split('\n').length
  return {
    field,
    ...(file === undefined ? {} : { file }),
    ...(firstLine === null ? {} : { line: firstLine + lineInPiece - 1 }),
  }
}

function missingCodes(pieces: readonly Piece[], { document, moduleVersion }: TextInput): LintFinding[] {
  const text = pieces.map((piece) => piece.text).join('\n')
  const isForced = document.output.format === 'json_schema'
  return moduleVersion.signals
    .filter(({ code }) => !mentions(text, code))
    .map(({ code }) => ({
      level: isForced ? 'warning' : 'error',
      code: 'signal_missing',
      message: isForced
        ? `the signal "${code}" is never named: the answer's schema asks for it, but the prompt does not say what it means; name it or loop over signals`
        : `the signal "${code}" is never named, so it cannot be answered; name it or loop over signals`,
    }))
}

function mentions(text: string, code: string): boolean {
  return new RegExp(`(?<![a-z0-9_])${code}(?![a-z0-9_])`).test(text)
}

/** Codes stand in back quotes, at the head of a list item, or as an id in an example; other words are prose. */
const CODE_PLACES = [
  /`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)`/g,
  /^[ \t]*[-*][ \t]+([a-z][a-z0-9]*(?:_[a-z0-9]+)+)[ \t]*:/gm,
  /"id"\s*:\s*"([a-z][a-z0-9_]*)"/g,
]

function unknownCodes(pieces: readonly Piece[], input: TextInput): LintFinding[] {
  const codes = new Set(input.moduleVersion.signals.map((signal) => signal.code))
  const seen = new Set<string>()
  const findings: LintFinding[] = []
  for (const piece of pieces) {
    for (const match of CODE_PLACES.flatMap((form) => [...piece.text.matchAll(form)])) {
      const word = match[1] ?? ''
      if (codes.has(word) || seen.has(word) || input.knownWords.has(word)) continue
      seen.add(word)
      findings.push({
        level: input.loopsOverSignals ? 'warning' : 'error',
        code: 'signal_unknown',
        message: `"${word}" looks like a signal, but ${input.moduleVersion.module} has none of that code; correct or remove it`,
        ...placeAt(piece, match.index),
      })
    }
  }
  return findings
}

const DURATION =
  /(?<![\w.:])(\d+(?:\.\d+)?)[\s-]*(?:(hours?|hrs?|h)\b(?:\s*(?:and\s+)?(\d+)\s*(?:minutes?|mins?|min)\b)?|(minutes?|mins?|min)\b)/gi

/** Durations in the lines about a signal with a measure, held against its limit. */
function thresholds(piece: Piece, moduleVersion: ModuleVersion): LintFinding[] {
  const codes = moduleVersion.signals.map((signal) => signal.code)
  return moduleVersion.signals.flatMap(({ code, measure }) => {
    if (measure === null) return []
    const named = blocksAbout(piece.text, { code, codes }).flatMap(durationsIn)
    const isStated = named.some(({ minutes }) => isSame(minutes, measure.limit_minutes))
    return named
      .filter(({ minutes }) => minutes > 0 && !isSame(minutes, measure.limit_minutes))
      .map(({ text, offset }) => ({
        level: isStated ? ('warning' as const) : ('error' as const),
        code: 'threshold_differs' as const,
        message: `"${text}" stands with ${code}, whose limit is ${limitText(measure.limit_minutes)}; make them agree`,
        ...placeAt(piece, offset),
      }))
  })
}

function isSame(minutes: number, limit: number): boolean {
  return Math.abs(minutes - limit) < 1 / 120
}

function limitText(minutes: number): string {
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
}

function durationsIn(block: {
  text: string
  offset: number
}): { text: string; minutes: number; offset: number }[] {
  return [...block.text.matchAll(DURATION)].map((match) => {
    const [text, amount = '0', hours, more = '0'] = match
    const minutes = hours === undefined ? Number(amount) : Number(amount) * 60 + Number(more)
    return { text, minutes, offset: block.offset + match.index }
  })
}

/** The lines from one that names the code up to the next that names another code, is blank, or is a heading. */
function blocksAbout(
  text: string,
  { code, codes }: { code: string; codes: readonly string[] },
): { text: string; offset: number }[] {
  const blocks: { text: string; offset: number }[] = []
  let isOpen = false
  let offset = 0
  for (const line of text.split('\n')) {
    if (mentions(line, code)) isOpen = true
    else if (line.trim() === '' || line.startsWith('#') || codes.some((other) => mentions(line, other)))
      isOpen = false
    if (isOpen) blocks.push({ text: line, offset })
    offset += line.length + 1
  }
  return blocks
}

const REASON_LIMIT =
  /\breasons?\b[^.\n]{0,60}?\b(\d+)[\s-]+words?\b|\b(\d+)[\s-]+words?\b[^.\n]{0,40}\breasons?\b/gi

function reasonLimit(pieces: readonly Piece[], document: PromptDocument): LintFinding[] {
  const limit = document.output.reason_words_max
  const stated = pieces.flatMap((piece) =>
    [...piece.text.matchAll(REASON_LIMIT)].map((match) => ({
      words: Number(match[1] ?? match[2]),
      place: placeAt(piece, match.index),
    })),
  )
  if (
    limit !== undefined &&
    stated.length === 0 &&
    !pieces.some(({ text }) => text.includes('reason_words_max'))
  ) {
    const message = `output.reason_words_max is ${limit}, but the text does not ask for it; state the limit`
    return [{ level: 'info', code: 'reason_limit_unstated', message, field: 'output.reason_words_max' }]
  }
  return stated.flatMap(({ words, place }): LintFinding[] => {
    if (words === limit) return []
    const declared = limit === undefined ? 'states none' : `says ${limit}`
    const message = `the text allows a reason ${words} words, output.reason_words_max ${declared}; make them agree`
    return [
      { level: limit === undefined ? 'info' : 'warning', code: 'reason_limit_differs', message, ...place },
    ]
  })
}
