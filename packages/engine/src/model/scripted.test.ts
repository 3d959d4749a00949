import type { AnswerFormat, CallOutcome, ModelCall } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import type { Model } from './model.ts'
import { openScripted, scriptedModel } from './scripted.ts'
import { callFor, temporaryFile } from './testing.ts'

const live = new AbortController().signal

/** An answer schema that asks for these codes in one enum, as the route writes it. */
function asking(codes: string[]): AnswerFormat {
  const id = { type: 'string', enum: codes }
  const item = { type: 'object', properties: { id, status: { type: 'string', enum: ['pass', 'fail'] } } }
  const schema = { type: 'object', properties: { signals: { type: 'array', items: item } } }
  return { format: 'json_schema', name: 'answer', schema }
}

async function ask(model: Model, name: string, changes: Partial<ModelCall> = {}): Promise<CallOutcome> {
  return await model.complete(callFor(name, changes), { signal: live })
}

function textOf(outcome: CallOutcome): string {
  if (!outcome.ok) throw new Error(outcome.failure.message)
  return outcome.completion.text
}

async function open(script: unknown): Promise<{ model: Model } & AsyncDisposable> {
  const source = await temporaryFile(JSON.stringify(script))
  return {
    model: await openScripted(source.file),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

describe('a script', () => {
  it('gives the first answer that matches the sample, else the default', async () => {
    await using opened = await open({
      default: { text: 'default' },
      answers: [
        { case: 'A', repeat: 2, text: 'second time' },
        { case: 'A', text: 'of A' },
        { prompt: 'other@1', text: 'of the other prompt' },
      ],
    })
    const { model } = opened

    expect(textOf(await ask(model, 'A'))).toBe('of A')
    expect(textOf(await ask(model, 'A', { sample: { case: 'A', prompt: 'p@1', repeat: 2 } }))).toBe(
      'second time',
    )
    expect(textOf(await ask(model, 'B', { sample: { case: 'B', prompt: 'other@1', repeat: 1 } }))).toBe(
      'of the other prompt',
    )
    expect(textOf(await ask(model, 'B'))).toBe('default')
  })

  it('has no recording of a sample that nothing matches', async () => {
    await using opened = await open({ answers: [{ case: 'A', text: '' }] })

    expect(await ask(opened.model, 'B')).toMatchObject({
      failure: { kind: 'no_recording', isRetryable: false },
    })
  })

  it('writes signals as a model would', async () => {
    const signals = [{ id: 'on_time', status: 'pass', cites: ['times.Arrival'] }]
    await using opened = await open({ default: { signals } })

    expect(JSON.parse(textOf(await ask(opened.model, 'A')))).toEqual({ signals })
  })

  it('answers every signal that is asked for with one status', async () => {
    await using opened = await open({
      default: { policy: 'always', status: 'pass', statuses: { b: 'caution' } },
    })

    const text = textOf(await ask(opened.model, 'A', { answerFormat: asking(['a', 'b', 'c']) }))

    expect(JSON.parse(text)).toEqual({
      signals: [
        { id: 'a', status: 'pass' },
        { id: 'b', status: 'caution' },
        { id: 'c', status: 'pass' },
      ],
    })
  })

  it('answers the signals it has statuses for, as far as they are asked for', async () => {
    await using opened = await open({ default: { statuses: { a: 'fail', b: 'inactive', other: 'pass' } } })

    const asked = textOf(await ask(opened.model, 'A', { answerFormat: asking(['b', 'a', 'constructor']) }))
    const unasked = textOf(await ask(opened.model, 'A'))

    expect(JSON.parse(asked)).toEqual({
      signals: [
        { id: 'b', status: 'inactive' },
        { id: 'a', status: 'fail' },
      ],
    })
    expect(JSON.parse(unasked).signals).toHaveLength(3)
  })

  it('finds the codes where a schema has one branch for each signal', async () => {
    await using opened = await open({ default: { policy: 'always', status: 'fail' } })
    const branch = (code: string) => ({ type: 'object', properties: { id: { const: code } } })
    const schema = { properties: { signals: { items: { anyOf: [branch('a'), branch('b')] } } } }

    const text = textOf(
      await ask(opened.model, 'A', { answerFormat: { format: 'json_schema', name: 'answer', schema } }),
    )

    expect(JSON.parse(text).signals.map(({ id }: { id: string }) => id)).toEqual(['a', 'b'])
  })

  it('refuses to answer every signal alike where no signal is asked for', async () => {
    await using opened = await open({ default: { policy: 'always', status: 'pass' } })

    await expect(ask(opened.model, 'A')).rejects.toMatchObject({ code: 'model_refused_request' })
  })

  it.each([
    [
      { text: 'half', finish_reason: 'length' },
      { finishReason: 'length', text: 'half' },
    ],
    [{ finish_reason: 'content_filter' }, { finishReason: 'content_filter', text: '' }],
    [{ refusal: 'No.' }, { finishReason: 'refusal', refusal: 'No.', text: '' }],
    [
      { text: 'x', finish_reason: 'odd' },
      { finishReason: 'other', finishReasonRaw: 'odd' },
    ],
  ])('ends as it is told: %o', async (reply, expected) => {
    await using opened = await open({ default: reply })

    expect(await ask(opened.model, 'A')).toMatchObject({ completion: expected })
  })

  it('fails as often as it is told, each sample by itself, then answers', async () => {
    const fail = { kind: 'rate_limited', times: 2, retry_after_ms: 5, http_status: 429 }
    await using opened = await open({ default: { fail, text: 'done' } })

    const first = await ask(opened.model, 'A')
    const kinds = [
      first,
      await ask(opened.model, 'A'),
      await ask(opened.model, 'A'),
      await ask(opened.model, 'B'),
    ]

    expect(first).toMatchObject({
      failure: { kind: 'rate_limited', isRetryable: true, retryAfterMs: 5, httpStatus: 429 },
    })
    expect(kinds.map(({ ok }) => ok)).toEqual([false, false, true, false])
  })

  it('fails for ever where no number is given', async () => {
    await using opened = await open({ default: { fail: { kind: 'timeout' } } })

    for (let time = 0; time < 3; time += 1) {
      expect(await ask(opened.model, 'A')).toMatchObject({ failure: { kind: 'timeout' } })
    }
  })

  it('takes the time it is told to take', async () => {
    await using opened = await open({ default: { text: '', delay_ms: 15 } })

    const outcome = await ask(opened.model, 'A')

    // Timers may fire a little early.
    expect(outcome.ok && outcome.completion.latencyMs).toBeGreaterThanOrEqual(14)
  })

  it.each([
    [{ default: {} }, 'default'],
    [{ default: { text: '', signals: [] } }, 'default'],
    [{ default: { policy: 'always' } }, 'default'],
    [{ default: { status: 'pass', text: '' } }, 'default'],
    [{ default: { policy: 'never', status: 'pass' } }, 'default.policy'],
    [{ default: { statuses: { a: 'maybe' } } }, 'default.statuses.a'],
    [{ default: { fail: { kind: 'timeout', times: 1 } } }, 'default'],
    [{ default: { fail: { kind: 'cancelled' } } }, 'default.fail.kind'],
    [{ answers: [{ text: '' }, { text: '', case: 7 }] }, 'answers.1.case'],
  ])('is refused with the field at fault: %o', async (script, field) => {
    await using source = await temporaryFile(JSON.stringify(script))

    await expect(openScripted(source.file)).rejects.toMatchObject({
      code: 'file_invalid',
      place: { file: source.file, field },
    })
  })

  it('is refused when it is no JSON, or not there', async () => {
    await using source = await temporaryFile('default: pass')

    await expect(openScripted(source.file)).rejects.toMatchObject({ code: 'file_invalid' })
    await expect(openScripted(`${source.file}-not`)).rejects.toMatchObject({ code: 'file_unreadable' })
  })
})

describe('a scripted model in the process', () => {
  it('answers what the function says of the call', async () => {
    const model = scriptedModel(({ sample }) => (sample.case === 'A' ? 'of A' : { refusal: 'No.' }))

    expect(textOf(await ask(model, 'A'))).toBe('of A')
    expect(await ask(model, 'B')).toMatchObject({ completion: { finishReason: 'refusal' } })
  })
})
