import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerFormat, CallOutcome, ModelCall } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { openOpenAi } from './openai.ts'
import { callFor, chatBody, chatServer, type Received, sendJson } from './testing.ts'

const live = new AbortController().signal
const schemaFormat: AnswerFormat = { format: 'json_schema', name: 'answer', schema: { type: 'object' } }
const secret = 'Mrs Example fell on ice'

type Reply = { status?: number; headers?: Record<string, string>; body: unknown }

/** Asks a server once whose answers come from a function. */
async function ask(
  reply: (received: Received) => Reply,
  changes: Partial<ModelCall> = {},
  settings: { apiKey?: string; timeoutMs?: number } = {},
): Promise<{ outcome: CallOutcome; received: Received[] }> {
  await using server = await chatServer((received, response) => {
    const { body, ...rest } = reply(received)
    sendJson(response, body, rest)
  })
  const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl, ...settings })
  const outcome = await model.complete(callFor(secret, changes), { signal: live })
  return { outcome, received: server.received }
}

function refusal(
  status: number,
  error: Record<string, unknown>,
  headers: Record<string, string> = {},
): Reply {
  return { status, headers, body: { error: { message: `about: ${secret}`, ...error } } }
}

describe('what is sent', () => {
  it('is the messages, the parameters and the schema, and no name of a case', async () => {
    const params = { temperature: 0, max_tokens: 200, seed: 7, top_k: 3 }

    const { received } = await ask(() => ({ body: chatBody('{}') }), { params, answerFormat: schemaFormat })

    expect(received).toHaveLength(1)
    expect(received[0]?.body).toEqual({
      ...params,
      model: 'test-model',
      messages: callFor(secret).messages,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema: { type: 'object' } },
      },
    })
    expect(JSON.stringify(received[0]?.headers)).not.toMatch(/timeliness|Example/)
  })

  it.each([
    [{ format: 'json_object' } as const, { type: 'json_object' }],
    [{ format: 'text' } as const, undefined],
  ])('asks for %o as the server writes it', async (answerFormat, sent) => {
    const { received } = await ask(() => ({ body: chatBody('{}') }), { answerFormat })

    expect(received[0]?.body.response_format).toEqual(sent)
  })

  it('carries the key, and no authorization where there is none', async () => {
    const withKey = await ask(() => ({ body: chatBody('') }), {}, { apiKey: ' sk-1 ' })
    const without = await ask(() => ({ body: chatBody('') }))

    expect(withKey.received[0]?.headers.authorization).toBe('Bearer sk-1')
    expect(without.received[0]?.headers.authorization).toBeUndefined()
  })

  it('keeps its connection for calls that follow each other', async () => {
    await using server = await chatServer((_, response) => sendJson(response, chatBody('')))
    const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl })

    for (let index = 0; index < 20; index += 1) await model.complete(callFor('one'), { signal: live })

    // The second may set out before the first connection is known to be free.
    expect(server.connections()).toBeLessThanOrEqual(2)
  })

  it.each(['model', 'messages', 'response_format', 'stream', 'n'])(
    'has no parameter %s: it is refused before anything is sent',
    async (name) => {
      const asking = ask(() => ({ body: chatBody('') }), { params: { [name]: 1 } })

      await expect(asking).rejects.toMatchObject({
        code: 'model_refused_request',
        place: { field: `params.${name}` },
      })
    },
  )
})

describe('what is kept of an answer', () => {
  it('is everything the server says it used', async () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 32 },
    }
    const body = chatBody('{}', { usage, system_fingerprint: 'fp_1', service_tier: 'default' })
    const headers = { 'x-request-id': 'req_1', 'x-ratelimit-remaining-requests': '9', 'set-cookie': 'a=b' }

    const { outcome } = await ask(() => ({ body, headers }))

    expect(outcome).toMatchObject({
      ok: true,
      completion: {
        modelReturned: 'served-model-1',
        usage: { promptTokens: 100, completionTokens: 50, cachedTokens: 64 },
      },
    })
    expect(outcome.ok && outcome.completion.details).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      usage,
      system_fingerprint: 'fp_1',
      service_tier: 'default',
      headers: { 'x-request-id': 'req_1', 'x-ratelimit-remaining-requests': '9' },
    })
  })

  it.each([
    ['no usage', { usage: undefined }],
    ['usage that is no count', { usage: { prompt_tokens: -1, completion_tokens: 'many' } }],
    ['usage that is no object', { usage: 7 }],
  ])('is null for tokens nobody counted: %s', async (_, changes) => {
    const { outcome } = await ask(() => ({ body: chatBody('{}', changes) }))

    expect(outcome).toMatchObject({
      completion: { usage: { promptTokens: null, completionTokens: null, cachedTokens: null } },
    })
  })

  it.each([
    ['stop', null, 'stop'],
    ['length', null, 'length'],
    ['content_filter', null, 'content_filter'],
    ['tool_calls', null, 'other'],
    [null, null, 'other'],
    ['stop', 'I cannot help with that.', 'refusal'],
  ])('is the finish %s with refusal %s as %s', async (finish, refused, expected) => {
    const message = { role: 'assistant', content: refused === null ? 'text' : null, refusal: refused }
    const body = chatBody('', { choices: [{ index: 0, message, finish_reason: finish }] })

    const { outcome } = await ask(() => ({ body }))

    expect(outcome).toMatchObject({
      completion: { finishReason: expected, finishReasonRaw: finish, refusal: refused },
    })
  })

  it('is the text of an answer in parts, and what stands beside the text', async () => {
    const message = {
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
      reasoning_content: 'r',
    }

    const { outcome } = await ask(() => ({ body: { choices: [{ message, finish_reason: 'stop' }] } }))

    expect(outcome).toMatchObject({
      completion: { text: 'ab', modelReturned: null, details: { message: { reasoning_content: 'r' } } },
    })
  })
})

describe('a request in a form the server does not take', () => {
  it.each([
    ['json_object', { param: 'response_format', code: 'unsupported_value' }, 'unsupported_value'],
    ['json_object', { message: "'response_format' of type 'json_schema' is not supported" }, 'unnamed'],
  ])('goes out again as %s, once, and is remembered', async (expected, error, because) => {
    await using server = await chatServer(({ body }, response) => {
      if (body.response_format?.type !== 'json_schema') sendJson(response, chatBody('{}'))
      else sendJson(response, { error }, { status: 400 })
    })
    const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl })
    const call = callFor('one', { answerFormat: schemaFormat })

    const first = await model.complete(call, { signal: live })
    const second = await model.complete(call, { signal: live })

    const formats = server.received.map(({ body }) => body.response_format?.type)
    expect(formats).toEqual(['json_schema', expected, expected])
    for (const outcome of [first, second]) {
      expect(outcome).toMatchObject({
        completion: { details: { answerFormat: { asked: 'json_schema', sent: expected, because } } },
      })
    }
  })

  it('goes out as plain text where no format is taken, also in the words of other servers', async () => {
    const detail = [{ type: 'extra_forbidden', loc: ['body', 'response_format'], msg: 'Extra inputs' }]

    const { outcome, received } = await ask(
      ({ body }) => (body.response_format ? { status: 422, body: { detail } } : { body: chatBody('{}') }),
      { answerFormat: schemaFormat },
    )

    expect(received.map(({ body }) => body.response_format?.type)).toEqual([
      'json_schema',
      'json_object',
      undefined,
    ])
    expect(outcome).toMatchObject({
      completion: { details: { answerFormat: { sent: 'text', because: 'response_format' } } },
    })
  })

  it('says max_completion_tokens to models that ask for it, and remembers', async () => {
    const error = {
      message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
      code: 'unsupported_parameter',
      param: 'max_tokens',
    }
    await using server = await chatServer(({ body }, response) => {
      if ('max_tokens' in body) sendJson(response, { error }, { status: 400 })
      else sendJson(response, chatBody('{}'))
    })
    const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl })
    const call = callFor('one', { params: { max_tokens: 9 } })

    await model.complete(call, { signal: live })
    const outcome = await model.complete(call, { signal: live })

    expect(server.received.map(({ body }) => [body.max_tokens, body.max_completion_tokens])).toEqual([
      [9, undefined],
      [undefined, 9],
      [undefined, 9],
    ])
    expect(outcome).toMatchObject({
      completion: { details: { renamedParams: { max_tokens: 'max_completion_tokens' } } },
    })
  })

  it('is not sent for ever to a server that complains of everything', async () => {
    let asked = 0

    const asking = ask(
      () => {
        asked += 1
        return refusal(400, { message: 'response_format max_completion_tokens', param: 'response_format' })
      },
      { answerFormat: schemaFormat, params: { max_tokens: 9 } },
    )

    await expect(asking).rejects.toMatchObject({ code: 'model_refused_request' })
    expect(asked).toBe(4)
  })
})

describe('a failure of the plumbing', () => {
  it.each([
    [429, {}, { kind: 'rate_limited', isRetryable: true }],
    [429, { code: 'insufficient_quota' }, { kind: 'rate_limited', isRetryable: false }],
    [402, {}, { kind: 'rate_limited', isRetryable: false }],
    [408, {}, { kind: 'timeout', isRetryable: true }],
    [409, {}, { kind: 'server_error', isRetryable: true }],
    [500, {}, { kind: 'server_error', isRetryable: true }],
    [503, { code: 'overloaded' }, { kind: 'server_error', isRetryable: true }],
    [404, { code: 'no_recording' }, { kind: 'no_recording', isRetryable: false }],
  ])('%i %o is %o, and its message repeats nothing of the request', async (status, error, expected) => {
    const { outcome, received } = await ask(() => refusal(status, error))

    expect(outcome).toMatchObject({ ok: false, failure: { ...expected, httpStatus: status } })
    expect(JSON.stringify(outcome)).not.toContain('Example')
    expect(received).toHaveLength(1)
  })

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '7', 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, 60_000],
    [{ 'retry-after': new Date(Date.now() - 60_000).toUTCString() }, 0],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('passes on how long the server asks to wait: %o', async (headers, expected) => {
    const { outcome } = await ask(() => refusal(429, {}, headers))

    const waited = outcome.ok ? undefined : outcome.failure.retryAfterMs
    // A date is whole seconds, and some of the minute has passed.
    if (expected === 60_000) expect(waited).toBeGreaterThan(55_000)
    else expect(waited).toBe(expected)
  })

  it.each([
    ['no JSON', '{"choices":[', {}],
    ['a page', '<html>', { 'content-type': 'text/html' }],
    ['JSON of another type', JSON.stringify(chatBody('')), { 'content-type': 'text/plain' }],
    ['nothing', '', {}],
    ['no choices', { id: 'x' }, {}],
    ['an empty list of choices', { choices: [] }, {}],
    ['a choice without a message', { choices: [{ finish_reason: 'stop' }] }, {}],
    ['a text that is a number', { choices: [{ message: { content: 7 } }] }, {}],
    ['an error with status 200', { error: { message: secret, code: 502 } }, {}],
    ['null', 'null', {}],
  ])('is a malformed response: %s', async (_, body, headers) => {
    const { outcome } = await ask(() => ({ body, headers }))

    expect(outcome).toMatchObject({ failure: { kind: 'malformed_response', isRetryable: true } })
    expect(JSON.stringify(outcome)).not.toContain('Example')
  })

  it.each([
    ['before the headers', false],
    ['in the body', true],
  ])('is a timeout: the server stalls %s', async (_, sendsHeaders) => {
    await using server = await chatServer((__, response) => {
      if (sendsHeaders) response.writeHead(200, { 'content-type': 'application/json' }).write('{')
    })
    const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl, timeoutMs: 60 })

    const startedAt = performance.now()
    const outcome = await model.complete(callFor('one'), { signal: live })

    expect(outcome).toMatchObject({ failure: { kind: 'timeout', isRetryable: true } })
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  it.each([
    ['before the headers', false],
    ['in the body', true],
  ])('is a broken connection: the server hangs up %s', async (_, sendsHeaders) => {
    await using server = await chatServer((__, response) => {
      if (sendsHeaders) {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
        response.write('{')
      }
      setTimeout(() => response.socket?.resetAndDestroy(), 10)
    })
    const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl })

    const outcome = await model.complete(callFor('one'), { signal: live })

    expect(outcome).toMatchObject({ failure: { kind: 'connection', isRetryable: true } })
  })

  it('is a broken connection that names the server and the cause: nothing listens', async () => {
    const model = openOpenAi({ model: 'test-model', baseUrl: `http://127.0.0.1:${await freePort()}/v1` })

    const outcome = await model.complete(callFor('one'), { signal: live })

    expect(outcome).toMatchObject({
      failure: {
        kind: 'connection',
        message: expect.stringMatching(/127\.0\.0\.1:\d+ failed \(ECONNREFUSED\)/),
      },
    })
  })

  it('leaves the calls beside it alone', async () => {
    await using server = await chatServer(({ body }, response) => {
      const name = body.messages.at(-1)?.content
      if (name === 'bad') response.socket?.resetAndDestroy()
      else sendJson(response, chatBody(`of ${name}`))
    })
    const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl })

    const outcomes = await Promise.all(
      ['a', 'bad', 'b'].map((name) => model.complete(callFor(name), { signal: live })),
    )

    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true])
  })
})

describe('a broken set-up', () => {
  it.each([
    [401, { code: 'invalid_api_key' }, 'model_not_configured'],
    [403, {}, 'model_not_configured'],
    [404, { code: 'model_not_found' }, 'model_unknown'],
    [404, {}, 'model_unknown'],
    [403, { code: 'model_not_found' }, 'model_unknown'],
    [400, { code: 'unsupported_value', param: 'temperature' }, 'model_refused_request'],
    [413, {}, 'model_refused_request'],
  ])('%i %o is thrown as %s, and its message repeats nothing of the request', async (status, error, code) => {
    const asking = ask(() => refusal(status, error))

    await expect(asking).rejects.toMatchObject({ code, message: expect.not.stringContaining('Example') })
  })

  it('names the parameter that the server refuses', async () => {
    const asking = ask(() => refusal(400, { code: 'unsupported_value', param: 'temperature' }))

    await expect(asking).rejects.toMatchObject({
      message: expect.stringContaining('code unsupported_value, param temperature'),
      place: { field: 'temperature' },
    })
  })

  it('is a server that sends elsewhere: the chart does not follow', async () => {
    await using elsewhere = await chatServer((_, response) => sendJson(response, chatBody('')))

    const asking = ask(() => ({
      status: 307,
      headers: { location: `${elsewhere.baseUrl}/chat/completions` },
      body: '',
    }))

    await expect(asking).rejects.toMatchObject({ code: 'model_not_configured' })
    expect(elsewhere.received).toEqual([])
  })

  it.each([
    [{}, 'model_not_configured', 'OPENAI_API_KEY is not set'],
    [{ apiKey: '  ' }, 'model_not_configured', 'OPENAI_API_KEY is not set'],
    [
      { baseUrl: 'https://models.example.org/v1' },
      'model_not_configured',
      'https://models.example.org needs it',
    ],
    [{ apiKey: 'sk-a b' }, 'model_not_configured', 'copy it again'],
    [{ apiKey: 'k', baseUrl: 'localhost:8080' }, 'environment', 'OPENAI_BASE_URL'],
    [{ apiKey: 'k', baseUrl: 'https://me:pw@example.org/v1' }, 'environment', 'without credentials'],
  ])('is said on opening: %o', (settings, code, message) => {
    expect(() => openOpenAi({ model: 'test-model', ...settings })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })
})

describe('what only concerns one case', () => {
  it.each([
    ['context_length_exceeded', 'length'],
    ['content_filter', 'content_filter'],
  ])('is an answer without text: %s', async (code, finishReason) => {
    const { outcome } = await ask(() => refusal(400, { code, param: 'messages' }))

    expect(outcome).toMatchObject({
      ok: true,
      completion: { text: '', finishReason, finishReasonRaw: code, usage: { promptTokens: null } },
    })
  })
})

describe('whether charts leave this machine', () => {
  it.each([
    ['http://127.0.0.1:1/v1', false],
    ['http://localhost/v1', false],
    ['http://[::1]:8080/v1', false],
    ['https://api.openai.com/v1', true],
    ['http://192.168.1.7/v1', true],
    ['http://127.0.0.1.example.org/v1', true],
    ['http://localhost.example.org/v1', true],
  ])('%s: %s', (baseUrl, leavesHouse) => {
    expect(openOpenAi({ model: 'm', apiKey: 'k', baseUrl }).leavesHouse).toBe(leavesHouse)
  })
})

it('leaves nothing behind that keeps a process waiting or a signal burdened', async () => {
  const stop = new AbortController()
  let listeners = 0
  const { addEventListener, removeEventListener } = stop.signal
  stop.signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
    listeners += 1
    addEventListener.apply(stop.signal, given)
  }
  stop.signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
    listeners -= 1
    removeEventListener.apply(stop.signal, given)
  }
  await using server = await chatServer((_, response) => sendJson(response, chatBody('')))
  const model = openOpenAi({ model: 'test-model', baseUrl: server.baseUrl })

  for (let index = 0; index < 20; index += 1) await model.complete(callFor('one'), { signal: stop.signal })
  await sleep(1)

  expect(listeners).toBe(0)
})

async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 1))
  })
  return await promise
}
