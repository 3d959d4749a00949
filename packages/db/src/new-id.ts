import { v7 } from 'uuid'

/** A new row's id: a UUID of version 7, so that ids made one after another lie side by side in an index. */
export function newId(): string {
  return v7()
}
