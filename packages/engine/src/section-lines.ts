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
