import { resolve } from 'node:path'
import { EXIT, ImportMetadataOutput, ImportOutput } from '@touchstone/core'
import type { ImportReport } from '@touchstone/engine'
import type { Command } from 'commander'
import { atBench, atOwnerOrActor } from '../at-bench.ts'
import { defineCommand, defineGroup } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { errorLine } from '../output/error.ts'
import { writeImport, writeMetadataImport, writeMetadataKinds } from '../output/import-words.ts'
import type { Session } from '../session.ts'
import { addImportCompletions } from './import-completions.ts'

/** `import`: files into rows, by content hash. */
export function addImport(program: Command, session: Session): void {
  const group = defineGroup(program, {
    name: 'import',
    description: 'files into rows, by content hash: metadata, prompts, a suite, recorded completions',
    example: 'touchstone import prompts',
  })
  addImportMetadata(group, session)
  addImportPrompts(group, session)
  addImportSuite(group, session)
  addImportCompletions(group, session)
}

function addImportMetadata(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'metadata',
    description: 'import metadata files, all of them or nothing',
    example: 'touchstone import metadata seeds/modules.yaml seeds/signals.yaml',
  })
    .argument('<file...>', 'metadata files')
    .action(async (files: string[]) => {
      const { importMetadata } = await import('@touchstone/engine')
      const paths = files.map((file) => resolve(session.cwd, file))
      const report = await atOwnerOrActor(session, (tx) =>
        importMetadata(tx, { root: session.root, files: paths }),
      )
      if (session.isJson) printDocument(session, ImportMetadataOutput, report)
      else session.print(`${writeMetadataKinds(report)}\n${writeMetadataImport(report)}`)
    })
}

function addImportPrompts(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'prompts',
    description: 'import prompt files: of this folder, or of PATH',
    example: 'touchstone import prompts prompts/orthopedics',
  })
    .argument('[path]', 'a folder or a file')
    .action(async (path: string | undefined) => {
      const { importPrompts } = await import('@touchstone/engine')
      const from = path === undefined ? undefined : resolve(session.cwd, path)
      reportImport(session, await atBench(session, (bench) => importPrompts(bench, from)))
    })
}

function addImportSuite(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'suite',
    description: "import a suite's folder, all of it or nothing",
    example: 'touchstone import suite eval-suites/orthopedics/timeliness_sch',
  })
    .argument('<path>', "the suite's folder, or its suite.yaml")
    .action(async (path: string) => {
      const { importSuite } = await import('@touchstone/engine')
      const from = resolve(session.cwd, path)
      reportImport(session, await atBench(session, (bench) => importSuite(bench, from)))
    })
}

function reportImport(session: Session, report: ImportReport): void {
  const [error] = report.refused
  if (error) session.exitCode = EXIT.error
  if (session.isJson) {
    printDocument(session, ImportOutput, error ? { ...report, error } : report)
    return
  }
  for (const { change, item } of report.items) if (change !== 'same') session.print(`${change}  ${item}`)
  session.print(writeImport(report))
  for (const refused of report.refused) session.note(`error: ${errorLine(refused)}`)
}
