import { openDatabase } from '@touchstone/db'
import { runSuite } from '@touchstone/engine'
import { RunToTime } from './throughput.ts'

// The process that is measured: it does what `touchstone run` does, and prints what it took as JSON.
const asked = RunToTime.parse(JSON.parse(process.argv[2] ?? '{}'))
await using db = openDatabase(asked.url, { applicationName: 'touchstone:stopwatch', max: 6 })
const models = { baseUrl: `http://127.0.0.1:${asked.port}/v1`, apiKey: 'none' }
const bench = { root: asked.root, db, credential: asked.credential, models }

const residentMb = (): number => process.memoryUsage.rss() / 1_048_576
let residentMbMax = residentMb()
const watch = setInterval(() => {
  residentMbMax = Math.max(residentMbMax, residentMb())
}, 20)
const cpuBefore = process.cpuUsage()
let startedAt = performance.now()
let endedAt = startedAt
const summary = await runSuite(
  bench,
  {
    suite: asked.suite,
    prompt: { kind: 'version', reference: { prompt: asked.prompt, version: 2 } },
    model: 'openai:mock',
    concurrency: asked.concurrency,
  },
  {
    signal: new AbortController().signal,
    onPlanned: () => {
      startedAt = performance.now()
    },
    onSample: () => {
      endedAt = performance.now()
    },
  },
)
clearInterval(watch)
const cpu = process.cpuUsage(cpuBefore)
const seconds = (endedAt - startedAt) / 1000
const cpuMs = (cpu.user + cpu.system) / 1000
process.stdout.write(JSON.stringify({ seconds, cpuMs, residentMbMax, ...summary.samples }))
