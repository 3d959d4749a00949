import { v5, v7 } from 'uuid'

/** A new row's id: a UUID of version 7, so that ids made one after another lie side by side in an index. */
export function newId(): string {
  return v7()
}

const NAMED = '5b0c1f0e-6a5c-4a7e-9c1e-4f6f1d0a7c11'

/** The id of a row that is known by its content: the same parts give the same id, so it can be named by those who may not read it. */
export function namedId(parts: readonly string[]): string {
  return v5(JSON.stringify(parts), NAMED)
}
