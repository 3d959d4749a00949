import { splitWords, type Word } from './words.ts'

/** A sentence of a text: its words, and where it stands [start, end) without outer white space. */
export type Sentence = { text: string; start: number; end: number; words: Word[] }

const ABBREVIATIONS = /(?:^|[\s(])(?:dr|mr|mrs|ms|pt|vs|st|no|approx|e\.g|i\.e|etc|fx|hx|a\.m|p\.m)\.$/i

/** Cuts a text into sentences: after . ! ? ; before white space, and at line ends. Abbreviations and decimals do not cut. */
export function splitSentences(text: string): Sentence[] {
  const sentences: Sentence[] = []
  let start = 0
  for (let position = 0; position <= text.length; position += 1) {
    if (position < text.length && !isEnd(text, position)) continue
    pushSentence(sentences, text, { start, end: Math.min(position + 1, text.length) })
    start = position + 1
  }
  return sentences
}

function isEnd(text: string, position: number): boolean {
  const character = text.charCodeAt(position)
  if (character === 10 || character === 13) return true
  const isStop = character === 46 || character === 33 || character === 63 || character === 59
  if (!isStop) return false
  const next = text.charCodeAt(position + 1)
  const isBeforeSpace = Number.isNaN(next) || next === 32 || next === 10 || next === 13 || next === 9
  if (!isBeforeSpace) return false
  return character !== 46 || !ABBREVIATIONS.test(text.slice(Math.max(0, position - 8), position + 1))
}

function pushSentence(sentences: Sentence[], text: string, span: { start: number; end: number }): void {
  let { start, end } = span
  while (start < end && text.charCodeAt(start) <= 32) start += 1
  while (end > start && text.charCodeAt(end - 1) <= 32) end -= 1
  if (start >= end) return
  const own = text.slice(start, end)
  const words = splitWords(own)
  if (words.length > 0) sentences.push({ text: own, start, end, words })
}
