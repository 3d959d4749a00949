import { basename, dirname, relative, resolve } from 'node:path'
import {
  ExportMetadataOutput,
  ExportPromptOutput,
  ExportRunOutput,
  ExportSuiteOutput,
  formatPromptVersionReference,
  parsePromptVersionReference,
} from '@touchstone/core'
import type { Command } from 'commander'
import { requireOption } from '../arguments.ts'
import { atBench } from '../at-bench.ts'
import { defineCommand, defineGroup } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import type { Session } from '../session.ts'

/** `export`: rows back into the files they came from. */
export function addExport(program: Command, session: Session): void {
  const group = defineGroup(program, {
    name: 'export',
    description: 'rows back into files: metadata, a prompt version, a suite, the completions of a run',
    example: 'touchstone export prompt orthopedics/timeliness_sch/signal_processing@2',
  })
  addExportMetadata(group, session)
  addExportPrompt(group, session)
  addExportSuite(group, session)
  addExportRun(group, session)
}

function addExportMetadata(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'metadata',
    description: 'write what is current of specialties, modules, signals, follow-ups and prices',
    example: 'touchstone export metadata > metadata.yaml',
  })
    .option('-o, --output <folder>', 'write the files they came from below this folder instead')
    .action(async ({ output }: { output?: string }) => {
      const { exportMetadata, writeExportedFile } = await import('@touchstone/engine')
      const { metadata, text, files } = await atBench(session, exportMetadata)
      const folder = output === undefined ? null : resolve(session.cwd, output)
      if (folder !== null) for (const file of files) await writeExportedFile(folder, file)
      const written = files.map(({ path, isImported }) => ({ path, isImported }))
      if (session.isJson) printDocument(session, ExportMetadataOutput, { metadata, files: written })
      else if (folder === null) session.print(text)
      else for (const { path } of files) session.print(relative(session.cwd, resolve(folder, path)))
    })
}

function addExportPrompt(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'prompt',
    description: 'write a prompt version as its file',
    example: 'touchstone export prompt orthopedics/timeliness_sch/signal_processing@2 -o v2.md',
  })
    .argument('<version>', 'P@N')
    .option('-o, --output <file>', 'write to this file instead of stdout')
    .action(async (version: string, { output }: { output?: string }) => {
      const { exportPrompt, writeExportedFile } = await import('@touchstone/engine')
      const reference = parsePromptVersionReference(version)
      const { path, bytes, isImported } = await atBench(session, (bench) => exportPrompt(bench, reference))
      if (output !== undefined) {
        const file = resolve(session.cwd, output)
        await writeExportedFile(dirname(file), { path: basename(file), bytes })
      }
      const text = Buffer.from(bytes).toString('utf8')
      const prompt = formatPromptVersionReference(reference)
      if (session.isJson) printDocument(session, ExportPromptOutput, { prompt, path, isImported, text })
      else if (output === undefined) process.stdout.write(bytes)
      else session.print(output)
    })
}

function addExportSuite(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'suite',
    description: 'write the newest version of a suite into a new folder, charts included',
    example: 'touchstone export suite orthopedics/timeliness_sch -o exported',
  })
    .argument('<suite>', 'the suite')
    .option('-o, --output <folder>', "a new folder; by default the suite's own path below the current one")
    .action(async (suite: string, { output }: { output?: string }) => {
      const { exportSuite } = await import('@touchstone/engine')
      const folder = resolve(session.cwd, output ?? suite)
      const report = await atBench(session, (bench) => exportSuite(bench, { suite, folder }))
      if (session.isJson) return printDocument(session, ExportSuiteOutput, report)
      const { goldVersion, imported, written } = report
      session.print(`${suite}, gold ${goldVersion}: ${imported + written} cases in ${folder}`)
    })
}

function addExportRun(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'run',
    description: 'write what a run was answered as recorded completions, for replay:FILE',
    example: 'touchstone export run 0198c0de -o recordings.jsonl',
  })
    .argument('<run>', 'the run, or the beginning of its id (eight characters or more)')
    .option('-o, --output <file>', 'the file')
    .action(async (run: string, { output }: { output?: string }) => {
      const file = requireOption(
        output,
        'Where to? Give -o FILE; answers speak of patients and are not printed.',
      )
      const { exportRun } = await import('@touchstone/engine')
      const target = { run, file: resolve(session.cwd, file) }
      const report = await atBench(session, (bench) => exportRun(bench, target))
      if (session.isJson) return printDocument(session, ExportRunOutput, report)
      const { completions, withoutAnswer } = report
      const left = withoutAnswer === 0 ? '' : `; ${withoutAnswer} samples have no answer`
      session.print(`${completions} completions in ${file}${left}`)
    })
}
