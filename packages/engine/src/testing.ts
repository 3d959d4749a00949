import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { asOwner, openDatabase } from '@touchstone/db'
import { type FreshDatabase, freshDatabase } from '@touchstone/db/testing'
import type { Bench } from './bench.ts'
import { importMetadata } from './import-metadata.ts'
import { importPrompts } from './import-prompts.ts'
import { importSuite } from './import-suites.ts'

/** A bench of one's own for a test: a fresh database and a folder with a small module, two prompts and a suite. */
export type TestBench = Bench & {
  ownerUrl: string
  superuserUrl: string
  /** Proves a user of each role; the bench itself is the local operator's. */
  credentials: FreshDatabase['credentials']
  write: WriteFile
  [Symbol.asyncDispose](): Promise<void>
}

/** Writes a file below the test's folder and returns its path. */
type WriteFile = (path: string, text: string) => Promise<string>

export const SUITE = 'cardiology/door_time'
export const PROMPT = 'cardiology/door_time/signal_processing'
/** How many cases the suite has when nothing else is asked for, and how many signals each. */
export const CASES = 6
export const SIGNALS = ['in_time', 'refused_care', 'transferred'] as const

const METADATA = `specialties: [{ id: cardiology, name: cardiology }]
modules:
  - id: cardiology/door_time
    name: door_time
    outcome: 'status("transferred") == "pass" ? "excluded" : status("in_time") == "pass" ? "met" : status("in_time") == "fail" ? "not_met" : "undetermined"'
    constraints: ['!(status("refused_care") == "pass" && status("transferred") == "pass")']
signals:
  - { module: cardiology/door_time, code: in_time, label: In time, polarity: compliance, critical: true, allowed_cites: [times],
      measure: { start: times.Door, end: times.Device, limit_minutes: 90, inclusive: true },
      rule: 'seconds_between(measure.start, measure.end) == null ? dyn(null) : seconds_between(measure.start, measure.end) <= limit_seconds ? dyn("pass") : dyn("fail")' }
  - { module: cardiology/door_time, code: refused_care, label: Care refused, search_scope: ["notes[*].text"], search_terms: [refused] }
  - { module: cardiology/door_time, code: transferred, label: Transferred in, polarity: ruleout }
`

const PROMPT_TEXT = `---
name: Door time
type: signal_processing
model: scripted:answers.json
params: { temperature: 0 }
context: [times, notes]
---
# system
Case {{ case.number }}. Answer{% for signal in signals %} {{ signal.code }}{% endfor %}.
# user
{{ chart | json }}
`

/** A case of the suite: its number decides the stamps, so cases differ. */
export function caseText(number: number, gold: Readonly<Record<string, string>> = {}): string {
  const minute = String(number % 60).padStart(2, '0')
  const labels = { in_time: 'pass', refused_care: 'inactive', transferred: 'inactive', ...gold }
  const lines = Object.entries(labels).map(([code, status]) => `  ${code}: { status: ${status} }`)
  return `case: D-${String(number).padStart(4, '0')}
payload:
  times: { Door: "2025-05-01T10:${minute}:00Z", Device: "2025-05-01T11:${minute}:00Z" }
  notes: [{ text: "Came by ambulance, number ${number}." }]
gold:
${lines.join('\n')}
`
}

/** What a scripted model answers when it is right about everything. */
export const RIGHT_ANSWER = {
  signals: [
    {
      id: 'in_time',
      status: 'pass',
      finding: '60 min',
      confidence: 0.9,
      cites: [{ path: 'times.Door' }, { path: 'times.Device' }],
    },
    { id: 'refused_care', status: 'inactive', cites: [{ searched: ['notes[*].text'], found: 0 }] },
    { id: 'transferred', status: 'inactive' },
  ],
}

/** Makes a bench with the module, prompt versions 1 and 2 and a suite of `cases` cases, all imported. */
export async function freshBench(options: { cases?: number } = {}): Promise<TestBench> {
  const database = await freshDatabase()
  const root = await mkdtemp(join(tmpdir(), 'touchstone-bench-'))
  const db = openDatabase(database.appUrl, { applicationName: 'touchstone:test', max: 4 })
  const write: WriteFile = async (path, text) => {
    const file = join(root, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    return file
  }
  const bench: TestBench = {
    root,
    db,
    credential: database.operatorCredential,
    models: { folder: root },
    ownerUrl: database.ownerUrl,
    superuserUrl: database.superuserUrl,
    credentials: database.credentials,
    write,
    async [Symbol.asyncDispose]() {
      await db.close()
      await database.close()
      await rm(root, { recursive: true, force: true })
    },
  }
  const seeds = await write('seeds/door.yaml', METADATA)
  await write(`prompts/${PROMPT}/v1.md`, PROMPT_TEXT)
  await write(`prompts/${PROMPT}/v2.md`, PROMPT_TEXT.replace('Answer', 'Answer exactly'))
  await write(`eval-suites/${SUITE}/suite.yaml`, `name: Door time\nmodule: ${SUITE}\n`)
  for (let number = 1; number <= (options.cases ?? CASES); number += 1) {
    await write(`eval-suites/${SUITE}/cases/${number}.yaml`, caseText(number))
  }
  await write('answers.json', JSON.stringify({ default: { signals: RIGHT_ANSWER.signals } }))
  await asOwner(database.ownerUrl, (tx) => importMetadata(tx, { root, files: [seeds] }))
  await importPrompts(bench)
  await importSuite(bench, join(root, 'eval-suites', SUITE))
  return bench
}
