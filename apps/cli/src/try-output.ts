import type { TryOutput, VerifiedSignals } from '@touchstone/core'
import type { TriedCase } from '@touchstone/engine'

/** What of a tried case is shown only when it is asked for, because it holds chart text. */
export const SHOWABLE = ['messages', 'answer', 'evidence'] as const
export type Showable = (typeof SHOWABLE)[number]

type Completed = Extract<TriedCase, { state: 'completed' }>

/** A tried case as `try --json` prints it; what is not asked for of chart text is left out. */
export function tryOutputOf(tried: TriedCase, shown: readonly Showable[]): TryOutput {
  const { call, suite, route, model, params, messages } = tried
  const { prompt, step, isExact, crossesType } = route
  return {
    call,
    suite,
    case: tried.case,
    route: { prompt, step, isExact, crossesType },
    model,
    params,
    ...(tried.state === 'completed' ? endOf(tried) : failureOf(tried)),
    messages: shown.includes('messages') ? messages : null,
    answer: shown.includes('answer') && tried.state === 'completed' ? tried.completion.text : null,
    evidence: shown.includes('evidence') && tried.state === 'completed' ? evidenceOf(tried) : null,
  }
}

type End = Omit<
  TryOutput,
  'call' | 'suite' | 'case' | 'route' | 'model' | 'params' | 'messages' | 'answer' | 'evidence'
>

function failureOf({ failure }: Extract<TriedCase, { state: 'unfinished' }>): End {
  const { kind, message, latencyMs } = failure
  return {
    state: 'unfinished',
    failure: { kind, message },
    modelReturned: null,
    finishReason: null,
    usage: { promptTokens: null, completionTokens: null, cachedTokens: null },
    latencyMs,
    defects: [],
    signals: null,
    outcome: null,
  }
}

function endOf(tried: Completed): End {
  const { completion, answer, grade } = tried
  const { modelReturned, finishReason, usage, latencyMs } = completion
  return {
    state: 'completed',
    failure: null,
    modelReturned,
    finishReason,
    usage,
    latencyMs,
    defects: answer?.stage === 'verified' ? answer.defects.map(({ kind }) => kind) : [],
    signals: signalsOf(tried),
    outcome: grade && { ai: grade.outcomeByAi, rule: grade.outcomeByRule, gold: grade.outcomeByGold },
  }
}

/** Each signal of the module; of an answer that could not be read, those that have gold. */
function signalsOf({ answer, grade }: Completed): TryOutput['signals'] {
  if (answer === null) return null
  const grades = new Map((grade?.signals ?? []).map((signal) => [signal.code, signal]))
  const codes = answer.stage === 'verified' ? answer.signals.map(({ code }) => code) : [...grades.keys()]
  return codes.map((code) => {
    const own = grades.get(code)
    const read =
      answer.stage === 'verified' ? answer.signals.find((signal) => signal.code === code) : undefined
    return {
      signal: code,
      answered: own?.got ?? answeredIn(read),
      expected: own?.expected ?? null,
      grade: own?.grade ?? null,
      support: read?.support ?? null,
      evidence: countVerifications(read),
    }
  })
}

type ReadSignal = VerifiedSignals['signals'][number]

function answeredIn(signal: ReadSignal | undefined): NonNullable<TryOutput['signals']>[number]['answered'] {
  if (signal === undefined || signal.outcome === 'missing') return 'missing'
  return signal.outcome === 'answered' ? signal.status : 'invalid'
}

function countVerifications(
  signal: ReadSignal | undefined,
): NonNullable<TryOutput['signals']>[number]['evidence'] {
  const counts: NonNullable<TryOutput['signals']>[number]['evidence'] = {}
  for (const { verification } of signal?.evidence ?? [])
    counts[verification] = (counts[verification] ?? 0) + 1
  return counts
}

function evidenceOf({ answer }: Completed): TryOutput['evidence'] {
  if (answer?.stage !== 'verified') return []
  return answer.signals.flatMap(({ code, evidence }) =>
    evidence.map(({ cite, fieldPath, resolvedPath, fieldValue, verification, note }) => ({
      signal: code,
      path: fieldPath,
      resolvedPath,
      excerpt: cite.kind === 'path' ? cite.excerpt : null,
      value: fieldValue,
      verification,
      note,
    })),
  )
}
