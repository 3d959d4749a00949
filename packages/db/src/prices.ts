import { ModelPrice } from '@touchstone/core'
import * as z from 'zod'
import { type Queryable, readRow, readRows } from './rows.ts'

/** What a model costs now, in USD per million tokens, and the row that says so. */
export const KeptPrice = z.object({
  id: z.uuid(),
  inputPerMillion: z.number(),
  cachedInputPerMillion: z.number().nullable(),
  outputPerMillion: z.number(),
})
export type KeptPrice = z.infer<typeof KeptPrice>

/** The price in force of a provider's model; null where none is known. A dated name (`gpt-4o-2024-08-06`) falls back to its family. */
export async function priceOf(
  tx: Queryable,
  { provider, model }: { provider: string; model: string },
): Promise<KeptPrice | null> {
  return readRow(tx, KeptPrice, {
    text: `SELECT id, input_per_million::float8 AS "inputPerMillion", cached_input_per_million::float8 AS "cachedInputPerMillion",
                  output_per_million::float8 AS "outputPerMillion"
             FROM model_prices
            WHERE provider = $1 AND model IN ($2, regexp_replace($2, '-\\d{4}-\\d{2}-\\d{2}$', '')) AND valid_from <= CURRENT_TIMESTAMP
            ORDER BY (model = $2) DESC, valid_from DESC LIMIT 1`,
    values: [provider, model],
  })
}

/** Every price there is or was, as metadata; the day is that of UTC. */
export async function listPrices(tx: Queryable): Promise<ModelPrice[]> {
  const rows = await readRows(tx, z.object({ price: ModelPrice }), {
    text: `SELECT jsonb_strip_nulls(jsonb_build_object('provider', provider, 'model', model,
                  'input_per_million', input_per_million::float8, 'cached_input_per_million', cached_input_per_million::float8,
                  'output_per_million', output_per_million::float8,
                  'valid_from', to_char(valid_from AT TIME ZONE 'UTC', 'YYYY-MM-DD'), 'source', source)) AS price
             FROM model_prices ORDER BY provider, model, valid_from`,
  })
  return rows.map((row) => row.price)
}
