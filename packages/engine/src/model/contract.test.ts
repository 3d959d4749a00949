import { setTimeout as sleep } from 'node:timers/promises'
import type { Completion, ModelCall } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { serveModel } from '../model-server.ts'
import { createHeuristicModel } from './heuristic.ts'
import type { Model } from './model.ts'
import { openOpenAi } from './openai.ts'
import { openReplay } from './replay.ts'
import { openScripted, scriptedModel } from './scripted.ts'
import { callFor, chatBody, chatServer, sendJson, temporaryFile } from './testing.ts'

/** A provider; but for `heuristic`, which reads the messages, it answers each case with a text of the test's choice. */
type Provider = {
  name: string
  open: (texts: Record<string, string>) => Promise<{ model: Model } & AsyncDisposable>
}

const providers: Provider[] = [
  {
    name: 'openai',
    async open(texts) {
      const server = await chatServer(({ body }, response) => {
        sendJson(response, chatBody(texts[body.messages.at(-1)?.content ?? ''] ?? ''))
      })
      const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl })
      return { model, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
    },
  },
  {
    name: 'openai against model-server',
    async open(texts) {
      const served = scriptedModel(({ messages }) => texts[messages.at(-1)?.content ?? ''] ?? null)
      const server = await serveModel({ model: served, port: 0 })
      const model = openOpenAi({ model: 'test-model', baseUrl: `http://127.0.0.1:${server.port}/v1` })
      return { model, [Symbol.asyncDispose]: server.close }
    },
  },
  {
    name: 'replay',
    async open(texts) {
      const lines = Object.entries(texts).map(([name, text]) =>
        JSON.stringify({ case: name, prompt: callFor(name).sample.prompt, model: 'recorded-1', text }),
      )
      const { file, [Symbol.asyncDispose]: dispose } = await temporaryFile(`${lines.join('\n')}\n`)
      return { model: await openReplay(file), [Symbol.asyncDispose]: dispose }
    },
  },
  {
    name: 'scripted',
    async open(texts) {
      const answers = Object.entries(texts).map(([name, text]) => ({ case: name, text }))
      const { file, [Symbol.asyncDispose]: dispose } = await temporaryFile(JSON.stringify({ answers }))
      return { model: await openScripted(file), [Symbol.asyncDispose]: dispose }
    },
  },
]

const everyProvider: Provider[] = [
  ...providers,
  {
    name: 'heuristic',
    async open() {
      return { model: createHeuristicModel(), [Symbol.asyncDispose]: async () => undefined }
    },
  },
]

const live = new AbortController().signal

async function completionOf(model: Model, call: ModelCall): Promise<Completion> {
  const outcome = await model.complete(call, { signal: live })
  if (!outcome.ok) throw new Error(`no completion: ${outcome.failure.message}`)
  return outcome.completion
}

/** All that is said of an answer but how long it took and the server's own names for it. */
function lasting(completion: Completion): Partial<Completion> {
  const { latencyMs: _, details: __, ...rest } = completion
  return rest
}

const manySignals = JSON.stringify({
  signals: Array.from({ length: 10_000 }, (_, index) => ({ id: `signal_${index}`, status: 'pass' })),
})

const oddTexts: [string, string][] = [
  ['nothing', ''],
  ['a NUL', 'before\u0000after'],
  ['a lone high surrogate', 'before\ud83dafter'],
  ['a lone low surrogate', '\ude00'],
  ['an emoji and accents', 'Zoë 🦴 naïve'],
  ['a number near the edge', '{"signals":[{"id":"a","confidence":1e308}],"x":-1e-320,"y":1e999}'],
  ['line ends of all kinds', 'a\nb\r\nc\u2028d\u2029e\u0085f'],
  ['a byte order mark', '\ufeff{}'],
  ['deep nesting', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ['10,000 signals', manySignals],
  ['10 MB', `{"finding":"${'0123456789'.repeat(1_000_000)}"}`],
]

describe.each(everyProvider)('$name', ({ open }) => {
  it('brings a completion with a text, a finish and the time it took', async () => {
    await using opened = await open({ one: '{"signals":[]}' })

    const completion = await completionOf(opened.model, callFor('one'))

    expect(JSON.parse(completion.text)).toEqual({ signals: [] })
    expect(completion).toMatchObject({
      finishReason: 'stop',
      refusal: null,
      modelReturned: expect.any(String),
    })
    expect(completion.latencyMs).toBeGreaterThanOrEqual(0)
  })

  it('says the same to the same call', async () => {
    await using opened = await open({ one: 'first', two: 'second' })

    const first = await completionOf(opened.model, callFor('one'))
    await completionOf(opened.model, callFor('two'))
    const again = await completionOf(opened.model, callFor('one'))

    expect(lasting(again)).toEqual(lasting(first))
  })

  it('leaves the call as it was', async () => {
    await using opened = await open({ one: 'first' })
    const call = callFor('one', { params: { temperature: 0, max_tokens: 5 } })
    const before = structuredClone(call)

    await completionOf(opened.model, call)

    expect(call).toEqual(before)
  })

  it('ends a call that was given up before it began as cancelled', async () => {
    await using opened = await open({ one: 'first' })

    const outcome = await opened.model.complete(callFor('one'), { signal: AbortSignal.abort() })

    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'cancelled', isRetryable: false } })
  })

  it.each(oddTexts)('is not upset by %s in a message', async (_, content) => {
    await using opened = await open({ one: 'first' })
    const messages = [
      { role: 'system' as const, content },
      { role: 'user' as const, content: 'one' },
    ]

    const completion = await completionOf(opened.model, callFor('one', { messages }))

    expect(completion.finishReason).toBe('stop')
  })
})

describe.each(providers)('$name, told what to say', ({ open }) => {
  it('answers many calls at once, each with its own answer', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `case-${index}`)
    await using opened = await open(Object.fromEntries(names.map((name) => [name, `of ${name}`])))

    const completions = await Promise.all(names.map((name) => completionOf(opened.model, callFor(name))))

    expect(completions.map(({ text }) => text)).toEqual(names.map((name) => `of ${name}`))
  })

  it.each(oddTexts)('brings %s through unchanged, and the neighbours too', async (_, text) => {
    await using opened = await open({ odd: text, left: 'L', right: 'R' })

    const texts = await Promise.all(
      ['left', 'odd', 'right'].map(async (name) => (await completionOf(opened.model, callFor(name))).text),
    )

    // Compared apart: a difference of 10 MB texts is of no use to a reader.
    expect(texts[1] === text).toBe(true)
    expect([texts[0], texts[2]]).toEqual(['L', 'R'])
  })
})

describe('a call given up while it waits', () => {
  const slow: [string, () => Promise<{ model: Model } & AsyncDisposable>][] = [
    [
      'openai, before the headers',
      async () => {
        const server = await chatServer(() => undefined)
        const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl })
        return { model, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
      },
    ],
    [
      'openai, in the body',
      async () => {
        const server = await chatServer((_, response) => {
          response.writeHead(200, { 'content-type': 'application/json' })
          response.write('{"choices":')
        })
        const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl })
        return { model, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
      },
    ],
    [
      'scripted',
      async () => ({
        model: scriptedModel(() => ({ text: '', delay_ms: 60_000 })),
        [Symbol.asyncDispose]: async () => undefined,
      }),
    ],
  ]

  it.each(slow)('%s: ends at once as cancelled', async (_, open) => {
    await using opened = await open()
    const stop = new AbortController()
    const ending = opened.model.complete(callFor('one'), { signal: stop.signal })
    await sleep(30)

    const stoppedAt = performance.now()
    stop.abort()
    const outcome = await ending

    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'cancelled', isRetryable: false } })
    expect(performance.now() - stoppedAt).toBeLessThan(500)
  })
})
