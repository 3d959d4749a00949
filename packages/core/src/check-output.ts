import * as z from 'zod'
import { CALL_FAILURES } from './completion.ts'
import { ErrorReport } from './errors.ts'
import { SUPPORTS, VERIFICATIONS } from './evidence.ts'
import { GRADES } from './grade.ts'
import { MESSAGE_ROLES, ModelParams } from './prompt.ts'
import { DEFECTS } from './signal.ts'
import { NON_ANSWERS, OUTCOMES, STATUSES, Status } from './status.ts'

// What the commands that look before anything is run print under `--json`, named after the command.

const Refusal = ErrorReport.shape.error

/** `doctor --json`: what is set up, what is missing, and how to mend it. */
export const DoctorOutput = z.strictObject({
  findings: z.array(
    z.strictObject({
      level: z.enum(['ok', 'warning', 'error']),
      what: z.string(),
      mend: z.string().optional(),
    }),
  ),
})
export type DoctorOutput = z.infer<typeof DoctorOutput>

/** `lint --json`: what was checked, what was found where, and which files could not be read. */
export const LintOutput = z.strictObject({
  checked: z.array(
    z.strictObject({ kind: z.enum(['prompt', 'suite']), name: z.string(), module: z.string() }),
  ),
  findings: z.array(
    z.strictObject({
      level: z.enum(['error', 'warning', 'info']),
      code: z.string(),
      message: z.string(),
      file: z.string().optional(),
      line: z.int().positive().optional(),
      field: z.string().optional(),
    }),
  ),
  refused: z.array(Refusal),
})
export type LintOutput = z.infer<typeof LintOutput>

const SetChange = z.strictObject({ added: z.array(z.string()), removed: z.array(z.string()) })

/** `diff --json`: one prompt version against another; `text` is a unified diff of the files. */
export const DiffOutput = z.strictObject({
  before: z.string(),
  after: z.string(),
  isSame: z.boolean(),
  changes: z.array(z.strictObject({ field: z.string(), before: z.json(), after: z.json() })),
  context: SetChange,
  signals: SetChange.nullable(),
  text: z.string(),
})
export type DiffOutput = z.infer<typeof DiffOutput>

/** One signal of a tried case: what was answered, held against gold (null where there is none), its cites by verdict. */
const TriedSignal = z.strictObject({
  signal: z.string(),
  answered: z.enum([...STATUSES, ...NON_ANSWERS]),
  expected: Status.nullable(),
  grade: z.enum(GRADES).nullable(),
  support: z.enum(SUPPORTS).nullable(),
  evidence: z.partialRecord(z.enum(VERIFICATIONS), z.int()),
})

/** One cite of a tried case with its verdict; holds chart text. */
const TriedEvidence = z.strictObject({
  signal: z.string(),
  path: z.string(),
  resolvedPath: z.string().nullable(),
  excerpt: z.string().nullable(),
  value: z.string().nullable(),
  verification: z.enum(VERIFICATIONS),
  note: z.string(),
})

/** `try --json`: one case. `messages`, `answer` and `evidence` hold chart text and are null unless `--show` asks for them. */
export const TryOutput = z.strictObject({
  call: z.uuid(),
  suite: z.string(),
  case: z.string(),
  route: z.strictObject({
    prompt: z.string(),
    step: z.string(),
    isExact: z.boolean(),
    crossesType: z.boolean(),
  }),
  model: z.string(),
  params: ModelParams,
  state: z.enum(['completed', 'unfinished']),
  failure: z.strictObject({ kind: z.enum(CALL_FAILURES), message: z.string() }).nullable(),
  modelReturned: z.string().nullable(),
  finishReason: z.string().nullable(),
  usage: z.strictObject({
    promptTokens: z.int().nullable(),
    completionTokens: z.int().nullable(),
    cachedTokens: z.int().nullable(),
  }),
  latencyMs: z.number(),
  defects: z.array(z.enum(DEFECTS)),
  /** null where the prompt asks for prose, or nothing was answered. */
  signals: z.array(TriedSignal).nullable(),
  outcome: z
    .strictObject({ ai: z.enum(OUTCOMES), rule: z.enum(OUTCOMES), gold: z.enum(OUTCOMES) })
    .nullable(),
  messages: z.array(z.strictObject({ role: z.enum(MESSAGE_ROLES), content: z.string() })).nullable(),
  answer: z.string().nullable(),
  evidence: z.array(TriedEvidence).nullable(),
})
export type TryOutput = z.infer<typeof TryOutput>
