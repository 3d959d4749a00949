import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ModelCall } from '@touchstone/core'
import * as z from 'zod'

/** A chat request as a test server received it. */
const ReceivedBody = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })),
  response_format: z.looseObject({ type: z.string() }).optional(),
})
export type Received = { body: z.infer<typeof ReceivedBody>; headers: IncomingHttpHeaders }

/** A real HTTP server on a free port that hands each chat request to `respond`. */
export async function chatServer(
  respond: (received: Received, response: ServerResponse) => void,
): Promise<{ baseUrl: string; received: Received[]; connections: () => number } & AsyncDisposable> {
  const received: Received[] = []
  let connections = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = ReceivedBody.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')))
    received.push({ body, headers: request.headers })
    respond({ body, headers: request.headers }, response)
  })
  server.on('connection', () => {
    connections += 1
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    received,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      await closed.promise
    },
  }
}

/** Sends a JSON answer, with whatever headers are given. */
export function sendJson(
  response: ServerResponse,
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** A chat completion body with one choice. */
export function chatBody(content: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'served-model-1',
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 },
    ...changes,
  }
}

/** A call about a case; the case's name is also the last message, so that a test server can tell calls apart. */
export function callFor(name: string, changes: Partial<ModelCall> = {}): ModelCall {
  return {
    model: 'test-model',
    params: {},
    messages: [
      { role: 'system', content: 'Answer in JSON.' },
      { role: 'user', content: name },
    ],
    answerFormat: { format: 'text' },
    sample: { case: name, prompt: 'orthopedics/timeliness_sch/signal_processing@2', repeat: 1 },
    ...changes,
  }
}

/** A file with this text in a folder of its own, removed afterwards. */
export async function temporaryFile(text: string | Uint8Array): Promise<{ file: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'touchstone-model-'))
  const file = join(folder, 'file')
  await writeFile(file, text)
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}
