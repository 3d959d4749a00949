import {
  canonicalJson,
  expandFieldPath,
  GoldCase,
  type GoldLabel,
  type ModuleVersion,
  parseFieldPath,
  SuiteDocument,
  TouchstoneError,
} from '@touchstone/core'
import { stringify } from 'yaml'
import { refuseUnkeepable } from './refuse-unkeepable.ts'
import { firstIssue, readYaml } from './yaml-source.ts'

/** Reads `suite.yaml`. Throws `suite_invalid` with file, line and field. */
export function readSuiteFile({ text, file }: { text: string; file: string }): SuiteDocument {
  return readYaml({ text, file, code: 'suite_invalid' }, SuiteDocument)
}

/** Reads one case of `cases/<case>.yaml`. Throws `suite_invalid` with file, line and field. */
export function readCaseFile({ text, file }: { text: string; file: string }): GoldCase {
  return readYaml({ text, file, code: 'suite_invalid' }, GoldCase)
}

/** Reads one line of `cases.jsonl`. Throws `suite_invalid` with file, line and field. */
export function readCaseLine({ text, file, line }: { text: string; file: string; line: number }): GoldCase {
  const value = parseJson({ text, file, line })
  refuseUnkeepable(value, { file, line, code: 'suite_invalid' })
  const parsed = GoldCase.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = firstIssue(parsed.error)
  const field = issue.path.join('.')
  throw new TouchstoneError('suite_invalid', `${field === '' ? 'The case' : field}: ${issue.message}`, {
    file,
    line,
    field,
  })
}

function parseJson({ text, file, line }: { text: string; file: string; line: number }): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new TouchstoneError('suite_invalid', 'This line is no valid JSON.', { file, line })
  }
}

/**
 * Holds a case against its module: unknown signal codes, cites that lead nowhere in the payload, an
 * alternative that is the status itself. Throws `suite_invalid` naming file and field.
 */
export function checkCase({
  goldCase,
  file,
  moduleVersion,
}: {
  goldCase: GoldCase
  file: string
  moduleVersion: ModuleVersion
}): void {
  const codes = new Set(moduleVersion.signals.map((signal) => signal.code))
  for (const [code, label] of Object.entries(goldCase.gold)) {
    if (!codes.has(code)) {
      throw new TouchstoneError(
        'suite_invalid',
        `gold.${code}: ${moduleVersion.module} has no signal "${code}".`,
        {
          file,
          field: `gold.${code}`,
        },
      )
    }
    if (label.also_accept?.includes(label.status)) {
      throw new TouchstoneError('suite_invalid', `gold.${code}.also_accept repeats the status itself.`, {
        file,
        field: `gold.${code}.also_accept`,
      })
    }
    checkCites({ label, payload: goldCase.payload, file, field: `gold.${code}.must_cite` })
  }
}

function checkCites(target: { label: GoldLabel; payload: unknown; file: string; field: string }): void {
  for (const [index, group] of (target.label.must_cite ?? []).entries()) {
    for (const path of typeof group === 'string' ? [group] : group) {
      const steps = parseFieldPath(path)
      if (steps === null || expandFieldPath(target.payload, steps).length === 0) {
        throw new TouchstoneError(
          'suite_invalid',
          `${target.field}[${index}]: "${path}" leads nowhere in this case's payload.`,
          {
            file: target.file,
            field: `${target.field}[${index}]`,
          },
        )
      }
    }
  }
}

/** Writes `suite.yaml` in the one canonical way. */
export function writeSuiteFile(document: SuiteDocument): string {
  return stringify(document, { lineWidth: 0 })
}

/** Writes a case as a YAML file in the one canonical way; reading it gives the same case. */
export function writeCaseFile(goldCase: GoldCase): string {
  return stringify(goldCase, { lineWidth: 0, aliasDuplicateObjects: false })
}

/** Writes a case as one line of JSON, keys sorted. */
export function writeCaseLine(goldCase: GoldCase): string {
  return `${canonicalJson(goldCase)}\n`
}
