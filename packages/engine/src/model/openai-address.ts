import { TouchstoneError } from '@touchstone/core'

const OPENAI_URL = 'https://api.openai.com/v1'

/** Where an OpenAI-compatible server is, what opens it, and whether it is this machine. */
export type OpenAiAddress = {
  baseUrl: string
  /** Scheme, host and port: what error messages name. */
  origin: string
  apiKey: string | null
  isLoopback: boolean
}

/**
 * The server to call, from the settings as the environment gives them (empty counts as unset). Throws
 * `model_not_configured` when a key is needed and missing or cannot be one, `environment` when the URL is none.
 */
export function readOpenAiAddress(settings: {
  apiKey?: string | undefined
  baseUrl?: string | undefined
}): OpenAiAddress {
  const url = readUrl(settings.baseUrl?.trim() || OPENAI_URL)
  const apiKey = settings.apiKey?.trim() || null
  const isLoopback = isLoopbackHost(url.hostname)
  if (apiKey === null && !isLoopback) {
    throw new TouchstoneError(
      'model_not_configured',
      `OPENAI_API_KEY is not set, and ${url.origin} needs it. Set it, set OPENAI_BASE_URL to a server on this machine, or use --model heuristic.`,
    )
  }
  if (apiKey !== null && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TouchstoneError(
      'model_not_configured',
      'OPENAI_API_KEY holds characters that no key has (white space or non-ASCII); copy it again.',
    )
  }
  return { baseUrl: url.href.replace(/\/+$/, ''), origin: url.origin, apiKey, isLoopback }
}

function readUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username || url.password) {
    throw new TouchstoneError(
      'environment',
      'OPENAI_BASE_URL is not a web address without credentials; write it like http://127.0.0.1:8080/v1',
    )
  }
  return url
}

/** Whether a host name of a URL is this machine itself. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
  )
}
