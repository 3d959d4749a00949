// The tables as Drizzle knows them: columns and their types. Keys, checks, policies and triggers live in
// /migrations; schema.test.ts holds the two together.

// What was asked of the models and what they answered.
export {
  abstractionResults,
  abstractionRuns,
  modelAttempts,
  renderedRequests,
  responseCache,
  signalEvidence,
} from './abstractions.ts'
// Patients, cases and their charts.
export { casePayloads, cases, encounters, patients, sourceFiles } from './cases.ts'
// Policies, attempts and verdicts.
export { gateAttempts, gatePolicies, gateVerdicts, promptGates } from './gates.ts'
// Runs held against gold.
export { caseOutcomes, comparisons, gradings, signalGrades, signalSummaries } from './gradings.ts'
// Specialties, modules and their signals, and what models cost.
export {
  followupQuestions,
  modelPrices,
  modules,
  moduleVersions,
  signalDefinitions,
  specialties,
} from './metadata.ts'
// Who belongs where, and how they are proved.
export { actorSecret, apiTokens, facilities, facilityMembers, sessions, users } from './people.ts'
// Prompts, their versions, and what is current.
export { promotions, promptCurrent, prompts, promptVersions } from './prompts.ts'
// What people say of the answers, and who changed what.
export { auditLog, caseReviews, feedback } from './reviews.ts'
// Runs, their samples and their money.
export { budgetReservations, evalRuns, evalSamples } from './runs.ts'
// Suites of gold cases.
export { evalSuites, evalSuiteVersions, goldCases, goldLabels } from './suites.ts'
