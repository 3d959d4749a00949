import { createHash } from 'node:crypto'

/** SHA-256 of bytes or text, in lower-case hex; the native one, for what is long or frequent. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
