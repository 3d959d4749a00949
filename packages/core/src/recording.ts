import * as z from 'zod'

/** One recorded completion: a line of a `replay:FILE`, and of `import completions`. */
export const RecordedCompletion = z.strictObject({
  case: z.string().min(1),
  prompt: z.string().min(1),
  repeat: z.int().positive().default(1),
  model: z.string().min(1),
  text: z.string(),
  finish_reason: z.string().default('stop'),
  usage: z
    .strictObject({
      prompt_tokens: z.int().nonnegative().default(0),
      completion_tokens: z.int().nonnegative().default(0),
      cached_tokens: z.int().nonnegative().optional(),
    })
    .optional(),
  latency_ms: z.number().nonnegative().optional(),
})
export type RecordedCompletion = z.infer<typeof RecordedCompletion>
