/** The dialects: files to our nouns and back. */

// Metadata
export { readMetadataFile, writeMetadataFile } from './metadata-file.ts'
// Prompts
export { type PromptFile, promptFileVersion, readPromptFile, writePromptFile } from './prompt-file.ts'
// Suites
export {
  checkCase,
  readCaseFile,
  readCaseLine,
  readSuiteFile,
  writeCaseFile,
  writeCaseLine,
  writeSuiteFile,
} from './suite-file.ts'
// Where in a file something stands
export { lineOfField } from './yaml-source.ts'
