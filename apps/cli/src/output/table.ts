/** A column of a table: its heading, and whether its cells are numbers, which stand right. */
export type Column = { heading: string; isNumber?: boolean }

/** Lays rows out in columns as wide as their widest cell, two spaces between; no line ends in spaces. */
export function layOutTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ heading }) => heading), ...rows]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => displayWidth(line[index] ?? ''))))
  return lines
    .map((line) =>
      columns
        .map(({ isNumber = false }, index) => pad(line[index] ?? '', { width: widths[index] ?? 0, isNumber }))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Lays out names with what they stand for, one a line. */
export function layOutFacts(facts: readonly (readonly [string, string])[]): string {
  const width = Math.max(...facts.map(([name]) => displayWidth(name)))
  return facts
    .map(([name, value]) => `${pad(name, { width, isNumber: false })}  ${value}`.trimEnd())
    .join('\n')
}

/** How many columns of a terminal a text takes: marks that combine take none, East Asian wide letters and emoji two. */
export function displayWidth(text: string): number {
  let width = 0
  for (const letter of text) {
    if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(letter)) continue
    width += isWide(letter) ? 2 : 1
  }
  return width
}

function isWide(letter: string): boolean {
  return (
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u.test(
      letter,
    ) || /[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/.test(letter)
  )
}

function pad(text: string, { width, isNumber }: { width: number; isNumber: boolean }): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return isNumber ? space + text : text + space
}
