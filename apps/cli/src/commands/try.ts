import { EXIT, type ModelParams, PromptId, TryOutput } from '@touchstone/core'
import type { TryRequest } from '@touchstone/engine'
import type { Command } from 'commander'
import { gatherParam, gatherShown, readModelName, readPromptSource, requireOption } from '../arguments.ts'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { writeTry } from '../output/try-words.ts'
import type { Session } from '../session.ts'
import { SHOWABLE, type Showable, tryOutputOf } from '../try-output.ts'

type TryFlags = {
  case?: string
  suite?: string
  show?: Showable[]
  model?: string
  modelParam?: ModelParams
  anyType?: boolean
}

// Somebody waits for this one answer: less patience than in a run, which nobody watches.
const PATIENCE = { maxAttempts: 3, delayMsFirst: 300, delayMsMax: 1000, retryAfterMsMax: 20_000 }

/** `try`: one case down the route; nothing is stored but the call. */
export function addTry(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'try',
    description: 'walk one case with a prompt; nothing is stored but the call',
    example:
      'touchstone try prompts/orthopedics/timeliness_sch/signal_processing/v2.md --case SCH-0007 --show evidence',
  })
    .argument('<prompt>', 'P@N, FILE.md, or a prompt (what is in force along its route)')
    .option('--case <case>', 'the case')
    .option('--suite <suite>', "the case's suite; by default the one of the prompt's module")
    .option(
      '--show <part>',
      `also ${SHOWABLE.join(', ')} (these hold chart text); may be repeated`,
      gatherShown,
    )
    .option('--model <model>', "instead of the prompt's own model")
    .option('--model-param <key=value>', "over the prompt's own parameters; may be repeated", gatherParam)
    .option('--any-type', 'the route may end at a prompt of another type')
    .action(async (prompt: string, flags: TryFlags) => {
      const request: TryRequest = {
        prompt: sourceOf(prompt, { session, mayCrossType: flags.anyType ?? false }),
        caseName: requireOption(flags.case, 'Which case? Give --case C; "touchstone show SUITE" lists them.'),
        suite: flags.suite,
        model: flags.model === undefined ? undefined : readModelName(flags.model, session),
        modelParams: flags.modelParam,
        signal: session.interruption(),
        policy: PATIENCE,
      }
      const { tryCase } = await import('@touchstone/engine')
      const tried = await atBench(session, (bench) => tryCase(bench, request))
      const output = tryOutputOf(tried, flags.show ?? [])
      if (output.state === 'unfinished') session.exitCode = EXIT.incomplete
      if (session.isJson) printDocument(session, TryOutput, output)
      else session.print(writeTry(output))
    })
}

function sourceOf(
  text: string,
  { session, mayCrossType }: { session: Session; mayCrossType: boolean },
): TryRequest['prompt'] {
  const prompt = PromptId.safeParse(text)
  if (prompt.success) return { kind: 'route', prompt: prompt.data, mayCrossType }
  return readPromptSource(text, session)
}
