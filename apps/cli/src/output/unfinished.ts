import type { CallFailure } from '@touchstone/core'

/** Counts why samples stay unfinished, by kind. */
export type UnfinishedCount = {
  add: (failure: Pick<CallFailure, 'kind' | 'message'>) => void
  /** A line for each kind, the commonest first, with what the first of them said. */
  lines: () => string[]
}

/** Begins to count. */
export function countUnfinished(): UnfinishedCount {
  const kinds = new Map<string, { count: number; message: string }>()
  return {
    add({ kind, message }) {
      const count = (kinds.get(kind)?.count ?? 0) + 1
      kinds.set(kind, { count, message: kinds.get(kind)?.message ?? message })
    },
    lines: () =>
      [...kinds]
        .sort(([, one], [, other]) => other.count - one.count)
        .map(([kind, { count, message }]) => `unfinished, ${kind} (${count}): ${message}`),
  }
}
