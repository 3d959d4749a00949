import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { openReplay } from './replay.ts'
import { callFor, temporaryFile } from './testing.ts'

const live = new AbortController().signal
const prompt = callFor('A').sample.prompt

function recording(name: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { case: name, prompt, model: 'recorded-1', text: `of ${name}`, ...changes }
}

function jsonLines(recordings: unknown[]): string {
  return recordings.map((line) => `${JSON.stringify(line)}\n`).join('')
}

describe('replay', () => {
  it('answers with what was recorded, to the last member', async () => {
    const usage = { prompt_tokens: 900, completion_tokens: 80, cached_tokens: 512 }
    await using source = await temporaryFile(
      jsonLines([recording('A', { finish_reason: 'length', usage, latency_ms: 1234.5 })]),
    )
    const model = await openReplay(source.file)

    const outcome = await model.complete(callFor('A'), { signal: live })

    expect(outcome).toEqual({
      ok: true,
      completion: {
        text: 'of A',
        finishReason: 'length',
        finishReasonRaw: 'length',
        refusal: null,
        modelReturned: 'recorded-1',
        usage: { promptTokens: 900, completionTokens: 80, cachedTokens: 512 },
        latencyMs: 1234.5,
        details: { replayed: true, isLatencyRecorded: true },
      },
    })
  })

  it('says that nothing is known of usage that was not recorded', async () => {
    await using source = await temporaryFile(jsonLines([recording('A')]))
    const model = await openReplay(source.file)

    const outcome = await model.complete(callFor('A'), { signal: live })

    expect(outcome).toMatchObject({
      completion: {
        usage: { promptTokens: null, completionTokens: null, cachedTokens: null },
        details: { isLatencyRecorded: false },
      },
    })
  })

  it('tells case, prompt version and repeat apart', async () => {
    const other = 'orthopedics/timeliness_sch/signal_processing@3'
    await using source = await temporaryFile(
      jsonLines([
        recording('A', { text: 'first' }),
        recording('A', { text: 'second', repeat: 2 }),
        recording('A', { text: 'v3', prompt: other }),
      ]),
    )
    const model = await openReplay(source.file)

    const samples = [
      { case: 'A', prompt, repeat: 1 },
      { case: 'A', prompt, repeat: 2 },
      { case: 'A', prompt: other, repeat: 1 },
    ]
    const outcomes = await Promise.all(
      samples.map((sample) => model.complete(callFor('A', { sample }), { signal: live })),
    )

    expect(outcomes.map((outcome) => outcome.ok && outcome.completion.text)).toEqual([
      'first',
      'second',
      'v3',
    ])
  })

  it.each([
    ['another case', { case: 'B', prompt, repeat: 1 }],
    ['another prompt version', { case: 'A', prompt: `${prompt}0`, repeat: 1 }],
    ['another repeat', { case: 'A', prompt, repeat: 2 }],
    ['a case named so that the parts run together', { case: 'A","', prompt, repeat: 1 }],
  ])('has no recording of %s, says so, and is not to be asked again', async (_, sample) => {
    await using source = await temporaryFile(jsonLines([recording('A')]))
    const model = await openReplay(source.file)

    const outcome = await model.complete(callFor('A', { sample }), { signal: live })

    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'no_recording', isRetryable: false } })
  })

  it.each([
    ['no end of line at the end', (text: string) => text.trimEnd()],
    ['Windows line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['blank lines', (text: string) => `\n${text.replaceAll('\n', '\n \t\n')}\n\n`],
  ])('reads a file with %s', async (_, change) => {
    await using source = await temporaryFile(change(jsonLines([recording('A'), recording('Zoë')])))
    const model = await openReplay(source.file)

    for (const name of ['A', 'Zoë']) {
      const outcome = await model.complete(callFor(name), { signal: live })
      expect(outcome).toMatchObject({ completion: { text: `of ${name}` } })
    }
  })

  it('finds lines wherever the chunks of the reader fall', async () => {
    // Lines of about 300 KB, so that lines begin and end in different chunks of 1 MB.
    const names = Array.from({ length: 12 }, (_, index) => `case-${index}`)
    const text = jsonLines(names.map((name, index) => recording(name, { text: `${index}é`.repeat(100_000) })))
    await using source = await temporaryFile(text)
    const model = await openReplay(source.file)

    for (const [index, name] of names.entries()) {
      const outcome = await model.complete(callFor(name), { signal: live })
      expect(outcome.ok && outcome.completion.text === `${index}é`.repeat(100_000)).toBe(true)
    }
  })

  it.each([
    ['{"case": "A"', 2, undefined, 'is not JSON'],
    ['[]', 2, undefined, 'expected object'],
    [JSON.stringify(recording('B', { text: undefined })), 2, 'text', 'expected string'],
    [JSON.stringify(recording('B', { repeat: 0 })), 2, 'repeat', 'repeat:'],
    [JSON.stringify(recording('B', { usage: { prompt_tokens: -1 } })), 2, 'usage.prompt_tokens', '>=0'],
    [JSON.stringify(recording('B', { note: 'x' })), 2, undefined, '"note"'],
  ])('refuses the line %s, with its place and its field', async (line, number, field, message) => {
    await using source = await temporaryFile(`${jsonLines([recording('A')])}${line}\n`)

    await expect(openReplay(source.file)).rejects.toMatchObject({
      code: 'recording_invalid',
      message: expect.stringContaining(message),
      place: { file: source.file, line: number, ...(field === undefined ? {} : { field }) },
    })
  })

  it('repeats no text of an answer in an error', async () => {
    await using source = await temporaryFile('{"case": "A", "text": "Mrs Example fell" oops}\n')

    await expect(openReplay(source.file)).rejects.toMatchObject({
      message: expect.not.stringContaining('Example'),
    })
  })

  it('refuses bytes that are not UTF-8', async () => {
    const bytes = Buffer.from(jsonLines([recording('A', { text: 'caf\u00e9' })]), 'latin1')
    await using source = await temporaryFile(bytes)

    await expect(openReplay(source.file)).rejects.toMatchObject({
      code: 'recording_invalid',
      message: expect.stringContaining('UTF-8'),
    })
  })

  it('refuses two answers for one sample, and names both lines', async () => {
    const lines = [recording('A'), recording('B'), recording('A', { text: 'another' })]
    await using source = await temporaryFile(jsonLines(lines))

    await expect(openReplay(source.file)).rejects.toMatchObject({
      code: 'recording_invalid',
      message: expect.stringMatching(/line 3:.* line 1 /),
      place: { line: 3 },
    })
  })

  it('takes the same recording twice as one', async () => {
    await using source = await temporaryFile(jsonLines([recording('A'), recording('A', { latency_ms: 3 })]))

    await expect(openReplay(source.file)).resolves.toMatchObject({ provider: 'replay' })
  })

  it('notices that its file has changed', async () => {
    await using source = await temporaryFile(jsonLines([recording('A'), recording('B')]))
    const model = await openReplay(source.file)
    const text = await readFile(source.file, 'utf8')
    await writeFile(source.file, text.split('\n').reverse().join('\n'))

    await expect(model.complete(callFor('A'), { signal: live })).rejects.toMatchObject({
      code: 'recording_invalid',
    })
  })

  it('refuses a folder', async () => {
    await expect(openReplay(import.meta.dirname)).rejects.toMatchObject({ code: 'file_unreadable' })
  })

  it('names a file that is not there', async () => {
    await expect(openReplay('no-such-file.jsonl')).rejects.toMatchObject({
      code: 'file_unreadable',
      place: { file: 'no-such-file.jsonl' },
    })
  })
})
