import { PromptsOutput } from '@touchstone/core'
import type { Command } from 'commander'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { writeModel } from '../output/run-words.ts'
import { layOutTable } from '../output/table.ts'
import type { Session } from '../session.ts'

/** `prompts`: every numbered version of every prompt. */
export function addPrompts(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'prompts',
    description: 'list the prompts with their versions',
    example: 'touchstone prompts',
  }).action(async () => {
    const { prompts } = await readPrompts(session)
    if (session.isJson) return printDocument(session, PromptsOutput, { prompts })
    if (prompts.length === 0) {
      return session.print(
        'There are no prompts yet; "touchstone import prompts" imports those below prompts/.',
      )
    }
    const columns = ['prompt', 'status', 'model', 'name'].map((heading) => ({ heading }))
    const rows = prompts.map(({ prompt, version, status, model, name }) => [
      `${prompt}@${version}`,
      status,
      writeModel(model),
      name,
    ])
    session.print(layOutTable(columns, rows))
  })
}

async function readPrompts(session: Session): Promise<PromptsOutput> {
  const { asActor, listPromptVersions } = await import('@touchstone/db')
  const versions = await atBench(session, (bench) =>
    asActor(bench.db, bench.credential, (tx) => listPromptVersions(tx, null)),
  )
  const prompts = versions.flatMap(({ prompt, version, status, document, contentHash, createdAt }) => {
    if (version === null) return []
    const { name, model, note = null } = document
    return [{ prompt, version, status, name, model, contentHash, note, createdAt: createdAt.toISOString() }]
  })
  return { prompts }
}
