import type { Completion, ModuleVersion, ParsedSignals, Unparsable } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { parse } from './parse.ts'
import { sampleModuleVersion } from './testing.ts'

const moduleVersion = sampleModuleVersion()

function read(
  text: string,
  rest: Partial<Completion> = {},
  asked: ModuleVersion = moduleVersion,
): ParsedSignals | Unparsable {
  return parse({ text, finishReason: 'stop', refusal: null, moduleVersion: asked, ...rest })
}

function parsed(text: string, rest: Partial<Completion> = {}): ParsedSignals {
  const answer = read(text, rest)
  if (answer.stage === 'unparsable') throw new Error(`unparsable: ${answer.detail}`)
  return answer
}

function kinds(answer: ParsedSignals): string[] {
  return answer.defects.map(({ kind }) => kind)
}

const ON_TIME = '{"id":"on_time_19h","status":"pass"}'
const NPO = '{"id":"npo_violation","status":"inactive"}'
const TESTING = '{"id":"extra_testing","status":"fail"}'
const WHOLE = `{"signals":[${ON_TIME},${NPO},${TESTING}]}`

function entry(members: string): ParsedSignals {
  return parsed(`{"signals":[{"id":"on_time_19h",${members}},${NPO},${TESTING}]}`)
}

describe('a whole answer', () => {
  it('is read with both kinds of cite, without defects', () => {
    const answer = entry(
      '"status":"pass","finding":"12 h","reason":"in time","confidence":0.9,"cites":["times.A",{"path":"notes[1].text","excerpt":"no violation"},{"path":"x","excerpt":null},{"searched":["notes[*].text"],"found":0}]',
    )

    expect(answer.defects).toEqual([])
    expect(answer.signals[0]).toEqual({
      outcome: 'answered',
      code: 'on_time_19h',
      status: 'pass',
      finding: '12 h',
      reason: 'in time',
      confidence: 0.9,
      cites: [
        { kind: 'path', path: 'times.A', excerpt: null },
        { kind: 'path', path: 'notes[1].text', excerpt: 'no violation' },
        { kind: 'path', path: 'x', excerpt: null },
        { kind: 'search', searched: ['notes[*].text'], found: 0 },
      ],
    })
  })

  it('stands in the order of the module, whatever the order of the answer', () => {
    const answer = parsed(`{"signals":[${TESTING},${ON_TIME},${NPO}]}`)

    expect(answer.signals.map(({ code }) => code)).toEqual(['on_time_19h', 'npo_violation', 'extra_testing'])
  })

  it.each([
    ['alone', WHOLE, []],
    ['after a byte order mark', `\uFEFF${WHOLE}`, []],
    ['in a fence', `\`\`\`json\n${WHOLE}\n\`\`\``, ['fence_stripped']],
    ['in a fence in prose', `Here:\n\`\`\`\n${WHOLE}\n\`\`\`\nDone.`, ['fence_stripped', 'prose_around']],
    ['in prose with brackets', `By [1] and {x}: ${WHOLE} (see notes[0])`, ['prose_around']],
    ['after thinking aloud', `<think>{"signals":[]}</think>${WHOLE}`, ['prose_around']],
    ['as a bare list', `[${ON_TIME},${NPO},${TESTING}]`, ['bare_array']],
    ['with a comma too many', WHOLE.replace(']}', ',]}'), ['json_repaired']],
    [
      'with a stray quotation mark',
      WHOLE.replace('"pass"', '"pass","finding":"a 12" k-wire"'),
      ['json_repaired'],
    ],
    ['in single quotation marks', WHOLE.replaceAll('"', "'"), ['json_repaired']],
    ['without its last bracket', WHOLE.slice(0, -1), ['json_repaired']],
  ])('is read %s', (_how, text, defects) => {
    const answer = parsed(text)

    expect(answer.signals.map((signal) => signal.outcome)).toEqual(['answered', 'answered', 'answered'])
    expect(kinds(answer)).toEqual(defects)
  })

  it('is fine at the length limit when its JSON is whole', () => {
    expect(parsed(WHOLE, { finishReason: 'length' }).defects).toEqual([])
  })
})

describe('a departure from what was asked', () => {
  it('counts a signal that was not answered as missing, never as inactive', () => {
    const answer = parsed(`{"signals":[${ON_TIME},${NPO}]}`)

    expect(answer.signals[2]).toEqual({ outcome: 'missing', code: 'extra_testing' })
    expect(answer.defects).toEqual([{ kind: 'missing_signal', code: 'extra_testing' }])
  })

  it('keeps the codes that are no signals of the module, cut and once each', () => {
    const long = 'x'.repeat(300)
    const answer = parsed(
      `{"signals":[{"id":"${long}","status":"pass"},{"id":"${long}"},{"id":"__proto__"}]}`,
    )

    expect(answer.unknownCodes).toEqual(['x'.repeat(100), '__proto__'])
  })

  it.each([
    ['"Pass"', 'Pass'],
    ['" pass"', ' pass'],
    ['"passed"', 'passed'],
    ['true', 'true'],
    ['null', 'null'],
    ['["pass"]', 'a list'],
    ['{"pass":1}', 'an object'],
    ['"constructor"', 'constructor'],
  ])('takes %s for no status, since only the exact word is one', (status, written) => {
    const answer = entry(`"status":${status}`)

    expect(answer.signals[0]).toMatchObject({ outcome: 'invalid_status', written })
    expect(kinds(answer)).toEqual(['invalid_status'])
  })

  it("counts a signal answered twice alike once, with the first answer's evidence", () => {
    const answer = parsed(
      `{"signals":[{"id":"on_time_19h","status":"pass","cites":["a"]},{"id":"on_time_19h","status":"pass","cites":["b"]},${NPO},${TESTING}]}`,
    )

    expect(answer.signals[0]).toMatchObject({ outcome: 'answered', cites: [{ path: 'a' }] })
    expect(answer.duplicateCodes).toEqual(['on_time_19h'])
    expect(kinds(answer)).toEqual(['duplicate_signal'])
  })

  it.each(['"fail"', '"PASS"', 'null'])('takes neither of two answers where the second is %s', (second) => {
    const answer = parsed(`{"signals":[${WHOLE.slice(12, -2)},{"id":"on_time_19h","status":${second}}]}`)

    expect(answer.signals[0]).toMatchObject({ outcome: 'invalid_status', written: 'conflicting answers' })
    expect(kinds(answer)).toEqual(['duplicate_signal', 'conflicting_duplicate'])
  })

  it.each([
    ['"confidence":1.01', 'confidence_out_of_range'],
    ['"confidence":-0.1', 'confidence_out_of_range'],
    ['"confidence":"high"', 'confidence_out_of_range'],
    ['"cites":"times"', 'malformed_cite'],
    ['"cites":[7]', 'malformed_cite'],
    ['"cites":[""]', 'malformed_cite'],
    ['"cites":[{"path":"a","excerpt":4}]', 'malformed_cite'],
    ['"cites":[{"path":"a","searched":["b"]}]', 'malformed_cite'],
    ['"cites":[{"searched":[]}]', 'malformed_cite'],
    ['"cites":[{"searched":["a"],"found":-1}]', 'malformed_cite'],
    ['"finding":["a"]', 'malformed_signal'],
  ])('drops %s and notes %s', (member, defect) => {
    const answer = entry(`"status":"pass",${member}`)

    expect(answer.signals[0]).toMatchObject({
      outcome: 'answered',
      finding: null,
      confidence: null,
      cites: [],
    })
    expect(answer.defects).toEqual([{ kind: defect, code: 'on_time_19h' }])
  })

  it('cuts what is too long, never through a character', () => {
    const answer = entry(
      `"status":"pass","finding":"${'x'.repeat(3999)}😀","cites":["${'p'.repeat(600)}"${',"a"'.repeat(300)}]`,
    )

    const [first] = answer.signals
    expect(first).toMatchObject({ finding: 'x'.repeat(3999) })
    expect(first?.outcome === 'answered' && first.cites).toHaveLength(200)
    expect(first).toMatchObject({
      cites: expect.arrayContaining([{ kind: 'path', path: 'p'.repeat(500), excerpt: null }]),
    })
    expect(new Set(kinds(answer))).toEqual(new Set(['text_cut']))
  })

  it('passes NUL and lone surrogates through', () => {
    expect(entry('"status":"pass","finding":"\\u0000\\ud800"').signals[0]).toMatchObject({
      finding: '\u0000\ud800',
    })
  })

  it('notes entries that are no answers', () => {
    const answer = parsed(`{"signals":[1,null,[],{"status":"pass"},${WHOLE.slice(12, -2)}]}`)

    expect(kinds(answer)).toEqual(Array.from({ length: 4 }, () => 'malformed_signal'))
  })
})

describe('an answer that cannot be read', () => {
  it.each<[string, string, Partial<Completion>, Unparsable['why']]>([
    ["the provider's refusal", WHOLE, { refusal: 'No.' }, 'refused'],
    ['a refusal as finish', '', { finishReason: 'refusal' }, 'refused'],
    ['a filtered answer', WHOLE.slice(0, 20), { finishReason: 'content_filter' }, 'refused'],
    ['a refusal in words', 'I’m sorry, but I can’t help with that [policy 3].', {}, 'refused'],
    ['a refusal of another wording', 'I am unable to assist with medical records.', {}, 'refused'],
    ['an honest doubt', 'I cannot determine whether NPO was broken.', {}, 'unparsable'],
    ['nothing', ' ', {}, 'unparsable'],
    ['nothing at the length limit', '', { finishReason: 'length' }, 'truncated'],
    ['JSON of another form', '{"on_time_19h":"pass"}', {}, 'unparsable'],
    ['the form asked, wrapped', `{"answer":${WHOLE}}`, {}, 'unparsable'],
    ['the form asked, as text in JSON', JSON.stringify(WHOLE), {}, 'unparsable'],
    ['a list of numbers', '[1,2]', {}, 'unparsable'],
    ['damage at the length limit', WHOLE.replace(']}', ',]}'), { finishReason: 'length' }, 'truncated'],
    [
      'words put together from pieces',
      `{"signals":[{"id":"on_time_19h","status":"pa" + "ss"}]}`,
      {},
      'unparsable',
    ],
    ['words joined around a comment', '{signals:[{id:"on_time_19h",status:pa/**/ss}]}', {}, 'unparsable'],
    ['damage too long to repair', `${WHOLE.slice(0, -2)},"${'x'.repeat(60_000)}",]}`, {}, 'unparsable'],
  ])('is told apart: %s', (_what, text, rest, why) => {
    expect(read(text, rest)).toMatchObject({ stage: 'unparsable', why })
  })

  it('is truncated at every place where the length limit can cut it, and never repaired', () => {
    for (let length = 0; length < WHOLE.length; length += 1) {
      const answer = read(WHOLE.slice(0, length), { finishReason: 'length' })

      expect(answer).toMatchObject({ stage: 'unparsable', why: 'truncated' })
    }
  })

  it('is not made whole either when a cut text claims to have stopped by itself', () => {
    for (let length = 0; length < WHOLE.length - 1; length += 1) {
      expect(read(WHOLE.slice(0, length)).stage).toBe('unparsable')
    }
  })

  it('holds nothing of its text in the detail', () => {
    const answer = read('{"signals": SECRETWORD SECRETWORD } SECRETWORD')

    expect(JSON.stringify(answer)).not.toContain('SECRETWORD')
  })
})

describe('hostile text', () => {
  const deep = 100_000
  it.each([
    ['open lists', '['.repeat(deep)],
    ['open objects', '{"a":'.repeat(deep)],
    ['closed lists in signals', `{"signals":${'['.repeat(deep)}${']'.repeat(deep)}}`],
    ['damaged deep lists', `{"signals":${'['.repeat(20_000)}x${']'.repeat(20_000)}}`],
    ['stray quotation marks', `{'signals':['${"a'b".repeat(16_000)}]}`],
    ['unended strings', `{"signals":[${'"a:'.repeat(16_000)}]}`],
    ['many small objects', '{"a"}'.repeat(200_000)],
    ['white space', `{"signals":[1${' '.repeat(1_000_000)}2]}`],
    ['back ticks', '```\n'.repeat(250_000)],
    ['quotation marks', '"'.repeat(1_000_000)],
  ])('of %s is read in bounded time and without a crash', (_what, text) => {
    const begin = performance.now()

    const answer = read(text)

    expect(
      answer.stage === 'unparsable' || answer.signals.every(({ outcome }) => outcome === 'missing'),
    ).toBe(true)
    // Each takes well under 0.3 s; what is not linear would take minutes.
    expect(performance.now() - begin).toBeLessThan(3000)
  })

  it('of 10,000 signals is read in one pass', () => {
    const codes = Array.from({ length: 10_000 }, (_, index) => `s${index}`)
    const signals = codes.flatMap((code) =>
      moduleVersion.signals.slice(0, 1).map((one) => ({ ...one, code })),
    )
    const text = JSON.stringify({ signals: codes.map((code) => ({ id: code, status: 'pass' })) })
    const begin = performance.now()

    const answer = read(text, {}, { ...moduleVersion, signals })

    expect(
      answer.stage === 'parsed' && answer.signals.filter(({ outcome }) => outcome === 'answered'),
    ).toHaveLength(10_000)
    expect(performance.now() - begin).toBeLessThan(2000)
  })
})
