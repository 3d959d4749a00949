import { EXIT, LintOutput } from '@touchstone/core'
import type { LintReport } from '@touchstone/engine'
import type { Command } from 'commander'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { errorLine } from '../output/error.ts'
import type { Session } from '../session.ts'

/** `lint`: what can be said of prompts and suites without running them; 1 on a finding of level error. */
export function addLint(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'lint',
    description:
      'find faults in prompts and suites before they are run; all of this folder when none is named',
    example: 'touchstone lint orthopedics/timeliness_sch/signal_processing@1',
  })
    .argument('[target...]', 'P@N, FILE.md, or a suite')
    .action(async (targets: string[]) => {
      const { lintFiles } = await import('@touchstone/engine')
      const report = await atBench(session, (bench) => lintFiles(bench, { targets }))
      const { findings, refused } = report
      if (refused.length > 0 || findings.some(({ level }) => level === 'error')) session.exitCode = EXIT.error
      if (session.isJson) printDocument(session, LintOutput, report)
      else session.print(writeLint(report))
    })
}

function writeLint({ checked, findings, refused }: LintReport): string {
  const count = (level: string): number => findings.filter((finding) => finding.level === level).length
  const totals = `${checked.length} checked: ${count('error') + refused.length} errors, ${count('warning')} warnings, ${count('info')} remarks`
  return [
    ...refused.map((error) => `error    ${errorLine(error)}`),
    ...findings.map(({ level, code, message, file, line }) => {
      const where = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `
      return `${level.padEnd(8)} ${where}${message} [${code}]`
    }),
    totals,
  ].join('\n')
}
