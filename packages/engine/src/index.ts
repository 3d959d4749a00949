/** The hands: the verbs that the command line and the workbench call. */

// Opening and setting up
export type { Bench } from './bench.ts'
export { type Environment, readEnvironment } from './environment.ts'
// Prompts
export { findPrompt, type PromptSource, type RoutedPrompt, routePrompt } from './find-prompt.ts'
export { type DatabasePlace, dataFolderOf, type House, openHouse, operatorFile } from './house.ts'

// Files into rows
export { importMetadata, type MetadataReport } from './import-metadata.ts'
export { importPrompts } from './import-prompts.ts'
export type { ImportedItem, ImportReport } from './import-report.ts'
export { importSuite, importSuites } from './import-suites.ts'

// Models
export type { Model } from './model/model.ts'
export { openModel } from './model/open-model.ts'
export { type ModelServer, serveModel } from './model-server.ts'
// Runs
export { type PlannedRun, planSuiteRun, promptLabel, type RunRequest } from './plan-run.ts'
export { regradeRun } from './regrade-run.ts'
export { type RunOptions, resumeRun, runSuite } from './run-suite.ts'
export { type SetupReport, setUp } from './setup.ts'
export { describeModuleChange, describeRun } from './summarize-run.ts'
// Which judgement a run rests on
export { pipelineVersion } from '@touchstone/pipeline'
