import * as z from 'zod'
import { type Queryable, readRow } from './rows.ts'

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
