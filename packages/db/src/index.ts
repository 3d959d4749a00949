/** The memory: tables, migrations, access rules, and the questions we ask. */

// A server and a database to work in

export { describeSchema } from './describe-schema.ts'
export {
  describeEmbedded,
  type EmbeddedDescription,
  type EmbeddedServer,
  startEmbedded,
  stopEmbedded,
} from './embedded.ts'
export { defaultDataFolder } from './embedded-layout.ts'
export { type DatabaseInspection, embeddedAppUrl, inspectDatabase } from './inspect-database.ts'
export { MIGRATIONS_FOLDER, type MigrationReport, migrate, readMigrations } from './migrate.ts'
export { canMakeRoles, ensureRoles, ROLES } from './roles.ts'

// Who is asking

export { newId } from './new-id.ts'
export {
  type Actor,
  type ActorTransaction,
  asActor,
  asOwner,
  type Database,
  isPoolerUrl,
  openDatabase,
  type Transaction,
} from './open.ts'
export { isOperatorCredential, lockSetup, makeDemoPeople, renewOperator } from './operator.ts'
export {
  endToken,
  findToken,
  findUser,
  giveRole,
  KeptToken,
  KeptUser,
  keepToken,
  keepUser,
  listTokens,
  listUsers,
} from './people.ts'

// What people write

export { listFollowups } from './followups.ts'
export { countHiddenCases, findGoldCase } from './gold-case-by-name.ts'
export { keepGoldCases, type NewGoldCase, readGoldCases } from './gold-cases.ts'
export { keepModuleVersions, readModules, type SaveCount, saveMetadata } from './metadata.ts'
export { currentModuleVersion, KeptModuleVersion, moduleVersionById } from './module-versions.ts'
export { type KeptPrice, listPrices, priceOf } from './prices.ts'
export {
  findPromptVersion,
  findWorkingCopy,
  KeptPromptVersion,
  keepPromptVersions,
  listPromptVersions,
  type NewPromptVersion,
  promptVersionById,
  rewriteDraft,
  versionsInForce,
} from './prompts.ts'
export {
  keepSourceFiles,
  listMetadataFiles,
  newestFileHashes,
  type SourceFile,
  SYNTHETIC_FACILITY,
  sourceFileById,
  suiteFileHashes,
} from './source-files.ts'
export { listSpecialties } from './specialties.ts'
export {
  createSuiteVersion,
  currentSuiteVersion,
  findSuiteVersion,
  KeptSuiteVersion,
  keepGatePolicy,
  keepPromptGates,
  listStaleSuites,
  listSuites,
  type SuiteLine,
  suiteVersionById,
  useSuiteVersion,
} from './suites.ts'

// Runs and what they leave

export {
  type GradedSample,
  type KeptGrading,
  KeptSummary,
  keepGrading,
  keepSummary,
  type NewGrading,
  newestGrading,
  readGradedSamples,
  readRunUsage,
  readSummary,
  recordGrades,
} from './gradings.ts'
export { recordCall } from './record-call.ts'
export { type AttemptRecord, type RecordPlace, recordSamples, type SampleRecord } from './record-samples.ts'
export { type RecordedSample, readRecordedSamples } from './recordings.ts'
export {
  beginRunWork,
  countFailures,
  countSamples,
  findCompletedRun,
  findRun,
  type KeptRun,
  listRuns,
  moveRun,
  type NewRun,
  planRun,
  RunLine,
  RunSelection,
} from './runs.ts'
export {
  type AnsweredSample,
  casesNotAsked,
  FIRST_SAMPLE,
  type OpenSample,
  readAnsweredSamples,
  readOpenSamples,
  type SampleMark,
} from './samples.ts'
