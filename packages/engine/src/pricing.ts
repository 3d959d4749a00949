import type { TokenUsage } from '@touchstone/core'
import type { KeptPrice } from '@touchstone/db'

/** How a model's calls are priced: nothing to pay, a price from the table, or unknown. */
export type Pricing = { kind: 'free' } | { kind: 'priced'; price: KeptPrice } | { kind: 'unknown' }

/** What a call costs in USD at list price; null where the price or the tokens are not known. */
export function costOf(pricing: Pricing, usage: TokenUsage): number | null {
  if (pricing.kind === 'free') return 0
  if (pricing.kind === 'unknown' || usage.promptTokens === null || usage.completionTokens === null)
    return null
  const { inputPerMillion, cachedInputPerMillion, outputPerMillion } = pricing.price
  const cached = usage.cachedTokens ?? 0
  const fresh = usage.promptTokens - cached
  const perMillion =
    fresh * inputPerMillion +
    cached * (cachedInputPerMillion ?? inputPerMillion) +
    usage.completionTokens * outputPerMillion
  return perMillion / 1_000_000
}
