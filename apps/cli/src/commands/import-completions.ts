import { createReadStream } from 'node:fs'
import { relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { RecordedCompletion, TouchstoneError } from '@touchstone/core'
import type { Command } from 'commander'
import { readModelName, readPromptSource, requireOption } from '../arguments.ts'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { reportRuns } from '../report-runs.ts'
import { runGrid } from '../run-grid.ts'
import type { Session } from '../session.ts'

/** `import completions FILE`: a recording becomes runs, one for each prompt version in it, its answers graded as they stand. */
export function addImportCompletions(group: Command, session: Session): void {
  defineCommand(group, {
    name: 'completions',
    description:
      'import recorded completions as runs of a suite; samples without a recording stay unfinished',
    example: 'touchstone import completions recordings.jsonl --suite orthopedics/timeliness_sch',
  })
    .argument('<file>', 'recorded completions, JSON Lines')
    .option('--suite <suite>', 'the suite whose cases were asked')
    .action(async (file: string, flags: { suite?: string }) => {
      const suite = requireOption(
        flags.suite,
        'Which suite do the cases belong to? Give --suite S; "touchstone suites" lists them.',
      )
      const { prompts, repeats } = await readExtent(session, file)
      const model = readModelName(`replay:${file}`, session)
      const request = {
        suite,
        prompts: prompts.map((prompt) => readPromptSource(prompt, session)),
        models: [model],
        repeats,
      }
      const runs = await atBench(session, (bench) => runGrid(session, bench, request))
      reportRuns(session, runs, { isGrid: prompts.length > 1 })
    })
}

/** The prompt versions a recording answers for, and how often each case was asked. */
async function readExtent(session: Session, file: string): Promise<{ prompts: string[]; repeats: number }> {
  const path = resolve(session.cwd, file)
  const name = relative(session.cwd, path)
  const prompts = new Set<string>()
  let repeats = 1
  let line = 0
  try {
    const lines = createInterface({
      input: createReadStream(path, 'utf8'),
      crlfDelay: Number.POSITIVE_INFINITY,
    })
    for await (const text of lines) {
      line += 1
      if (text.trim() === '') continue
      const recording = readLine(text, { file: name, line })
      prompts.add(recording.prompt)
      repeats = Math.max(repeats, recording.repeat)
    }
  } catch (cause) {
    if (cause instanceof TouchstoneError) throw cause
    throw new TouchstoneError('file_unreadable', `The recordings ${name} cannot be read; check the name.`, {
      file: name,
      cause,
    })
  }
  if (prompts.size > 0) return { prompts: [...prompts].sort(), repeats }
  throw new TouchstoneError('recording_invalid', `${name} holds no recording.`, { file: name })
}

function readLine(text: string, place: { file: string; line: number }): RecordedCompletion {
  const parsed = RecordedCompletion.safeParse(parseJson(text.replace(/^\uFEFF/, '')))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.') ?? ''
  const problem = field === '' ? 'is not a JSON object of a recording' : `${field}: ${issue?.message}`
  throw new TouchstoneError('recording_invalid', `${place.file}, line ${place.line}: ${problem}.`, {
    ...place,
    ...(field === '' ? {} : { field }),
  })
}

// A parser's own message quotes the line, which holds an answer about a patient.
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
