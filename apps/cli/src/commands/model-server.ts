import { once } from 'node:events'
import { ModelServerOutput, reportError } from '@touchstone/core'
import type { Command } from 'commander'
import { readMilliseconds, readModelName, readPort, requireOption } from '../arguments.ts'
import { environmentOf } from '../at-bench.ts'
import { defineCommand } from '../define-command.ts'
import { printDocument } from '../output/document.ts'
import { errorLine } from '../output/error.ts'
import type { Session } from '../session.ts'

/** `model-server`: any model behind an OpenAI-compatible endpoint, until Ctrl-C. */
export function addModelServer(program: Command, session: Session): void {
  defineCommand(program, {
    name: 'model-server',
    description: 'serve any model behind an OpenAI-compatible endpoint, for other tools and load tests',
    example: 'touchstone model-server --model heuristic --port 8089',
  })
    .option('--model <model>', 'the model')
    .option('--port <port>', 'the port; any free one when left out', readPort)
    .option('--latency-ms <ms>', 'wait so long before each answer', readMilliseconds)
    .action(async (flags: { model?: string; port?: number; latencyMs?: number }) => {
      const named = requireOption(flags.model, 'Which model? Give --model heuristic, or any other.')
      const { openModel, serveModel } = await import('@touchstone/engine')
      const { openai, port: usual } = await environmentOf(session)
      const model = await openModel(readModelName(named, session), { ...openai, folder: session.root })
      const interruption = session.interruption()
      await using server = await serveModel({
        model,
        port: flags.port ?? usual ?? 0,
        latencyMs: flags.latencyMs ?? 0,
        onError: (error) => session.note(`error: ${errorLine(reportError(error).error)}`),
      })
      const baseUrl = `http://127.0.0.1:${server.port}/v1`
      if (session.isJson) printDocument(session, ModelServerOutput, { baseUrl, model: model.name })
      else
        session.print(
          `${model.name} answers at ${baseUrl} until Ctrl-C; clients use it by OPENAI_BASE_URL=${baseUrl}`,
        )
      if (!interruption.aborted) await once(interruption, 'abort')
    })
}
