/** A line of a unified diff: as it was, as it is now, or the same in both. */
type DiffLine = { mark: ' ' | '-' | '+'; text: string }

/** Above this many pairs of lines the middle is shown as replaced whole instead of being matched. */
const PAIRS_MAX = 25_000_000

/** The lines of two texts matched by their longest common subsequence; equal beginnings and ends are set aside first. */
function matchLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  let end = 0
  const room = Math.min(before.length, after.length) - start
  while (end < room && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  const same = (text: string): DiffLine => ({ mark: ' ', text })
  return [
    ...before.slice(0, start).map(same),
    ...matchMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ]
}

function matchMiddle(before: readonly string[], after: readonly string[]): DiffLine[] {
  const width = after.length + 1
  const isTooLarge = before.length * after.length > PAIRS_MAX
  // lengths[i * width + j]: the longest common subsequence of before from i and after from j.
  const lengths = new Uint32Array(isTooLarge ? 0 : (before.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0
  for (let i = isTooLarge ? -1 : before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const isSame = before[i] === after[j]
      lengths[i * width + j] = isSame ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]]
    if (!isTooLarge && old !== undefined && old === now) {
      lines.push({ mark: ' ', text: old })
      i += 1
      j += 1
    } else if (old !== undefined && (now === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: '-', text: old })
      i += 1
    } else {
      lines.push({ mark: '+', text: now ?? '' })
      j += 1
    }
  }
  return lines
}

/** A unified diff of two texts with `context` equal lines around each change; empty where they are equal. */
export function diffLines({ before, after }: { before: string; after: string }, context = 3): string {
  const lines = matchLines(before.split('\n'), after.split('\n'))
  const changed = lines.flatMap(({ mark }, index) => (mark === ' ' ? [] : [index]))
  const hunks: { from: number; to: number }[] = []
  for (const index of changed) {
    const [from, to] = [Math.max(0, index - context), Math.min(lines.length, index + context + 1)]
    const last = hunks.at(-1)
    if (last && from <= last.to) last.to = to
    else hunks.push({ from, to })
  }
  return hunks.map((hunk) => printHunk(lines, hunk)).join('')
}

function printHunk(lines: readonly DiffLine[], { from, to }: { from: number; to: number }): string {
  const count = (part: readonly DiffLine[], mark: '-' | '+'): number =>
    part.filter((line) => line.mark === ' ' || line.mark === mark).length
  const [head, own] = [lines.slice(0, from), lines.slice(from, to)]
  const range = (mark: '-' | '+'): string => {
    const length = count(own, mark)
    return `${mark}${count(head, mark) + (length === 0 ? 0 : 1)},${length}`
  }
  return [`@@ ${range('-')} ${range('+')} @@`, ...own.map(({ mark, text }) => `${mark}${text}`), ''].join(
    '\n',
  )
}
