import { openModel, serveModel } from '@touchstone/engine'

// A model server of its own, so that its work is not counted as ours: prints its port when it is ready.
const [script = '', latency = '0'] = process.argv.slice(2)
const model = await openModel(`scripted:${script}`, {})
const server = await serveModel({ model, port: 0, latencyMs: Number(latency) })
process.stdout.write(`${server.port}\n`)
