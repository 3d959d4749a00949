/**
 * The glossary of Touchstone: every noun, in the order of the route. One word per concept, everywhere.
 *
 * prompt, prompt version: instructions for a model, and one immutable text of them
 * module, signal: a quality measure, and one question it asks of a chart
 * suite, gold case, gold label: cases with known answers, one of them, one of its answers
 * case, payload: a patient's course under review, and its chart as JSON
 * run, sample, abstraction run: a suite × a prompt version × a model; a gold case × repeat in it; one model call on one case
 * cite, evidence, verification: what a model points at, the row it becomes, and what the chart says to it
 * grade, summary, estimate: an answer held against gold, the counts of a run, a rate with its interval
 * comparison, flip: two runs paired by case; a case that changed between them
 * gate, verdict, promotion: a written rule, what it decided, what followed
 */

// What commands print
export { DiffOutput, DoctorOutput, LintOutput, TryOutput } from './check-output.ts'
export {
  ExportMetadataOutput,
  ExportPromptOutput,
  ExportRunOutput,
  ExportSuiteOutput,
  ImportMetadataOutput,
  ImportOutput,
  ModelServerOutput,
  PromptsOutput,
  SetupOutput,
  ShowPromptOutput,
  ShowSuiteOutput,
  StartOutput,
  SuitesOutput,
} from './command-output.ts'
export {
  CALL_FAILURES,
  type CallFailure,
  type CallFailureKind,
  type CallOutcome,
  type Completion,
  type TokenUsage,
} from './completion.ts'
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorPlace,
  ErrorReport,
  reportError,
  TouchstoneError,
} from './errors.ts'
export {
  CITE_TYPES,
  type CiteType,
  SUPPORTS,
  type Support,
  VERIFICATIONS,
  type Verification,
  type VerifiedCite,
  type VerifiedSignal,
  type VerifiedSignals,
} from './evidence.ts'
// What everything is made of
export {
  expandFieldPath,
  isPathCoveredBy,
  type PathStep,
  type PathTarget,
  parseFieldPath,
  printFieldPath,
  resolveFieldPath,
} from './field-path.ts'
export { GateCriterion, GatePolicy } from './gate.ts'
export {
  type CheckedSample,
  GRADES,
  type Grade,
  type GradeWord,
  type RuleAnswer,
  type SignalGrade,
} from './grade.ts'
export { canonicalJson, contentHash, type JsonValue, sha256Hex } from './hash.ts'
// What people name and write
export {
  formatPromptVersionReference,
  lastPart,
  ModuleId,
  PromptId,
  type PromptVersionReference,
  parsePromptVersionReference,
  promptParts,
  SignalCode,
  SignalId,
  SpecialtyId,
  SuiteId,
  signalId,
} from './id.ts'
export {
  formatSpan,
  type Instant,
  type LocalStamp,
  readStamp,
  type Span,
  type Stamp,
  spanBetween,
} from './instant.ts'
export { type ModelName, parseModelName } from './model-name.ts'
export {
  assembleModuleVersion,
  completeSignal,
  DemoUser,
  Facility,
  FollowupQuestion,
  Measure,
  Metadata,
  ModelPrice,
  Module,
  ModuleVersion,
  ROLES,
  Signal,
  SignalDefinition,
  Specialty,
  withSignalDefaults,
} from './module.ts'
export {
  TokenCreateOutput,
  TokenListOutput,
  TokenOutput,
  UserListOutput,
  UserOutput,
} from './people-output.ts'
export {
  MESSAGE_ROLES,
  ModelParams,
  OutputFormat,
  PROMPT_STATUSES,
  PROMPT_TYPES,
  PromptDocument,
  PromptFrontMatter,
  type PromptRouteStep,
  PromptSection,
  PromptType,
  type PromptVersion,
  promptContentHash,
  promptRoute,
} from './prompt.ts'
export { RecordedCompletion } from './recording.ts'
// What a stage of the route makes
export type { AnswerFormat, Message, ModelCall, OutboundRequest, RenderedRequest } from './request.ts'
export {
  combineExits,
  EXIT,
  type ExitCode,
  RUN_STATUSES,
  RunList,
  RunStatus,
  SAMPLE_STATES,
  SampleCounts,
  type SampleState,
} from './run.ts'
export {
  type Cite,
  DEFECTS,
  type Defect,
  type DefectKind,
  type ParsedSignal,
  type ParsedSignals,
  type PathCite,
  type SearchCite,
  type Unparsable,
} from './signal.ts'
export {
  type Answered,
  NON_ANSWERS,
  type NonAnswer,
  OUTCOMES,
  Outcome,
  Polarity,
  STATUSES,
  Status,
} from './status.ts'
export { clusterOf, GoldCase, GoldLabel, LABEL_BASES, ORIGINS, SPLITS, SuiteDocument } from './suite.ts'
export { Estimate, OutcomeSummary, RunGrid, RunSummary, SignalSummary } from './summary.ts'
