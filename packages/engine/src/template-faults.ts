import { type PromptDocument, TouchstoneError } from '@touchstone/core'
import { compilePrompt } from '@touchstone/pipeline'
import { sectionLines } from './section-lines.ts'

/** Throws `template_invalid` with file and line for the first fault in a prompt file's templates. */
export function refuseTemplateFaults(read: { document: PromptDocument; text: string; file: string }): void {
  const [fault] = compilePrompt(read.document).faults
  if (fault === undefined) return
  const { message, partial, section } = fault
  if (partial !== null) {
    const file = `prompts/${partial}.liquid`
    throw new TouchstoneError('template_invalid', `In the shared piece ${partial}: ${message}.`, {
      file,
      ...(fault.line === null ? {} : { line: fault.line }),
    })
  }
  const first = sectionLines(read.text)[section]
  throw new TouchstoneError('template_invalid', `${message}; mend the template.`, {
    file: read.file,
    ...(first === undefined || fault.line === null ? {} : { line: first + fault.line - 1 }),
  })
}
