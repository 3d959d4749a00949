/** One step of a field path: a member by name, an element by index, or any element (`[*]`, patterns only). */
export type PathStep = { member: string } | { index: number } | { any: true }

/** What a path leads to: found with its value, or absent. */
export type PathTarget = { found: true; value: unknown } | { found: false }

const STEP = /(?:^|\.)([^.[\]]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]/gy

/**
 * Reads `times.ArrivalInstant`, `notes[1].text`, `notes[*].text`, `["odd key"].x` into steps;
 * null when the text is no path. `$.` and `patient_payload.` in front are accepted and dropped.
 */
export function parseFieldPath(text: string): PathStep[] | null {
  const source = text
    .trim()
    .replace(/^\$\.?/, '')
    .replace(/^(patient_payload|chart|payload)\./, '')
  if (source === '' || source.length > 2000) return null
  const steps: PathStep[] = []
  STEP.lastIndex = 0
  while (STEP.lastIndex < source.length) {
    const match = STEP.exec(source)
    if (!match) return null
    if (match[1] !== undefined) steps.push({ member: match[1] })
    else if (match[2] === '*') steps.push({ any: true })
    else if (match[2] !== undefined) steps.push({ index: Number(match[2]) })
    else steps.push({ member: withoutEscapes(match[3] ?? '') })
  }
  return steps.length === 0 ? null : steps
}

function withoutEscapes(text: string): string {
  return text.replace(/\\(.)/g, '$1')
}

/** Prints steps in the one canonical way; parsing the print gives the same steps. */
export function printFieldPath(steps: readonly PathStep[]): string {
  let text = ''
  for (const step of steps) {
    if ('any' in step) text += '[*]'
    else if ('index' in step) text += `[${step.index}]`
    else if (/^[^.[\]"\\\s$]+$/.test(step.member)) text += text === '' ? step.member : `.${step.member}`
    else text += `["${step.member.replace(/["\\]/g, '\\$&')}"]`
  }
  return text
}

/** Follows steps without `[*]` into a payload; own members only, so `__proto__` leads nowhere. */
export function resolveFieldPath(payload: unknown, steps: readonly PathStep[]): PathTarget {
  let value = payload
  for (const step of steps) {
    if ('any' in step) return { found: false }
    if ('index' in step) {
      if (!Array.isArray(value) || step.index >= value.length) return { found: false }
      value = value[step.index]
    } else {
      const member = ownMember(value, step.member)
      if (!member.found) return member
      value = member.value
    }
  }
  return { found: true, value }
}

function ownMember(value: unknown, name: string): PathTarget {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return { found: false }
  const entry = Object.getOwnPropertyDescriptor(value, name)
  return entry === undefined ? { found: false } : { found: true, value: entry.value }
}

/** Every concrete place a pattern leads to in a payload, in document order. `[*]` over something that is no array finds the thing itself, so `notes[*].text` also finds a single note object. */
export function expandFieldPath(
  payload: unknown,
  pattern: readonly PathStep[],
): { steps: PathStep[]; value: unknown }[] {
  let places: { steps: PathStep[]; value: unknown }[] = [{ steps: [], value: payload }]
  for (const step of pattern) {
    places = places.flatMap((place) => advance(place, step))
  }
  return places
}

function advance(
  place: { steps: PathStep[]; value: unknown },
  step: PathStep,
): { steps: PathStep[]; value: unknown }[] {
  if ('any' in step) {
    if (!Array.isArray(place.value)) return [place]
    return place.value.map((value, index) => ({ steps: [...place.steps, { index }], value }))
  }
  const target = resolveFieldPath(place.value, [step])
  return target.found ? [{ steps: [...place.steps, step], value: target.value }] : []
}

/** Whether a concrete path lies at or below a pattern: `notes[*]` covers `notes[3].text`, and `notes.text` of a single note object. */
export function isPathCoveredBy(path: readonly PathStep[], pattern: readonly PathStep[]): boolean {
  let position = 0
  for (const step of pattern) {
    const own = path[position]
    if ('any' in step) {
      if (own !== undefined && 'index' in own) position += 1
      continue
    }
    if (own === undefined || !isSameStep(own, step)) return false
    position += 1
  }
  return true
}

function isSameStep(a: PathStep, b: PathStep): boolean {
  if ('member' in a) return 'member' in b && a.member === b.member
  if ('index' in a) return 'index' in b && a.index === b.index
  return 'any' in b
}
