import type { Database } from '@touchstone/db'
import type { ModelSettings } from './model/open-model.ts'

/** What every verb works at: the checkout's root, an open database, who is asking, and how models are reached. */
export type Bench = {
  /** Where `prompts/`, `eval-suites/` and `seeds/` are; paths in messages and rows are relative to it. */
  root: string
  db: Database
  /** Proves the actor to the database; never printed. */
  credential: string
  models: ModelSettings
}
