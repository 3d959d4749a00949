// One rate of independent samples

export { type RateInterval, wilson } from './wilson.ts'

// The mean of values that hang together

export { type MeanWithError, standardError } from './standard-error.ts'

// A rate by the method that fits its samples

export { estimateRate, estimateRateOfUnits, type RateSample, type RateUnit } from './estimate-rate.ts'

// What is reported against what is true

export { type BiasUnit, estimatePairedBias } from './estimate-bias.ts'
