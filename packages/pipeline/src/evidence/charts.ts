import { type JsonValue, type PathStep, type PathTarget, resolveFieldPath } from '@touchstone/core'
import type { NormalText } from './normal-text.ts'

/** The charts a verification works with, and its memory of normalised text. */
export type Charts = {
  shown: JsonValue
  payload: JsonValue
  normalise: (source: string) => NormalText
}

/**
 * What the model saw at a place. A null there for something the payload has is no sight of it: elements that were
 * left out stand as null, so that the others keep their index.
 */
export function resolveShown(charts: Charts, steps: readonly PathStep[]): PathTarget {
  const shown = resolveFieldPath(charts.shown, steps)
  if (!shown.found || shown.value !== null) return shown
  const whole = resolveFieldPath(charts.payload, steps)
  return whole.found && whole.value === null ? shown : { found: false }
}
