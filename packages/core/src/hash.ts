import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { TouchstoneError } from './errors.ts'

/** Any value JSON can hold. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

/**
 * Canonical JSON: keys sorted by UTF-16 code unit, no white space, numbers as ECMAScript prints them
 * (RFC 8785). Equal values give equal text however they were stored. Throws `internal` on what JSON
 * cannot hold (undefined in an array, NaN, Infinity, functions); undefined members are left out.
 * Walks with an explicit stack depth limit of the engine; payloads are depth-limited on import.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value)
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw notJson(String(value))
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
    return `{${members.join(',')}}`
  }
  throw notJson(typeof value)
}

function notJson(what: string): TouchstoneError {
  return new TouchstoneError('internal', `A value that JSON cannot hold (${what}) was to be hashed.`)
}

/** SHA-256 of text (as UTF-8) or bytes, in lower-case hex. */
export function sha256Hex(content: string | Uint8Array): string {
  return bytesToHex(sha256(typeof content === 'string' ? utf8ToBytes(content) : content))
}

/** SHA-256 of a value's canonical JSON, in lower-case hex. */
export function contentHash(value: unknown): string {
  return sha256Hex(canonicalJson(value))
}
