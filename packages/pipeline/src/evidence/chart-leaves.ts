import type { PathStep } from '@touchstone/core'

/** A leaf of a chart: anything that is no filled object or array. */
export type ChartLeaf = { steps: PathStep[]; value: unknown }

const DEPTH_MAX = 200

/**
 * The leaves at and below a place, in document order, at most `limit`; walks without recursion. What lies deeper
 * than 200 steps comes back as a leaf that is still a container. `isComplete` is false when the limit cut it.
 */
export function chartLeaves(
  place: { steps: readonly PathStep[]; value: unknown },
  limit: number,
): { leaves: ChartLeaf[]; isComplete: boolean } {
  const leaves: ChartLeaf[] = []
  const open: ChartLeaf[] = [{ steps: [...place.steps], value: place.value }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (leaves.length >= limit) return { leaves, isComplete: false }
    const below = next.steps.length < DEPTH_MAX ? membersOf(next.value) : []
    if (below.length === 0) leaves.push(next)
    for (const [step, value] of below.reverse()) open.push({ steps: [...next.steps, step], value })
  }
  return { leaves, isComplete: true }
}

function membersOf(value: unknown): [PathStep, unknown][] {
  if (Array.isArray(value)) {
    return Array.from(value, (element: unknown, index): [PathStep, unknown] => [{ index }, element])
  }
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).map(([member, below]): [PathStep, unknown] => [{ member }, below])
}
