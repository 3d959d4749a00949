import * as z from 'zod'
import { TouchstoneError } from './errors.ts'

const NAME = '[a-z][a-z0-9_]*'

/** `orthopedics`: also the name of its folder. */
export const SpecialtyId = z.string().regex(new RegExp(`^${NAME}$`), 'must be like "orthopedics"')
/** A signal's code, unique within its module: `on_time_19h`. What models see and answer. */
export const SignalCode = z
  .string()
  .max(100)
  .regex(new RegExp(`^${NAME}$`), 'must be like "on_time_19h"')
/** `orthopedics/timeliness_sch`. */
export const ModuleId = z
  .string()
  .regex(new RegExp(`^${NAME}/${NAME}$`), 'must be like "orthopedics/timeliness_sch"')
/** `orthopedics/timeliness_sch/on_time_19h`. */
export const SignalId = z
  .string()
  .regex(new RegExp(`^${NAME}/${NAME}/${NAME}$`), 'must be like "orthopedics/timeliness_sch/on_time_19h"')
/** `orthopedics/timeliness_sch/signal_processing`; `default` may stand for a module or a type, `global` for a specialty. */
export const PromptId = z
  .string()
  .regex(
    new RegExp(`^${NAME}/${NAME}/${NAME}$`),
    'must be like "orthopedics/timeliness_sch/signal_processing"',
  )
/** A suite's id: its path below `eval-suites/`, or a path of its own such as `synthetic/orthopedics/vte-100-7`. */
export const SuiteId = z
  .string()
  .max(200)
  .regex(/^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/, 'must be a path like "orthopedics/timeliness_sch"')

/** A version of a prompt, as people write it: `<prompt>@<number>`. */
export type PromptVersionReference = { prompt: string; version: number }

/** Reads `orthopedics/timeliness_sch/signal_processing@2`; throws `usage` when it is not of that form. */
export function parsePromptVersionReference(text: string): PromptVersionReference {
  const match = /^(.+)@([1-9][0-9]*)$/.exec(text)
  const prompt = PromptId.safeParse(match?.[1])
  if (!match || !prompt.success) {
    throw new TouchstoneError(
      'usage',
      `"${text}" is not a prompt version; write it like orthopedics/timeliness_sch/signal_processing@2`,
    )
  }
  return { prompt: prompt.data, version: Number(match[2]) }
}

/** Writes a prompt version as people write it. */
export function formatPromptVersionReference({ prompt, version }: PromptVersionReference): string {
  return `${prompt}@${version}`
}

/** The signal's path id from its module and code. */
export function signalId(moduleId: string, code: string): string {
  return `${moduleId}/${code}`
}

/** The last part of a path id: a signal's code, a module's code, a prompt's type. */
export function lastPart(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

/** The specialty and the module of a prompt id, with its type. */
export function promptParts(id: string): { specialty: string; module: string; type: string } {
  const [specialty = '', module = '', type = ''] = id.split('/')
  return { specialty, module, type }
}
