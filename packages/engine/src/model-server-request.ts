import type { IncomingHttpHeaders } from 'node:http'
import { type AnswerFormat, MESSAGE_ROLES, type ModelCall, ModelParams } from '@touchstone/core'
import * as z from 'zod'

/** A request that was understood, or what is wrong with it, in the words of the OpenAI API. */
export type ReadRequest =
  | { ok: true; call: ModelCall }
  | { ok: false; message: string; code: string; param: string | null }

const TextPart = z.looseObject({ type: z.literal('text'), text: z.string() })
const Content = z.union([
  z.string(),
  z.array(TextPart).transform((parts) => parts.map(({ text }) => text).join('')),
])
const Role = z.union([z.enum(MESSAGE_ROLES), z.literal('developer').transform(() => 'system' as const)])

const ResponseFormat = z.union([
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({ name: z.string().default('answer'), schema: z.json() }),
  }),
  z.looseObject({ type: z.enum(['json_object', 'text']) }),
])

const ChatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z
    .array(
      z.looseObject({ role: Role, content: Content }).transform(({ role, content }) => ({ role, content })),
    )
    .min(1),
  response_format: ResponseFormat.nullish(),
  stream: z.literal(false, 'streaming is not served; leave it out').nullish(),
  n: z.literal(1, 'one answer is served for a request').nullish(),
})

/** Reads a chat completion request; what is neither messages nor format is kept as parameters of the call. */
export function readChatRequest(body: string, headers: IncomingHttpHeaders): ReadRequest {
  const parsed = ChatRequest.safeParse(parseJson(body))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const param = issue?.path.join('.') || null
    return { ok: false, message: `${param ?? 'body'}: ${issue?.message}`, code: 'invalid_value', param }
  }
  const { model, messages, response_format: format, stream: _, n: __, ...rest } = parsed.data
  const params = ModelParams.safeParse(rest)
  return {
    ok: true,
    call: {
      model,
      params: params.success ? params.data : {},
      messages,
      answerFormat: answerFormat(format ?? { type: 'text' }),
      sample: readSample(headers),
    },
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    // Then it is no object either, and is refused as such.
    return null
  }
}

function answerFormat(format: z.infer<typeof ResponseFormat>): AnswerFormat {
  if (!('json_schema' in format) || format.type !== 'json_schema')
    return { format: format.type === 'json_object' ? 'json_object' : 'text' }
  const { name, schema } = format.json_schema
  return { format: 'json_schema', name, schema }
}

function readSample(headers: IncomingHttpHeaders): ModelCall['sample'] {
  const repeat = Number(headers['x-touchstone-repeat'] ?? 1)
  return {
    case: String(headers['x-touchstone-case'] ?? ''),
    prompt: String(headers['x-touchstone-prompt'] ?? ''),
    repeat: Number.isInteger(repeat) && repeat > 0 ? repeat : 1,
  }
}
