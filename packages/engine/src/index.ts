/** The hands: the verbs that the command line and the workbench call. */

// Opening, setting up, looking around

export type { Bench } from './bench.ts'
export { type DoctorReport, examineHouse, type Finding } from './doctor.ts'
export { type Environment, readEnvironment } from './environment.ts'
export { type DatabasePlace, dataFolderOf, type House, openHouse, operatorFile } from './house.ts'
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
export { type SetupReport, setUp } from './setup.ts'

// Files into rows, and back

export { exportMetadata, type MetadataExport } from './export-metadata.ts'
export { exportPrompt } from './export-prompt.ts'
export { exportSuite, type SuiteExport } from './export-suite.ts'
export { type ExportedFile, writeExportedFile } from './exported-file.ts'
export { importMetadata, type MetadataReport } from './import-metadata.ts'
export { importPrompts } from './import-prompts.ts'
export type { ImportedItem, ImportReport } from './import-report.ts'
export { importSuite, importSuites } from './import-suites.ts'

// Prompts and suites before anything is run

export { diffPrompts, type PromptChange, type PromptDiff } from './diff-prompts.ts'
export { findPrompt, type PromptSource, type RoutedPrompt, routePrompt } from './find-prompt.ts'
export { type LintReport, lintFiles } from './lint-files.ts'

// Models

export type { Model } from './model/model.ts'
export { openModel } from './model/open-model.ts'
export { type ModelServer, serveModel } from './model-server.ts'

// Runs

export { exportRun, type RunExport } from './export-run.ts'
export { type PlannedRun, planSuiteRun, promptLabel, type RunRequest } from './plan-run.ts'
export { regradeRun } from './regrade-run.ts'
export { type RunOptions, resumeRun, runSuite } from './run-suite.ts'
export { describeModuleChange, describeRun } from './summarize-run.ts'
export { type TriedCase, type TriedRoute, type TryRequest, tryCase } from './try-case.ts'

// Which judgement a run rests on

export { pipelineVersion } from '@touchstone/pipeline'
