import { type ModelParams, SPLITS, TouchstoneError } from '@touchstone/core'
import { type Command, Option } from 'commander'
import {
  gather,
  gatherParam,
  readCount,
  readDollars,
  readModelName,
  readPattern,
  readPromptSource,
  requireOption,
} from '../arguments.ts'
import { atBench } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { reportRuns } from '../report-runs.ts'
import { type GridRequest, resumeOne, runGrid } from '../run-grid.ts'
import type { Session } from '../session.ts'

type RunFlags = {
  suite?: string
  prompt?: string[]
  model?: string[]
  modelParam?: ModelParams
  repeats?: number
  concurrency?: number
  budget?: number
  limit?: number
  split?: 'tune' | 'holdout'
  tag?: string[]
  failingOf?: string
  filterPattern?: string
  cache: boolean
  resume?: string
  retryErrors?: boolean
}

/** `run`: walks a suite with prompts × models, or goes on with a run that was stopped. */
export function addRun(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'run',
    description: 'run a suite with a prompt and a model; more of either make a grid',
    example:
      'touchstone run --suite orthopedics/timeliness_sch --prompt orthopedics/timeliness_sch/signal_processing@2 --model heuristic\n' +
      '  touchstone run --resume 0198c0de --retry-errors',
  })
    .option('--suite <suite>', 'the suite')
    .option('--prompt <prompt>', 'P@N, or FILE.md as a working copy; may be repeated', gather)
    .option('--model <model>', "instead of the prompt's own model; may be repeated", gather)
    .option('--model-param <key=value>', "over the prompt's own parameters; may be repeated", gatherParam)
    .option('--repeats <count>', 'how often each case is asked; once, when left out', readCount)
    .option('--concurrency <count>', 'calls at once; 8, when left out', readCount)
    .option('--budget <usd>', 'the most the run may spend', readDollars)
    .option('--limit <count>', 'only the first cases', readCount)
    .addOption(new Option('--split <split>', 'only these cases').choices(SPLITS))
    .option('--tag <tag>', 'only cases with this tag; may be repeated', gather)
    .option('--failing-of <run>', 'only cases that this run got wrong')
    .option('--filter-pattern <pattern>', 'only cases whose name fits this regular expression', readPattern)
    .option('--no-cache', 'ask the model anew')
    .option('--resume <run>', 'go on with a stopped run; everything else is its own')
    .option('--retry-errors', 'with --resume: also try unfinished samples again')
    .action(async (flags: RunFlags) => {
      if (flags.resume !== undefined) return resumeRun(session, flags, flags.resume)
      const request = readRequest(session, flags)
      const runs = await atBench(session, (bench) => runGrid(session, bench, request))
      reportRuns(session, runs, { isGrid: request.prompts.length * request.models.length > 1 })
    })
}

async function resumeRun(session: Session, flags: RunFlags, run: string): Promise<void> {
  const { resume: _resume, retryErrors = false, concurrency, cache, ...others } = flags
  const { json: _json, debug: _debug, tokenFile: _tokenFile, ...refused }: Record<string, unknown> = others
  if (Object.keys(refused).length > 0 || !cache) {
    throw new TouchstoneError(
      'usage',
      'A resumed run keeps all that it was planned with; beside --resume only --retry-errors and --concurrency have a meaning.',
    )
  }
  const runs = await atBench(session, (bench) => resumeOne(session, bench, { run, retryErrors, concurrency }))
  reportRuns(session, runs, { isGrid: false })
}

function readRequest(session: Session, flags: RunFlags): GridRequest {
  if (flags.retryErrors === true) {
    throw new TouchstoneError('usage', '--retry-errors goes with --resume RUN.')
  }
  const suite = requireOption(flags.suite, 'Which suite? Give --suite S; "touchstone suites" lists them.')
  const prompts = requireOption(
    flags.prompt,
    'Which prompt? Give --prompt P@N or --prompt FILE.md; "touchstone prompts" lists them.',
  )
  if (flags.budget !== undefined) {
    throw new TouchstoneError(
      'budget',
      'A budget cannot be kept yet, because nothing reserves money before it is spent; run without --budget, or bound the run by --limit.',
    )
  }
  const { limit, tag, failingOf, filterPattern } = flags
  return {
    suite,
    prompts: prompts.map((text) => readPromptSource(text, session)),
    models: flags.model?.map((text) => readModelName(text, session)) ?? [undefined],
    modelParams: flags.modelParam,
    repeats: flags.repeats,
    concurrency: flags.concurrency,
    split: flags.split,
    usesCache: flags.cache,
    selection: {
      ...(limit === undefined ? {} : { limit }),
      ...(tag === undefined ? {} : { tags: tag }),
      ...(filterPattern === undefined ? {} : { pattern: filterPattern }),
    },
    failingOf,
  }
}
