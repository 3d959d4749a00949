/**
 * The line (1-based) on which a member of a YAML text stands: `gold.npo_violation.also_accept` is looked for
 * as `gold:` at the margin and `npo_violation:` below it, deeper parts share its line; null where it is not found.
 */
export function lineOfField(text: string, field: string): number | null {
  const lines = text.split('\n')
  const [first = '', second] = field.split(/[.[]/)
  const top = lines.findIndex((line) => line.startsWith(`${first}:`))
  if (top === -1) return null
  if (second === undefined || /^\d+\]?$/.test(second)) return top + 1
  for (let index = top + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    if (/^\S/.test(line)) break
    if (line.trimStart().startsWith(`${second}:`)) return index + 1
  }
  return top + 1
}

/** The line (1-based) on which the template of each section of a prompt file begins. */
export function sectionLines(text: string): number[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const end = lines.indexOf('---', 1)
  return lines.flatMap((line, index) => {
    if (index <= end || !/^# (system|user|assistant)[ \t]*$/.test(line)) return []
    const filled = lines.findIndex((later, place) => place > index && later.trim() !== '')
    return [(filled === -1 ? index + 1 : filled) + 1]
  })
}
