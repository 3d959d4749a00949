import { TouchstoneError } from './errors.ts'

/** A model as it is named everywhere: `heuristic`, `openai:gpt-4o-mini`, `replay:FILE`, `scripted:FILE`. */
export type ModelName =
  | { provider: 'heuristic' }
  | { provider: 'openai'; model: string }
  | { provider: 'replay'; file: string }
  | { provider: 'scripted'; file: string }

/** Reads a model's name; throws `model_unknown` naming the forms there are. */
export function parseModelName(text: string): ModelName {
  if (text === 'heuristic') return { provider: 'heuristic' }
  const rest = text.slice(text.indexOf(':') + 1)
  if (text.startsWith('openai:') && rest !== '') return { provider: 'openai', model: rest }
  if (text.startsWith('replay:') && rest !== '') return { provider: 'replay', file: rest }
  if (text.startsWith('scripted:') && rest !== '') return { provider: 'scripted', file: rest }
  throw new TouchstoneError(
    'model_unknown',
    `There is no model "${text}"; write heuristic, openai:<model>, replay:<file> or scripted:<file>.`,
  )
}
