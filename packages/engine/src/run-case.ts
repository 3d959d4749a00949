import type {
  CallFailure,
  CheckedSample,
  Completion,
  GoldLabel,
  Grade,
  JsonValue,
  ModelCall,
  ModuleVersion,
  PromptDocument,
  RenderedRequest,
  Unparsable,
  VerifiedSignals,
} from '@touchstone/core'
import { check, deidentify, grade, parse, render, verify } from '@touchstone/pipeline'
import { type Attempt, completeWithRetries, type Retrying } from './complete.ts'

/** What every case of a run has in common. */
export type Route = Retrying & {
  facility: string
  /** The prompt version as the run names it, for recordings. */
  prompt: string
  document: PromptDocument
  moduleVersion: ModuleVersion
  /** What is asked of the model: its name and the parameters in effect. */
  asked: Pick<ModelCall, 'model' | 'params'>
}

/** One gold case × repeat that is to be walked down the route. */
export type RouteCase = {
  name: string
  /** A pseudonym; never the number people know the case by. */
  number: string
  repeat: number
  payload: Record<string, JsonValue>
  gold: Readonly<Record<string, GoldLabel>>
}

/** A case at the end of the route: answered and graded, or unfinished because the plumbing failed. */
export type WalkedCase = { rendered: RenderedRequest; call: ModelCall; attempts: Attempt[] } & (
  | { state: 'unfinished'; failure: CallFailure }
  | ({ state: 'completed'; completion: Completion } & JudgedCase)
)

/** What the pure part of the route makes of a completion. */
export type JudgedCase = { sample: VerifiedSignals | Unparsable; checked: CheckedSample; grade: Grade }

/** Walks one case down the route: render, deidentify, complete, then parse, verify, check and grade. */
export async function runCase(route: Route, routeCase: RouteCase, signal: AbortSignal): Promise<WalkedCase> {
  const rendered = renderCase(route, routeCase)
  const outbound = deidentify(rendered, { facility: route.facility, leavesHouse: route.model.leavesHouse })
  const call: ModelCall = {
    ...route.asked,
    messages: outbound.messages,
    answerFormat: outbound.answerFormat,
    sample: { case: routeCase.name, prompt: route.prompt, repeat: routeCase.repeat },
  }
  const { outcome, attempts } = await completeWithRetries({ call, retrying: route, signal })
  if (!outcome.ok) return { state: 'unfinished', rendered, call, attempts, failure: outcome.failure }
  const judged = judgeCompletion(route, { routeCase, rendered, completion: outcome.completion })
  return { state: 'completed', rendered, call, attempts, completion: outcome.completion, ...judged }
}

/** The first step alone: the messages a case makes, exactly as they would be sent. */
function renderCase(route: Pick<Route, 'document' | 'moduleVersion'>, routeCase: RouteCase): RenderedRequest {
  const { document, moduleVersion } = route
  return render({ document, moduleVersion, payload: routeCase.payload, caseNumber: routeCase.number })
}

/** The pure part of the route, from an answer to its grade; no model is asked. */
export function judgeCompletion(
  { moduleVersion }: Pick<Route, 'moduleVersion'>,
  answer: {
    routeCase: RouteCase
    rendered: Pick<RenderedRequest, 'shown'>
    completion: Pick<Completion, 'text' | 'finishReason' | 'refusal'>
  },
): JudgedCase {
  const { routeCase, rendered, completion } = answer
  const { text, finishReason, refusal } = completion
  const { payload, gold } = routeCase
  const parsed = parse({ text, finishReason, refusal, moduleVersion })
  const { shown } = rendered
  const sample = parsed.stage === 'unparsable' ? parsed : verify({ parsed, shown, payload, moduleVersion })
  const checked = check({ verified: sample, payload, moduleVersion })
  return { sample, checked, grade: grade({ sample, gold, checked, moduleVersion }) }
}
