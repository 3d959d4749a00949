import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelServerOutput, RunGrid, RunList, RunSummary } from '@touchstone/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, openTestTerminal, type TestTerminal } from './testing.ts'

const SUITE = 'orthopedics/timeliness_sch'
const PROMPT = `${SUITE}/signal_processing`
const RUN = ['run', '--suite', SUITE, '--prompt', `${PROMPT}@2`]

let terminal: TestTerminal

beforeAll(async () => {
  terminal = await openTestTerminal()
  const setUp = await terminal.touchstone(['setup'])
  expect(setUp.exit, setUp.stderr).toBe(0)
})
afterAll(async () => {
  await terminal[Symbol.asyncDispose]()
})

function runOf({ stdout }: Ended): RunSummary {
  return RunSummary.parse(JSON.parse(stdout))
}

describe('run', () => {
  it('prints one summary, which show and regrade print again', async () => {
    const ran = await terminal.touchstone([...RUN, '--limit', '3', '--repeats', '2', '--json'])
    const run = runOf(ran)
    const shown = await terminal.touchstone(['show', run.run.slice(0, 13), '--json'])
    const regraded = await terminal.touchstone(['regrade', run.run, '--json'])

    expect(ran.exit).toBe(0)
    expect(run.samples).toEqual({ planned: 6, completed: 6, unfinished: 0, pending: 0, unparsable: 0 })
    expect(runOf(shown)).toEqual(run)
    expect(runOf(regraded).overall).toEqual(run.overall)
  })

  it('lists runs newest first', async () => {
    const { run } = runOf(await terminal.touchstone([...RUN, '--limit', '1', '--json']))

    const { stdout } = await terminal.touchstone(['runs', '--json'])

    expect(RunList.parse(JSON.parse(stdout)).runs[0]?.run).toBe(run)
  })

  it('runs a grid of prompts and models and ends with the code that goes before the others', async () => {
    await terminal.write('silent.json', JSON.stringify({ answers: [] }))
    const grid = ['--prompt', `${PROMPT}@1`, '--model', 'heuristic', '--model', 'scripted:silent.json']

    const { exit, stdout } = await terminal.touchstone([...RUN, ...grid, '--limit', '2', '--json'])

    const { runs } = RunGrid.parse(JSON.parse(stdout))
    expect(runs.map(({ prompt, exit: own }) => [prompt.slice(-1), own])).toEqual([
      ['2', 0],
      ['2', 101],
      ['1', 0],
      ['1', 101],
    ])
    expect(runs[1]?.samples).toMatchObject({ planned: 2, unfinished: 2 })
    expect(exit).toBe(101)
  })

  it('begins no run of a grid where one of its models is not there', async () => {
    const count = async (): Promise<number> =>
      RunList.parse(JSON.parse((await terminal.touchstone(['runs', '--json'])).stdout)).runs.length
    const before = await count()

    const { exit, stderr } = await terminal.touchstone([
      ...[...RUN, '--limit', '1'],
      ...['--model', 'heuristic', '--model', 'scripted:absent.json'],
    ])

    expect([exit, await count()]).toEqual([1, before])
    expect(stderr).toContain('absent.json cannot be read')
  })

  it('sets two runs of a suite side by side and says that the baseline is no LLM', async () => {
    const { stdout } = await terminal.touchstone([...RUN, '--prompt', `${PROMPT}@1`, '--limit', '6'])

    expect(stdout).toContain('offline baseline, not an LLM')
    expect(stdout).toMatch(/signal +always-majority +@2 right +@1 right/)
    expect(stdout).toMatch(/on_time_19h +always \w+ \d+ % +\d+\.\d % \(\d+–\d+ · n 6\)/)
    expect(stdout).not.toMatch(/NaN|null|undefined/)
  })

  it('keeps a file as a working copy', async () => {
    const exported = join(terminal.folder, 'out', 'v2.md')
    await terminal.touchstone(['export', 'prompt', `${PROMPT}@2`, '-o', exported])
    const text = await readFile(exported, 'utf8')
    await terminal.write(`${PROMPT}/mine.md`, text.replace('# system', '# system\nRead with care.'))

    const run = runOf(
      await terminal.touchstone([
        'run',
        '--suite',
        SUITE,
        '--prompt',
        `${PROMPT}/mine.md`,
        '--limit',
        '1',
        '--json',
      ]),
    )

    expect(run.prompt).toMatch(/signal_processing#[0-9a-f]{8}$/)
  })

  it('takes the cases that an earlier run got wrong, by name and by model parameter', async () => {
    const all = runOf(await terminal.touchstone([...RUN, '--filter-pattern', 'SCH-000', '--json']))
    const again = runOf(
      await terminal.touchstone([
        ...RUN,
        '--failing-of',
        all.run.slice(0, 13),
        '--model-param',
        'top_p=0.5',
        '--json',
      ]),
    )

    const wrongCases =
      all.overall.wholeCaseRight.n -
      Math.round((all.overall.wholeCaseRight.estimate ?? 0) * all.overall.wholeCaseRight.n)
    expect(all.samples.planned).toBe(9)
    expect(again.samples.planned).toBe(wrongCases)
  })

  it('stops cleanly at Ctrl-C and is resumed to the same end', async () => {
    const script = { default: { policy: 'always', status: 'pass', delay_ms: 200 } }
    await terminal.write('slow.json', JSON.stringify(script))
    const slow = [...RUN, '--limit', '40', '--concurrency', '2', '--model', 'scripted:slow.json', '--json']
    const { child, ended } = terminal.start(slow)
    child.stderr?.on('data', (text: string) => {
      if (text.includes('40 samples of')) setTimeout(() => child.kill('SIGINT'), 700)
    })

    const stopped = await ended
    const run = runOf(stopped)
    await terminal.write('slow.json', JSON.stringify({ default: { policy: 'always', status: 'pass' } }))
    const proof = ['--token-file', join(terminal.folder, 'data', 'credentials', 'operator')]
    const resumed = await terminal.touchstone(['run', '--resume', run.run, ...proof, '--json'])

    expect([stopped.exit, run.status]).toEqual([101, 'STOPPED'])
    expect(run.samples.pending).toBeGreaterThan(0)
    expect(run.samples.completed + run.samples.pending).toBe(40)
    expect(stopped.stderr).toContain(`touchstone run --resume ${run.run}`)
    expect([resumed.exit, runOf(resumed).samples.completed, runOf(resumed).status]).toEqual([
      0,
      40,
      'COMPLETED',
    ])
  })

  it('gives a recording back its own grades', async () => {
    const run = runOf(await terminal.touchstone([...RUN, '--json']))
    const exported = await terminal.touchstone(['export', 'run', run.run, '-o', 'recorded.jsonl'])
    const imported = await terminal.touchstone([
      'import',
      'completions',
      'recorded.jsonl',
      '--suite',
      SUITE,
      '--json',
    ])

    const replayed = runOf(imported)
    expect([exported.exit, imported.exit]).toEqual([0, 0])
    expect(replayed.signals.map(({ grades }) => grades)).toEqual(run.signals.map(({ grades }) => grades))
  })

  it('names the line of a recording that cannot be read', async () => {
    await terminal.write('broken.jsonl', '{"case":"SCH-0001","prompt":"p@1","model":"m"}\n')

    const { exit, stderr } = await terminal.touchstone([
      'import',
      'completions',
      'broken.jsonl',
      '--suite',
      SUITE,
    ])

    expect(exit).toBe(1)
    expect(stderr).toContain('broken.jsonl, line 1: text')
  })
})

describe('export suite', () => {
  it('writes the files as they were imported', async () => {
    const { exit } = await terminal.touchstone(['export', 'suite', SUITE, '-o', 'exported'])

    const names = await readdir(join(terminal.folder, 'exported/cases'))
    const exported = await readFile(join(terminal.folder, 'exported/cases/SCH-0001.yaml'))
    const original = await readFile(
      new URL(`../../../eval-suites/${SUITE}/cases/SCH-0001.yaml`, import.meta.url),
    )
    expect(exit).toBe(0)
    expect(names.length).toBeGreaterThanOrEqual(80)
    expect(exported.equals(original)).toBe(true)
  })
})

describe('model-server', () => {
  it('gives the grades of its model over HTTP, and ends in order at Ctrl-C', async () => {
    const { child, ended } = terminal.start(['model-server', '--model', 'heuristic', '--json'])
    const announced = await new Promise<string>((resolve) => {
      let text = ''
      child.stdout?.on('data', (more: string) => {
        text += more
        if (text.includes('}')) resolve(text)
      })
    })
    const { baseUrl } = ModelServerOutput.parse(JSON.parse(announced))
    const few = [...RUN, '--limit', '5', '--json']

    const served = await terminal.touchstone([...few, '--model', 'openai:any'], {
      OPENAI_BASE_URL: baseUrl,
      OPENAI_API_KEY: 'k',
    })
    const local = await terminal.touchstone(few)
    child.kill('SIGINT')

    expect(runOf(served).signals.map(({ grades }) => grades)).toEqual(
      runOf(local).signals.map(({ grades }) => grades),
    )
    expect((await ended).exit).toBe(0)
  })
})
