import type { Status } from '@touchstone/core'
import type { CompiledPrompt } from './compile.ts'

/** A piece of evidence as it will be written: a path with what stands there, or the places that were searched. */
export type AnswerCite =
  | { path: string; excerpt: string | null }
  | { searched: readonly string[]; found: number }

/** The answer to one signal. */
export type SignalAnswer = {
  status: Status
  finding: string
  reason: string
  confidence: number
  cites: AnswerCite[]
}

const EXCERPT_MAX = 400

/** Writes the answers in the shape the prompt asks for: one JSON object, or one line of text for each signal. */
export function writeAnswer(
  answers: readonly { code: string; answer: SignalAnswer }[],
  prompt: CompiledPrompt,
): string {
  if (!prompt.shape.isJson) return answers.map(({ code, answer }) => lineOf(code, answer)).join('\n')
  const signals = answers.map(({ code, answer }) => ({
    id: code,
    status: answer.status,
    finding: answer.finding,
    reason: cutWords(answer.reason, prompt.shape.reasonWordsMax),
    confidence: answer.confidence,
    cites: answer.cites.map((cite) => writeCite(cite, prompt.rules.has('excerpts'))),
  }))
  return JSON.stringify({ signals })
}

function writeCite(cite: AnswerCite, areExcerptsAsked: boolean): object {
  if ('searched' in cite) return { searched: cite.searched, found: cite.found }
  if (cite.excerpt === null || !areExcerptsAsked) return { path: cite.path }
  return { path: cite.path, excerpt: cutExcerpt(cite.excerpt) }
}

/** A long excerpt ends at a word, so that it still stands in the chart letter by letter. */
function cutExcerpt(excerpt: string): string {
  if (excerpt.length <= EXCERPT_MAX) return excerpt
  return excerpt.slice(0, excerpt.lastIndexOf(' ', EXCERPT_MAX))
}

function cutWords(text: string, max: number): string {
  return text.split(/\s+/).slice(0, max).join(' ')
}

function lineOf(code: string, { status, finding, reason, cites }: SignalAnswer): string {
  const places = cites.map((cite) =>
    'searched' in cite ? `searched ${cite.searched.join(', ')}` : cite.path,
  )
  return `${code}: ${status}. ${finding}; ${reason}. Evidence: ${places.length === 0 ? 'none' : places.join(', ')}.`
}
