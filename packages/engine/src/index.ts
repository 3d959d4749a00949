/** The hands: the verbs that the command line and the workbench call. */

// Which judgement a run rests on
export { pipelineVersion } from '@touchstone/pipeline'
// Opening and setting up
export type { Bench } from './bench.ts'
// Prompts held against each other
export { diffPrompts, type PromptChange, type PromptDiff } from './diff-prompts.ts'
// What is set up, and what is missing
export { type DoctorReport, examineHouse, type Finding } from './doctor.ts'
export { type Environment, readEnvironment } from './environment.ts'
// Rows back into files
export { exportMetadata, type MetadataExport } from './export-metadata.ts'
export { exportPrompt } from './export-prompt.ts'
export { exportRun, type RunExport } from './export-run.ts'
export { exportSuite, type SuiteExport } from './export-suite.ts'
export { type ExportedFile, writeExportedFile } from './exported-file.ts'
// Prompts
export { findPrompt, type PromptSource, type RoutedPrompt, routePrompt } from './find-prompt.ts'
export { type DatabasePlace, dataFolderOf, type House, openHouse, operatorFile } from './house.ts'
// Files into rows
export { importMetadata, type MetadataReport } from './import-metadata.ts'
export { importPrompts } from './import-prompts.ts'
export type { ImportedItem, ImportReport } from './import-report.ts'
export { importSuite, importSuites } from './import-suites.ts'
// Prompts and suites before anything is run
export { type LintReport, lintFiles } from './lint-files.ts'
// Models
export type { Model } from './model/model.ts'
export { openModel } from './model/open-model.ts'
export { type ModelServer, serveModel } from './model-server.ts'
// Who may do what
export {
  type Administrator,
  addUser,
  administratorOf,
  createToken,
  listTokens,
  listUsers,
  type NewToken,
  revokeToken,
  setRole,
} from './people.ts'
// Runs
export { type PlannedRun, planSuiteRun, promptLabel, type RunRequest } from './plan-run.ts'
export { regradeRun } from './regrade-run.ts'
export { type RunOptions, resumeRun, runSuite } from './run-suite.ts'
export { type SetupReport, setUp } from './setup.ts'
export { describeModuleChange, describeRun } from './summarize-run.ts'
// One case, without a run
export { type TriedCase, type TriedRoute, type TryRequest, tryCase } from './try-case.ts'
