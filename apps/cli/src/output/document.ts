import type { Session } from '../session.ts'

/** Prints the one JSON document of a command, held against its published schema. */
export function printDocument(
  session: Session,
  schema: { parse: (document: unknown) => unknown },
  document: unknown,
): void {
  session.print(JSON.stringify(schema.parse(document), null, 2))
}
