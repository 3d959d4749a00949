import { type JsonValue, type PathStep, parseFieldPath, TouchstoneError } from '@touchstone/core'

/** What of a value is wanted: all of it, or some members, indexes, or every element. */
type Wanted = {
  isWhole: boolean
  members: Map<string, Wanted>
  indexes: Map<number, Wanted>
  any: Wanted | null
}

/**
 * Cuts a payload to the paths a prompt may see (`times`, `notes[*].text`, `labs[0].value`).
 *
 * Kept elements stay at their index, so a cite of what is shown is a cite of the payload: skipped
 * elements before a kept one become null. Own members only. What is wanted whole is shared with the
 * payload, not copied. Throws `prompt_invalid` for a context path that cannot be read.
 */
export function cutToContext(payload: JsonValue, contextPaths: readonly string[]): JsonValue {
  const wanted = blank()
  contextPaths.forEach((path, index) => {
    const steps = parseFieldPath(path)
    if (steps === null) {
      throw new TouchstoneError(
        'prompt_invalid',
        `The context path "${path}" cannot be read; write it like times.ArrivalInstant or notes[*].text.`,
        { field: `context[${index}]` },
      )
    }
    mark(wanted, steps)
  })
  return cut(payload, [wanted]) ?? (Array.isArray(payload) ? [] : {})
}

function blank(): Wanted {
  return { isWhole: false, members: new Map(), indexes: new Map(), any: null }
}

function mark(root: Wanted, steps: readonly PathStep[]): void {
  let node = root
  for (const step of steps) {
    if ('any' in step) {
      node.any ??= blank()
      node = node.any
    } else if ('index' in step) node = childOf(node.indexes, step.index)
    else node = childOf(node.members, step.member)
  }
  node.isWhole = true
}

function childOf<Key>(children: Map<Key, Wanted>, key: Key): Wanted {
  const known = children.get(key)
  if (known) return known
  const child = blank()
  children.set(key, child)
  return child
}

/** What is wanted of a value, or undefined where nothing of it is. */
function cut(value: JsonValue, wanted: readonly Wanted[]): JsonValue | undefined {
  if (wanted.some((node) => node.isWhole)) return value
  if (Array.isArray(value)) return cutArray(value, wanted)
  // `notes[*].text` also means the text of a single note that is no list.
  const nodes = wanted.flatMap(throughAny)
  if (nodes.some((node) => node.isWhole)) return value
  if (value === null || typeof value !== 'object') return undefined
  return cutObject(value, nodes)
}

function throughAny(node: Wanted): Wanted[] {
  return node.any === null ? [node] : [node, ...throughAny(node.any)]
}

function cutArray(elements: readonly JsonValue[], wanted: readonly Wanted[]): JsonValue[] | undefined {
  const kept: JsonValue[] = []
  let length = 0
  elements.forEach((element, index) => {
    const nodes = wanted.flatMap((node) => [node.any, node.indexes.get(index)]).filter((node) => !!node)
    const part = nodes.length === 0 ? undefined : cut(element, nodes)
    kept.push(part ?? null)
    if (part !== undefined) length = index + 1
  })
  return length === 0 ? undefined : kept.slice(0, length)
}

function cutObject(value: { [key: string]: JsonValue }, wanted: readonly Wanted[]): JsonValue | undefined {
  const names = new Set(wanted.flatMap((node) => [...node.members.keys()]))
  const kept: [string, JsonValue][] = []
  for (const name of names) {
    const member = name !== '__proto__' && Object.hasOwn(value, name) ? value[name] : undefined
    if (member === undefined) continue
    const nodes = wanted.flatMap((node) => node.members.get(name) ?? [])
    const part = cut(member, nodes)
    if (part !== undefined) kept.push([name, part])
  }
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
