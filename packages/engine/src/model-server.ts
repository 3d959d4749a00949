import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CallOutcome, TouchstoneError } from '@touchstone/core'
import type { Model } from './model/model.ts'
import { isLoopbackHost } from './model/openai-address.ts'
import {
  type Answer,
  chatCompletion,
  errorAnswer,
  failureAnswer,
  setupAnswer,
} from './model-server-answer.ts'
import { readChatRequest } from './model-server-request.ts'

/** A model to be served; `latencyMs` is waited before each answer, and port 0 takes any free port. */
export type ModelServerSettings = {
  model: Model
  port: number
  /** By default this machine alone. */
  host?: string
  latencyMs?: number
  /** Is told of errors that clients only see as status 500. */
  onError?: (error: unknown) => void
}

/** A server that listens; `close` ends it with its connections. */
export type ModelServer = { port: number; close: () => Promise<void> } & AsyncDisposable

const BODY_BYTES_MAX = 64 * 1024 * 1024
/** Longer than clients keep an idle connection, so that none is reset as it is used again. */
const KEEP_ALIVE_MS = 75_000

/**
 * Serves any model behind an OpenAI-compatible endpoint: `POST /v1/chat/completions` (not streamed)
 * and `GET /v1/models`. Whatever model a request names, this one answers and says its own name.
 *
 * An OpenAI request does not name the case it is about. Models that answer by sample (`replay`, and
 * a `scripted` file with answers of its own) can be told in the headers `x-touchstone-case`,
 * `x-touchstone-prompt` and `x-touchstone-repeat`; without them `replay` refuses the request.
 * Throws `usage` when the port is taken.
 */
export async function serveModel(settings: ModelServerSettings): Promise<ModelServer> {
  const { model, latencyMs = 0, host = '127.0.0.1', onError } = settings
  const server = createServer((request, response) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    answerRequest({ request, model, latencyMs, isLocal: isLoopbackHost(host) }, gone.signal).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        if (error instanceof TouchstoneError) return send(response, setupAnswer(error))
        // A client that left while it was still sending is no error of ours.
        if (!gone.signal.aborted) onError?.(error)
        send(response, internal())
      },
    )
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  const port = await listen(server, settings.port, host)
  const close = (): Promise<void> => closeServer(server)
  return { port, close, [Symbol.asyncDispose]: close }
}

type Exchange = { request: IncomingMessage; model: Model; latencyMs: number; isLocal: boolean }

async function answerRequest(exchange: Exchange, signal: AbortSignal): Promise<Answer> {
  const { request, model, latencyMs, isLocal } = exchange
  const { method = '', url = '' } = request
  if (isLocal && !isFromHere(request)) {
    return errorAnswer(403, { message: 'This server answers to its own machine only.', code: 'wrong_origin' })
  }
  const path = url.split('?')[0]
  if (method === 'GET' && path === '/v1/models') return { status: 200, body: listOf(model) }
  if (method !== 'POST' || path !== '/v1/chat/completions') {
    return errorAnswer(404, {
      message: 'There are POST /v1/chat/completions and GET /v1/models.',
      code: 'unknown_url',
    })
  }
  const body = await readBody(request)
  if (body === null) return errorAnswer(413, { message: 'The body is too large.', code: 'request_too_large' })
  const read = readChatRequest(body, request.headers)
  if (!read.ok) return errorAnswer(400, read)
  if (model.provider === 'replay' && read.call.sample.case === '') {
    return errorAnswer(400, {
      message: 'Recordings are found by sample; send the headers x-touchstone-case and x-touchstone-prompt.',
      code: 'sample_not_named',
    })
  }
  if (latencyMs > 0) await sleep(latencyMs)
  const outcome: CallOutcome = await model.complete(read.call, { signal })
  return outcome.ok ? chatCompletion(outcome.completion, model) : failureAnswer(outcome.failure)
}

/** Whether no page of another site asks: a browser would carry its requests to this machine, and spend what they cost. */
function isFromHere({ headers }: IncomingMessage): boolean {
  const addresses = [`http://${headers.host}`, ...(headers.origin === undefined ? [] : [headers.origin])]
  return addresses.every((address) => isLoopbackHost(URL.parse(address)?.hostname ?? ''))
}

function listOf(model: Model): string {
  return JSON.stringify({
    object: 'list',
    data: [{ id: model.name, object: 'model', created: 0, owned_by: 'touchstone' }],
  })
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    // The rest is read and dropped: a connection that is cut would hide the answer.
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
  }
  return bytes > BODY_BYTES_MAX ? null : Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  if (response.destroyed) return
  const content = Buffer.from(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': content.length,
    ...headers,
  })
  response.end(content)
}

function internal(): Answer {
  return errorAnswer(500, { message: 'The model failed unexpectedly.', code: 'internal' })
}

function listen(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', (cause) =>
    reject(
      new TouchstoneError('usage', `Port ${port} of ${host} cannot be used; choose another with --port.`, {
        cause,
      }),
    ),
  )
  server.listen(port, host, () => {
    const address = server.address()
    resolve(typeof address === 'object' && address !== null ? address.port : port)
  })
  return promise
}

function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  return promise
}
