import { expect, it } from 'vitest'
import { tokenState } from './token.ts'

it.each([
  [null, null, 'in use'],
  ['2027-01-01T00:00:00.000Z', null, 'in use'],
  ['2026-01-01T00:00:00.000Z', null, 'expired'],
  ['2026-01-01T00:00:00.000Z', '2025-12-01T00:00:00.000Z', 'revoked'],
] as const)('a token that ends at %s and was revoked at %s is %s', (expiresAt, revokedAt, state) => {
  expect(tokenState({ expiresAt, revokedAt }, new Date('2026-06-01T00:00:00Z'))).toBe(state)
})
