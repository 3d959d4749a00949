import {
  MESSAGE_ROLES,
  type PromptDocument,
  PromptFrontMatter,
  type PromptSection,
  TouchstoneError,
} from '@touchstone/core'
import { stringify } from 'yaml'
import { readYaml } from './yaml-source.ts'

const HEADING = /^# (system|user|assistant)[ \t]*$/

/** A prompt file's text, its path (for messages), and the shared pieces there are, by name (`shared/answer-rules`). */
export type PromptFile = { text: string; file: string; partials: Readonly<Record<string, string>> }

/**
 * Reads `v<N>.md`: YAML front matter between `---` lines, then `# system`, `# user` and `# assistant`
 * sections in the order they are sent. Shared pieces that are rendered are taken in, so the document
 * is whole by itself. Throws `prompt_invalid` with file, line and field.
 */
export function readPromptFile({ text, file, partials }: PromptFile): PromptDocument {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const end = lines.indexOf('---', 1)
  if (lines[0] !== '---' || end === -1) {
    throw new TouchstoneError(
      'prompt_invalid',
      'A prompt file begins with front matter between two lines of "---".',
      {
        file,
        line: 1,
      },
    )
  }
  const frontMatter = readYaml(
    { text: lines.slice(1, end).join('\n'), file, firstLine: 2, code: 'prompt_invalid' },
    PromptFrontMatter,
  )
  const sections = readSections(lines.slice(end + 1), { file, firstLine: end + 2 })
  return { ...frontMatter, sections, partials: pickPartials(sections, { file, partials }) }
}

function readSections(lines: readonly string[], place: { file: string; firstLine: number }): PromptSection[] {
  const sections: { role: PromptSection['role']; lines: string[] }[] = []
  lines.forEach((line, index) => {
    const role = MESSAGE_ROLES.find((known) => known === HEADING.exec(line)?.[1])
    if (role) sections.push({ role, lines: [] })
    else if (sections.length > 0) sections.at(-1)?.lines.push(line)
    else if (line.trim() !== '') {
      throw new TouchstoneError(
        'prompt_invalid',
        'Text stands before the first section; begin with "# system" or "# user".',
        {
          file: place.file,
          line: place.firstLine + index,
        },
      )
    }
  })
  if (!sections.some((section) => section.role === 'user')) {
    throw new TouchstoneError(
      'prompt_invalid',
      'There is no "# user" section, so the chart would never be sent.',
      {
        file: place.file,
        line: place.firstLine,
      },
    )
  }
  return sections.map(({ role, lines: own }) => ({ role, template: own.join('\n').trim() }))
}

const RENDER = /\{%-?\s*(?:render|include)\s+(['"])(.+?)\1/g

function pickPartials(
  sections: readonly PromptSection[],
  source: { file: string; partials: Readonly<Record<string, string>> },
): Record<string, string> {
  const picked = new Map<string, string>()
  const visit = (template: string): void => {
    for (const match of template.matchAll(RENDER)) {
      const name = match[2] ?? ''
      if (picked.has(name)) continue
      const partial = Object.hasOwn(source.partials, name) ? source.partials[name] : undefined
      if (partial === undefined) {
        throw new TouchstoneError(
          'prompt_invalid',
          `The shared piece "${name}" does not exist; there is: ${Object.keys(source.partials).sort().join(', ') || 'none'}.`,
          { file: source.file, field: name },
        )
      }
      picked.set(name, partial)
      visit(partial)
    }
  }
  for (const section of sections) visit(section.template)
  return Object.fromEntries([...picked].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Writes a prompt as a file, in the one canonical way; reading that file and writing it again gives the same bytes. */
export function writePromptFile(document: PromptDocument): string {
  const { sections, partials: _partials, ...frontMatter } = document
  const head = stringify(frontMatter, { lineWidth: 0 })
  const body = sections.map(({ role, template }) => `# ${role}\n${template}\n`).join('\n')
  return `---\n${head}---\n${body}`
}

/** The version number a prompt file's name gives it (`v3.md` → 3), or null for a working copy. */
export function promptFileVersion(fileName: string): number | null {
  const match = /^v([1-9][0-9]*)\.md$/.exec(fileName)
  return match ? Number(match[1]) : null
}
