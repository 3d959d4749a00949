import * as z from 'zod'

/** The life of a run. STOPPED can be resumed. */
export const RUN_STATUSES = ['PLANNED', 'RUNNING', 'COMPLETED', 'STOPPED', 'FAILED', 'CANCELLED'] as const
export const RunStatus = z.enum(RUN_STATUSES)
export type RunStatus = z.infer<typeof RunStatus>

/** What became of a planned sample; `unfinished` is a fault of the plumbing and may be tried again. */
export const SAMPLE_STATES = ['pending', 'completed', 'unfinished'] as const
export type SampleState = (typeof SAMPLE_STATES)[number]

/** planned = completed + unfinished + pending; unparsable is within completed. */
export const SampleCounts = z.strictObject({
  planned: z.int(),
  completed: z.int(),
  unfinished: z.int(),
  pending: z.int(),
  unparsable: z.int(),
})
export type SampleCounts = z.infer<typeof SampleCounts>

/** The exit codes of the command line. */
export const EXIT = {
  done: 0,
  error: 1,
  usage: 2,
  gateFailed: 100,
  incomplete: 101,
  notComparable: 102,
  inconclusive: 103,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

const PRECEDENCE: readonly ExitCode[] = [2, 1, 102, 101, 100, 103, 0]

/** The exit code of several things done at once: 2 > 1 > 102 > 101 > 100 > 103 > 0. */
export function combineExits(codes: readonly ExitCode[]): ExitCode {
  return PRECEDENCE.find((code) => codes.includes(code)) ?? 0
}

/** `runs --json`: newest first. */
export const RunList = z.strictObject({
  runs: z.array(
    z.strictObject({
      run: z.uuid(),
      suite: z.string(),
      suiteVersion: z.string(),
      prompt: z.string(),
      model: z.string(),
      status: RunStatus,
      samples: SampleCounts,
      startedAt: z.iso.datetime({ offset: true }).nullable(),
    }),
  ),
})
export type RunList = z.infer<typeof RunList>
