import { request as httpRequest } from 'node:http'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { openOpenAi } from './model/openai.ts'
import { openReplay } from './model/replay.ts'
import { type Reply, scriptedModel } from './model/scripted.ts'
import { callFor, temporaryFile } from './model/testing.ts'
import { type ModelServer, serveModel } from './model-server.ts'

const live = new AbortController().signal

async function serve(reply: Reply, latencyMs = 0): Promise<ModelServer & { url: string }> {
  const server = await serveModel({ model: scriptedModel(reply), port: 0, latencyMs })
  return { ...server, url: `http://127.0.0.1:${server.port}/v1` }
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

const question = { model: 'any', messages: [{ role: 'user', content: 'one' }] }

describe('the server', () => {
  it('is understood by the OpenAI client', async () => {
    await using server = await serve(() => ({ text: '{"signals":[]}' }))
    const client = new OpenAI({ apiKey: 'none', baseURL: server.url, maxRetries: 0 })

    const completion = await client.chat.completions.create({
      model: 'any',
      messages: [{ role: 'user', content: 'one' }],
    })
    const models = await client.models.list()

    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'scripted',
      choices: [
        { index: 0, message: { role: 'assistant', content: '{"signals":[]}' }, finish_reason: 'stop' },
      ],
    })
    expect(models.data.map(({ id }) => id)).toEqual(['scripted'])
  })

  it('hands on messages, parameters and the answer format as they were sent', async () => {
    const calls: unknown[] = []
    await using server = await serve((call) => {
      calls.push(call)
      return ''
    })
    const call = callFor('one', {
      params: { temperature: 0.5, seed: 1 },
      answerFormat: { format: 'json_schema', name: 'answer', schema: { type: 'object' } },
    })

    await openOpenAi({ model: 'm', baseUrl: server.url }).complete(call, { signal: live })

    expect(calls).toEqual([{ ...call, model: 'm', sample: { case: '', prompt: '', repeat: 1 } }])
  })

  it('takes developer messages and text in parts', async () => {
    const calls: unknown[] = []
    await using server = await serve(({ messages }) => {
      calls.push(messages)
      return ''
    })
    const content = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]

    await post(server.url, { model: 'any', messages: [{ role: 'developer', content }] })

    expect(calls).toEqual([[{ role: 'system', content: 'ab' }]])
  })

  it('lets a recording be found by the headers that name its sample', async () => {
    const line = {
      case: 'A',
      prompt: 'p@1',
      repeat: 2,
      model: 'recorded-1',
      text: 'of A',
      usage: { prompt_tokens: 3 },
    }
    await using source = await temporaryFile(JSON.stringify(line))
    await using server = await serveModel({ model: await openReplay(source.file), port: 0 })
    const url = `http://127.0.0.1:${server.port}/v1`
    const headers = {
      'x-touchstone-case': 'A',
      'x-touchstone-prompt': 'p@1',
      'x-touchstone-repeat': '2',
    }

    const found = await post(url, question, headers)
    const unnamed = await post(url, question)

    expect(await found.json()).toMatchObject({
      model: 'recorded-1',
      choices: [{ message: { content: 'of A' } }],
      usage: { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 },
    })
    expect(unnamed.status).toBe(400)
    expect(await unnamed.json()).toMatchObject({ error: { code: 'sample_not_named' } })
  })

  it.each([
    ['no JSON', '{', null],
    ['no messages', { model: 'any' }, 'messages'],
    ['an empty list of messages', { model: 'any', messages: [] }, 'messages'],
    [
      'an image',
      { model: 'any', messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages.0.content',
    ],
    ['streaming', { ...question, stream: true }, 'stream'],
    ['two answers', { ...question, n: 2 }, 'n'],
    ['a format nobody knows', { ...question, response_format: { type: 'xml' } }, 'response_format'],
  ])('refuses %s and names the parameter', async (_, body, param) => {
    await using server = await serve(() => '')

    const response = await post(server.url, body)

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: {
        type: 'invalid_request_error',
        code: 'invalid_value',
        param: param && expect.stringContaining(param),
      },
    })
  })

  it('knows two addresses', async () => {
    await using server = await serve(() => '')

    expect((await fetch(`${server.url}/embeddings`, { method: 'POST' })).status).toBe(404)
    expect((await fetch(`${server.url}/chat/completions`)).status).toBe(404)
  })

  it('does not answer pages of other sites, under whatever name they reach it', async () => {
    let asked = 0
    await using server = await serve(() => {
      asked += 1
      return ''
    })

    const fromPage = await post(server.url, question, { origin: 'https://pages.example.org' })
    const renamed = await statusUnderHost(server.port, 'rebound.example.org')

    expect([fromPage.status, renamed, asked]).toEqual([403, 403, 0])
  })

  it.each([
    ['rate_limited', 429],
    ['timeout', 504],
    ['server_error', 500],
    ['connection', 502],
  ] as const)('passes a failure on: %s as %i', async (kind, status) => {
    await using server = await serve(() => ({ fail: { kind, retry_after_ms: 1500 } }))

    const response = await post(server.url, question)

    expect(response.status).toBe(status)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await response.json()).toMatchObject({ error: { code: kind } })
  })

  it('ends a sample without an answer as the model itself would', async () => {
    await using server = await serve(() => null)

    const outcome = await openOpenAi({ model: 'm', baseUrl: server.url }).complete(callFor('one'), {
      signal: live,
    })

    expect(outcome).toMatchObject({ failure: { kind: 'no_recording', isRetryable: false } })
  })

  it('says 500 without a word of why when a model breaks, and tells its owner', async () => {
    const errors: unknown[] = []
    const model = scriptedModel(() => {
      throw new Error('Mrs Example')
    })
    await using server = await serveModel({ model, port: 0, onError: (error) => errors.push(error) })

    const response = await post(`http://127.0.0.1:${server.port}/v1`, question)

    expect(response.status).toBe(500)
    expect(errors).toEqual([new Error('Mrs Example')])
    expect(await response.text()).not.toContain('Example')
  })

  it('takes at least the latency it is told to', async () => {
    await using server = await serve(() => '', 40)

    const startedAt = performance.now()
    await Promise.all(Array.from({ length: 20 }, async () => await (await post(server.url, question)).text()))

    // Twenty at once wait side by side.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(39)
    expect(performance.now() - startedAt).toBeLessThan(20 * 40)
  })

  it('refuses a port that is taken', async () => {
    await using server = await serve(() => '')

    await expect(serveModel({ model: scriptedModel(() => ''), port: server.port })).rejects.toMatchObject({
      code: 'usage',
    })
  })

  it('closes although clients hold connections', async () => {
    const server = await serve(() => ({ text: '', delay_ms: 60_000 }))
    const pending = post(server.url, question).catch((error: unknown) => error)
    await new Promise((resolve) => setTimeout(resolve, 20))

    await server.close()

    expect(await pending).toBeInstanceOf(TypeError)
  })
})

/** `fetch` sets the host by itself, so this asks by hand. */
async function statusUnderHost(port: number, host: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const options = { port, host: '127.0.0.1', path: '/v1/chat/completions', method: 'POST', headers: { host } }
  const request = httpRequest(options, (response) => {
    response.resume()
    resolve(response.statusCode)
  })
  request.on('error', reject)
  request.end(JSON.stringify(question))
  return await promise
}
