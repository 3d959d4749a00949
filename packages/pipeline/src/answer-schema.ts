import {
  type AnswerFormat,
  type JsonValue,
  type ModuleVersion,
  type OutputFormat,
  STATUSES,
  TouchstoneError,
} from '@touchstone/core'

const formats = new WeakMap<ModuleVersion, WeakMap<OutputFormat, AnswerFormat>>()

/** The form of answer a prompt asks for, with the schema where it wants structured output: one object for each module version and output. Throws as `answerSchema` does. */
export function answerFormat(moduleVersion: ModuleVersion, output: OutputFormat): AnswerFormat {
  const byOutput = formats.get(moduleVersion) ?? new WeakMap<OutputFormat, AnswerFormat>()
  formats.set(moduleVersion, byOutput)
  const known = byOutput.get(output)
  if (known) return known
  const format: AnswerFormat =
    output.format === 'json_schema'
      ? { format: 'json_schema', name: 'signals', schema: answerSchema(moduleVersion, output) }
      : { format: output.format }
  byOutput.set(output, format)
  return format
}

/**
 * The JSON Schema of a model's answer for a module: one entry for each signal, by code. It keeps to
 * what strict structured output allows: closed objects, every member required, absence as null, no
 * length limits. Throws `metadata_invalid` for a module without signals.
 */
export function answerSchema(moduleVersion: ModuleVersion, output: OutputFormat): JsonValue {
  if (moduleVersion.signals.length === 0) {
    throw new TouchstoneError(
      'metadata_invalid',
      `The module ${moduleVersion.module} has no signals, so there is nothing to ask; add signals to its metadata.`,
    )
  }
  const codes = moduleVersion.signals.map((signal) => signal.code)
  return closed({ signals: { type: 'array', items: answerEntry(codes, output.reason_words_max ?? null) } })
}

function answerEntry(codes: readonly string[], reasonWordsMax: number | null): JsonValue {
  return closed({
    id: { type: 'string', enum: [...codes] },
    status: { type: 'string', enum: [...STATUSES] },
    finding: nullable('string', 'What the chart says, in a few words.'),
    reason: nullable(
      'string',
      reasonWordsMax === null
        ? 'Why this status follows.'
        : `Why this status follows, in at most ${reasonWordsMax} words.`,
    ),
    confidence: nullable('number', 'From 0 to 1.'),
    cites: { type: 'array', items: { anyOf: [pathCite(), searchCite()] } },
  })
}

function pathCite(): JsonValue {
  return closed({
    path: { type: 'string', description: 'A path into the chart, like notes[1].text.' },
    excerpt: nullable('string', 'The words or value that stand there, exactly.'),
  })
}

function searchCite(): JsonValue {
  return closed({
    searched: { type: 'array', items: { type: 'string' }, description: 'Paths that were read in full.' },
    found: { type: 'integer', description: 'How often it was found there; 0 when the chart is silent.' },
  })
}

function nullable(type: 'string' | 'number', description: string): JsonValue {
  return { type: [type, 'null'], description }
}

function closed(properties: { [key: string]: JsonValue }): JsonValue {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}
