import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { TouchstoneError } from '@touchstone/core'
import * as z from 'zod'

const DatabaseUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'must be like postgresql://user:password@host:5432/name',
})
const HttpUrl = z.url({ protocol: /^https?$/, error: 'must be like https://host/v1' })

const Variables = z.object({
  DATABASE_URL: DatabaseUrl.optional(),
  DATABASE_OWNER_URL: DatabaseUrl.optional(),
  TOUCHSTONE_DATA: z.string().optional(),
  TOUCHSTONE_KEY: z.string().min(16, 'must have at least 16 characters').optional(),
  TOUCHSTONE_TOKEN: z.string().optional(),
  PORT: z.coerce.number('must be a number').int().min(0).max(65_535, 'must be a port, 0 to 65535').optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: HttpUrl.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: HttpUrl.optional(),
})

/** What the environment says, checked; undefined where it says nothing. Secrets in it are never printed. */
export type Environment = {
  databaseUrl: string | undefined
  databaseOwnerUrl: string | undefined
  dataFolder: string | undefined
  encryptionKey: string | undefined
  token: string | undefined
  port: number | undefined
  openai: { apiKey: string | undefined; baseUrl: string | undefined }
  otlpEndpoint: string | undefined
}

/**
 * Reads the environment, and `.env` in the checkout's root beneath it. An empty variable counts as unset.
 * Throws `environment` naming a wrong variable, never its value.
 */
export function readEnvironment({ root, env }: { root: string; env: NodeJS.ProcessEnv }): Environment {
  const file = join(root, '.env')
  const beneath = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  const given = Object.entries({ ...beneath, ...env }).filter(
    ([, value]) => value !== undefined && value !== '',
  )
  const parsed = Variables.safeParse(Object.fromEntries(given))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const name = String(issue?.path[0] ?? 'a variable')
    throw new TouchstoneError('environment', `${name} ${issue?.message ?? 'is wrong'}.`, { field: name })
  }
  const variables = parsed.data
  return {
    databaseUrl: variables.DATABASE_URL,
    databaseOwnerUrl: variables.DATABASE_OWNER_URL,
    dataFolder:
      variables.TOUCHSTONE_DATA === undefined ? undefined : resolve(root, variables.TOUCHSTONE_DATA),
    encryptionKey: variables.TOUCHSTONE_KEY,
    token: variables.TOUCHSTONE_TOKEN,
    port: variables.PORT,
    openai: { apiKey: variables.OPENAI_API_KEY, baseUrl: variables.OPENAI_BASE_URL },
    otlpEndpoint: variables.OTEL_EXPORTER_OTLP_ENDPOINT,
  }
}
