import { DoctorOutput, EXIT } from '@touchstone/core'
import type { Command } from 'commander'
import { environmentOf } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import type { Session } from '../session.ts'

const MARKS = { ok: 'ok      ', warning: 'warning ', error: 'error   ' } as const

/** `doctor`: what is set up, what is missing, how to mend it; 1 where something stops the work. */
export function addDoctor(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'doctor',
    description: 'say what is set up, what is missing and how to mend it',
    example: 'touchstone doctor',
  }).action(async () => {
    const { examineHouse } = await import('@touchstone/engine')
    const { root } = session
    const { findings } = await examineHouse({ root, environment: await environmentOf(session) })
    if (findings.some(({ level }) => level === 'error')) session.exitCode = EXIT.error
    if (session.isJson) return printDocument(session, DoctorOutput, { findings })
    for (const { level, what, mend } of findings) {
      session.print(MARKS[level] + what)
      if (mend !== undefined) session.print(`        ${mend}`)
    }
  })
}
