import type { CallOutcome, Message, ModelCall } from '@touchstone/core'
import { writeAnswer } from './heuristic/answer.ts'
import { readChart } from './heuristic/chart.ts'
import { type CompiledPrompt, compilePrompt } from './heuristic/compile.ts'
import { evaluate } from './heuristic/evaluate.ts'
import { type FoundJson, findJson } from './heuristic/find-json.ts'
import type { Model } from './model.ts'

const MODEL_RETURNED = 'heuristic-1'
const PROMPTS_KEPT_MAX = 20

/**
 * The offline baseline, not an LLM: a deterministic reader of the very messages an LLM would get, and of
 * nothing else. What to answer and by which rules it takes from the prompt's text, facts from the chart in it;
 * a rule the prompt does not state is not followed. It knows general clinical English and no module.
 */
export function createHeuristicModel(): Model {
  const compiled = new Map<string, CompiledPrompt>()
  return {
    name: 'heuristic',
    provider: 'heuristic',
    leavesHouse: false,
    async complete(call: ModelCall, { signal }: { signal: AbortSignal }): Promise<CallOutcome> {
      const startedAt = performance.now()
      if (signal.aborted) return cancelled(performance.now() - startedAt)
      const { text, chart } = partMessages(call.messages)
      const answers = evaluate(compileOnce(text, compiled), readChart(chart))
      const answer = writeAnswer(answers, compileOnce(text, compiled))
      return completed(answer, performance.now() - startedAt)
    },
  }
}

/** Parts messages into the prompt's text and the chart: the largest JSON object of the last user message. */
function partMessages(messages: readonly Message[]): { text: string; chart: unknown } {
  const last = messages.findLastIndex((message) => message.role === 'user')
  const shown = messages[last]
  const found = shown === undefined ? null : largest(findJson(shown.content))
  const told = messages.filter((message) => message.role === 'system').map((message) => message.content)
  if (shown === undefined || found === null)
    return { text: [...told, shown?.content ?? ''].join('\n\n'), chart: {} }
  const before = shown.content.slice(0, found.start).replace(CAPTION, '')
  return { text: [...told, before + shown.content.slice(found.end)].join('\n\n'), chart: found.value }
}

/** The line that introduces the chart; it may name the case, and so would part prompts that are the same. */
const CAPTION = /[^\n]{0,200}:\s*(?:```\w*\s*)?$/

function largest(found: readonly FoundJson[]): FoundJson | null {
  return found.reduce<FoundJson | null>(
    (best, item) => (best === null || item.end - item.start > best.end - best.start ? item : best),
    null,
  )
}

/** Compiles a prompt's text, or takes it from the few kept; the least recently used goes first. */
function compileOnce(text: string, compiled: Map<string, CompiledPrompt>): CompiledPrompt {
  const known = compiled.get(text)
  const prompt = known ?? compilePrompt(text)
  compiled.delete(text)
  compiled.set(text, prompt)
  const oldest = compiled.size > PROMPTS_KEPT_MAX ? compiled.keys().next().value : undefined
  if (oldest !== undefined) compiled.delete(oldest)
  return prompt
}

function completed(text: string, latencyMs: number): CallOutcome {
  return {
    ok: true,
    completion: {
      text,
      finishReason: 'stop',
      finishReasonRaw: 'stop',
      refusal: null,
      modelReturned: MODEL_RETURNED,
      usage: { promptTokens: null, completionTokens: null, cachedTokens: null },
      latencyMs,
      details: { baseline: 'offline baseline, not an LLM' },
    },
  }
}

function cancelled(latencyMs: number): CallOutcome {
  const message = 'The call was cancelled before it began.'
  return {
    ok: false,
    failure: {
      kind: 'cancelled',
      isRetryable: false,
      retryAfterMs: null,
      message,
      httpStatus: null,
      latencyMs,
    },
  }
}
