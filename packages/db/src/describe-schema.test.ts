import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { describeSchema } from './describe-schema.ts'
import { asOwner } from './open.ts'
import { freshDatabase } from './testing.ts'

const COMMITTED = fileURLToPath(new URL('../schema.txt', import.meta.url))

test('the migrations make the schema that is committed as schema.txt (vitest -u writes it anew)', async () => {
  await using fresh = await freshDatabase()

  const described = await asOwner(fresh.ownerUrl, describeSchema)

  await expect(described).toMatchFileSnapshot(COMMITTED)
})
