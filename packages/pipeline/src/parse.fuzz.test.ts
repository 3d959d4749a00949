import { expect, it } from 'vitest'
import { parse } from './parse.ts'
import { sampleModuleVersion } from './testing.ts'

const ROUNDS = 100_000
const moduleVersion = sampleModuleVersion()
const SEEDS = [
  '{"signals":[{"id":"on_time_19h","status":"pass","finding":"Incision 12.0 h after arrival","confidence":0.9,"cites":[{"path":"times.ArrivalInstant"},{"path":"notes[1].text","excerpt":"No NPO violation"}]},{"id":"npo_violation","status":"inactive","cites":[{"searched":["notes[*].text","imaging"],"found":0}]},{"id":"extra_testing","status":"caution","cites":["labs[0]"]}]}',
  '```json\n[{"id":"extra_testing","status":"fail","reason":null},{"id":"npo_violation","status":"pass","cites":["notes[0].text"]}]\n```',
  "Sure. {signals: [{id: 'on_time_19h', status: 'fail', cites: ['times.A',]}, {id: 'other', status: 'pass'}]} Done.",
]
const BITS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  "'",
  '```',
  ' ',
  '\n',
  'null',
  '1e999',
  '\u0000',
  '\ud800',
  '//',
  '/*',
  '"status":"pass"',
  '"signals":',
  '__proto__',
  '...',
  '+',
  '“',
  '&quot;',
]
const FINISHES = ['stop', 'stop', 'stop', 'length', 'other'] as const

/** A small seeded generator (mulberry32), so that a failure can be found again by its round. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function mutate(text: string, random: (below: number) => number): string {
  let mutated = text
  for (let left = random(4); left >= 0; left -= 1) {
    const from = random(mutated.length + 1)
    const to = Math.min(mutated.length, from + random(12))
    const piece = mutated.slice(from, to)
    const bit = BITS[random(BITS.length)] ?? ''
    const put = [bit, '', piece + piece, piece.toUpperCase(), bit + piece][random(5)] ?? ''
    mutated = mutated.slice(0, from) + put + mutated.slice(to)
    if (random(30) === 0) mutated = mutated.slice(0, random(mutated.length + 1))
  }
  return mutated
}

it('reads 100,000 mutated completions without a throw, one entry for each signal, inventing nothing', () => {
  let answeredCount = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const random = randomFrom(round)
    const text = mutate(SEEDS[random(SEEDS.length)] ?? '', random)
    const finishReason = FINISHES[random(FINISHES.length)] ?? 'stop'

    const answer = parse({ text, finishReason, refusal: null, moduleVersion })

    if (answer.stage === 'unparsable') continue
    if (answer.signals.length !== moduleVersion.signals.length) expect.fail(`round ${round}: entries`)
    for (const signal of answer.signals) {
      if (signal.outcome === 'missing') continue
      answeredCount += 1
      const paths = signal.cites.flatMap((cite) => (cite.kind === 'path' ? cite.path : cite.searched))
      const words = signal.outcome === 'answered' ? [signal.code, signal.status, ...paths] : [signal.code]
      for (const word of words)
        if (!isWrittenIn(text, word)) expect.fail(`round ${round}: ${JSON.stringify(word)}`)
    }
  }

  // Otherwise the mutations would be too wild to test anything.
  expect(answeredCount).toBeGreaterThan(ROUNDS / 2)
}, 60_000)

/** Whether a text holds a word, as it is or behind JSON's escapes. */
function isWrittenIn(text: string, word: string): boolean {
  const isPlain = (written: string): boolean => plain(written).includes(plain(word))
  return text.includes(word) || isPlain(text) || isPlain(text.replace(/\\[nrtbf]/g, ''))
}

function plain(text: string): string {
  return text.replaceAll('&quot;', '"').replace(/[^!-~]|[\\"']/g, '')
}
