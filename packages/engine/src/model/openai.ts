import type { CallOutcome } from '@touchstone/core'
import type { Model } from './model.ts'
import { readOpenAiAddress } from './openai-address.ts'
import { openConnection } from './openai-connection.ts'
import { buildRequest, learnLimits, noLimits } from './openai-request.ts'

/** How an OpenAI-compatible server is reached; the timeout covers a request from its start to its last byte. */
export type OpenAiSettings = {
  model: string
  apiKey?: string | undefined
  baseUrl?: string | undefined
  timeoutMs?: number | undefined
}

const TIMEOUT_MS = 120_000

/**
 * A model behind an OpenAI-compatible server. A call is one request and is never retried; a second
 * one goes out only in a form the server said it takes (a poorer answer format, another name of the
 * token limit), which is remembered and noted in the completion's details. Throws
 * `model_not_configured` or `environment` when the server cannot be asked at all.
 */
export function openOpenAi(settings: OpenAiSettings): Model {
  const { model, timeoutMs = TIMEOUT_MS } = settings
  const address = readOpenAiAddress(settings)
  const send = openConnection({ address, model, timeoutMs })
  const limits = noLimits()
  return {
    name: `openai:${model}`,
    provider: 'openai',
    leavesHouse: !address.isLoopback,
    async complete(call, { signal }) {
      for (;;) {
        const request = buildRequest(call, model, limits)
        const reply = await send(request.body, signal)
        if (reply.ok !== 'refused') return withAdaptations(reply, request.adaptations)
        const mayBeForm = reply.status === 400 || reply.status === 422
        if (!mayBeForm || !learnLimits(limits, request, reply.said)) return reply.settle()
      }
    },
  }
}

function withAdaptations(outcome: CallOutcome, adaptations: Record<string, unknown>): CallOutcome {
  if (!outcome.ok) return outcome
  const { completion } = outcome
  return { ok: true, completion: { ...completion, details: { ...completion.details, ...adaptations } } }
}
