import { type ErrorCode, TouchstoneError } from '@touchstone/core'

const DEPTH_MAX = 500

/** Where a value was read from, for the error. */
export type ReadFrom = { file: string; line?: number; code: ErrorCode }

/**
 * Refuses what could not be kept as it is: values nested deeper than 500, which exhaust the stack of
 * whatever walks them, and members named `__proto__`, which would vanish without a word. Walks without
 * recursion, so it can look at any depth. Throws with the source's code, naming the field of the member.
 */
export function refuseUnkeepable(value: unknown, { code, ...place }: ReadFrom): void {
  const waiting: { value: unknown; depth: number; path: string }[] = [{ value, depth: 0, path: '' }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue
    if (next.depth >= DEPTH_MAX) throw tooDeep({ code, ...place })
    for (const [name, member] of Object.entries(next.value)) {
      // A path is told as far as a reader can use it.
      const path = next.depth < 10 ? `${next.path}${next.path === '' ? '' : '.'}${name}` : next.path
      if (name === '__proto__') {
        throw new TouchstoneError(code, 'A member named "__proto__" cannot be kept; rename it.', {
          ...place,
          field: path,
        })
      }
      waiting.push({ value: member, depth: next.depth + 1, path })
    }
  }
}

/** The refusal of what is nested too deeply. */
export function tooDeep({ code, ...place }: ReadFrom): TouchstoneError {
  return new TouchstoneError(code, `This is nested deeper than ${DEPTH_MAX} levels; flatten it.`, place)
}
