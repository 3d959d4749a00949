import { type PromptDocument, promptParts, promptRoute } from '@touchstone/core'
import type { LintFinding } from './finding.ts'

/** A prompt's place among the others: its id and version as its folder names them, and all others known. */
export type PromptRouting = {
  prompt: string
  version: number | null
  others: readonly { prompt: string; version: number | null; file: string | null }[]
}

/** Whether a prompt is found where it says it belongs, and by nothing else's name. */
export function lintRouting(input: {
  routing: PromptRouting
  document: PromptDocument
  module: string
}): LintFinding[] {
  const { routing, document, module } = input
  return [
    ...lintPlace({ prompt: routing.prompt, document, module }),
    ...lintOthers(routing),
    ...lintRoute(routing),
  ]
}

function lintPlace(input: { prompt: string; document: PromptDocument; module: string }): LintFinding[] {
  const { prompt, document, module } = input
  const parts = promptParts(prompt)
  const findings: LintFinding[] = []
  if (parts.type !== document.type) {
    const message = `${prompt} lies in a folder for ${parts.type}, but says type: ${document.type}; move it or correct the type`
    findings.push({ level: 'error', code: 'prompt_type_differs', message, field: 'type' })
  }
  if (parts.module !== 'default' && `${parts.specialty}/${parts.module}` !== module) {
    const message = `${prompt} is for the module ${parts.specialty}/${parts.module}, but is held against ${module}`
    findings.push({ level: 'error', code: 'prompt_module_differs', message })
  }
  return findings
}

function lintOthers({ prompt, version, others }: PromptRouting): LintFinding[] {
  return others.flatMap((other): LintFinding[] => {
    const from = other.file === null ? '' : ` (${other.file})`
    if (other.prompt === prompt && other.version === version && version !== null) {
      const message = `${prompt}@${version} is also defined elsewhere${from}; give one of them another version`
      return [{ level: 'error', code: 'route_collision', message }]
    }
    if (other.prompt !== prompt && plain(other.prompt) === plain(prompt)) {
      const message = `${prompt} and ${other.prompt}${from} differ only in how they are written; a caller can mistake one for the other`
      return [{ level: 'warning', code: 'route_near_collision', message }]
    }
    return []
  })
}

function plain(prompt: string): string {
  return prompt.toLowerCase().replace(/[_-]/g, '')
}

/** Says so when a prompt's own fallback would be a prompt of another type. */
function lintRoute({ prompt, others }: PromptRouting): LintFinding[] {
  const next = promptRoute(prompt)
    .slice(1)
    .find((step) => others.some((other) => other.prompt === step.prompt))
  if (next === undefined || !next.crossesType) return []
  const message = `were ${prompt} not there, ${next.prompt} would answer for it, a prompt of another type`
  return [{ level: 'info', code: 'route_crosses_type', message }]
}
