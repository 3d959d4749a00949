import { EXIT, SetupOutput } from '@touchstone/core'
import type { SetupReport } from '@touchstone/engine'
import type { Command } from 'commander'
import { environmentOf } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { errorLine } from '../output/error.ts'
import { writeImport, writeMetadataImport } from '../output/import-words.ts'
import type { Session } from '../session.ts'

/** `setup`: database, migrations, the files of this folder, the local operator. */
export function addSetup(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'setup',
    description:
      'bring the database up, migrated and seeded; import the prompts, suites and metadata of this folder; make the local operator',
    example: 'touchstone setup',
  }).action(async () => {
    const report = await setUpWithSteps(session)
    const [error] = [...report.prompts.refused, ...report.suites.refused]
    if (error) session.exitCode = EXIT.error
    if (session.isJson) {
      printDocument(session, SetupOutput, error ? { ...report, error } : report)
    } else session.print(writeSetup(report))
  })
}

/** Sets up, saying each step on stderr. */
export async function setUpWithSteps(session: Session): Promise<SetupReport> {
  const { setUp } = await import('@touchstone/engine')
  const environment = await environmentOf(session)
  return setUp({ root: session.root, environment, onStep: (step) => session.note(`setting up: ${step} …`) })
}

function writeSetup({ place, migrations, operator, metadata, prompts, suites }: SetupReport): string {
  const refused = [...prompts.refused, ...suites.refused]
  return [
    `database    ${place.kind === 'embedded' ? `embedded, in ${place.dataFolder}` : 'the one that DATABASE_URL names'}`,
    `migrations  ${migrations.applied.length} applied, ${migrations.total} in all`,
    `operator    ${operator === 'made' ? 'made (engineer)' : 'there already'}`,
    `metadata    ${writeMetadataImport(metadata)}`,
    `prompts     ${writeImport(prompts)}`,
    `suites      ${writeImport(suites)}`,
    ...refused.map((error) => `refused: ${errorLine(error)}`),
  ].join('\n')
}
