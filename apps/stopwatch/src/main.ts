import { parseArgs } from 'node:util'
import { measureThroughput, type Throughput } from './throughput.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '5000' },
    latency: { type: 'string', default: '50' },
    concurrency: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
})
const load = {
  cases: Number(values.cases),
  latencyMs: Number(values.latency),
  concurrency: Number(values.concurrency),
}
const found = await measureThroughput(load)
process.stdout.write(values.json ? `${JSON.stringify(found)}\n` : table(found))

function table(found: Throughput): string {
  const rows = [
    ['cases recorded', `${found.completed} of ${found.planned}`],
    ['rate', `${found.rate.toFixed(0)} cases/s`],
    [
      'ideal, if only the latency counted',
      found.idealRate === null ? 'without bound' : `${found.idealRate.toFixed(0)} cases/s`,
    ],
    [
      'share of the ideal',
      found.idealRate === null ? 'not applicable' : `${((found.rate / found.idealRate) * 100).toFixed(0)} %`,
    ],
    ['CPU of the running process', `${found.cpuMsPerCase.toFixed(2)} ms a case`],
    ['most resident memory', `${found.residentMbMax.toFixed(0)} MB`],
  ]
  const heading = `${found.cases} cases, ${found.latencyMs} ms a call, ${found.concurrency} at once\n`
  return heading + rows.map(([name, figure]) => `  ${name?.padEnd(38)}${figure}\n`).join('')
}
