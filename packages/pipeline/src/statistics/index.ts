// One rate of independent samples

// What is reported against what is true
export { type BiasUnit, estimatePairedBias } from './estimate-bias.ts'
// A rate by the method that fits its samples
export { estimateRate, estimateRateOfUnits, type RateSample, type RateUnit } from './estimate-rate.ts'
// The mean of values that hang together
export { type MeanWithError, standardError } from './standard-error.ts'
export { type RateInterval, wilson } from './wilson.ts'
