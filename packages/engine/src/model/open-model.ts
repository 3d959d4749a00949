import { resolve } from 'node:path'
import { parseModelName } from '@touchstone/core'
import { createHeuristicModel } from './heuristic.ts'
import type { Model } from './model.ts'
import { openReplay } from './replay.ts'
import { openScripted } from './scripted.ts'

/** What the environment says about models: the server for `openai`, its timeout, and where relative file names begin. */
export type ModelSettings = {
  apiKey?: string | undefined
  baseUrl?: string | undefined
  timeoutMs?: number | undefined
  /** The folder that relative file names of `replay` and `scripted` are taken from; the current one when left out. */
  folder?: string | undefined
}

/**
 * Opens a model by the name it has everywhere: `heuristic`, `openai:<model>`, `replay:<file>` or
 * `scripted:<file>`. Throws `model_unknown`, `model_not_configured`, or what is wrong with the file.
 */
export async function openModel(nameText: string, settings: ModelSettings): Promise<Model> {
  const name = parseModelName(nameText)
  switch (name.provider) {
    case 'heuristic':
      return createHeuristicModel()
    case 'openai': {
      // Loaded when it is needed: the client takes longer to load than everything else together.
      const { openOpenAi } = await import('./openai.ts')
      return openOpenAi({ ...settings, model: name.model })
    }
    case 'replay':
      return openReplay(resolve(settings.folder ?? '.', name.file), nameText)
    case 'scripted':
      return openScripted(resolve(settings.folder ?? '.', name.file), nameText)
  }
}
