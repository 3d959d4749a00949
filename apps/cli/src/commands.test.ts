import {
  DiffOutput,
  DoctorOutput,
  ErrorReport,
  ExportMetadataOutput,
  ExportPromptOutput,
  ImportMetadataOutput,
  ImportOutput,
  LintOutput,
  PromptsOutput,
  RunList,
  SetupOutput,
  ShowPromptOutput,
  ShowSuiteOutput,
  SuitesOutput,
  TokenCreateOutput,
  TokenListOutput,
  TryOutput,
  UserListOutput,
  UserOutput,
} from '@touchstone/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestTerminal, type TestTerminal } from './testing.ts'

const SUITE = 'orthopedics/timeliness_sch'
const PROMPT = `${SUITE}/signal_processing`

let terminal: TestTerminal

beforeAll(async () => {
  terminal = await openTestTerminal()
  const first = await terminal.touchstone(['setup', '--json'])
  expect(first.exit, first.stderr + first.stdout).toBe(0)
})
afterAll(async () => {
  await terminal[Symbol.asyncDispose]()
})

describe.concurrent('the command line', () => {
  it('sets up again without changing anything', async () => {
    const { exit, stdout } = await terminal.touchstone(['setup', '--json'])

    const { operator, migrations, prompts, suites } = SetupOutput.parse(JSON.parse(stdout))
    const changes = [...prompts.items, ...suites.items].map(({ change }) => change)
    expect({ exit, operator, applied: migrations.applied }).toEqual({
      exit: 0,
      operator: 'there',
      applied: [],
    })
    expect(new Set(changes)).toEqual(new Set(['same']))
  })

  it.each([
    [['doctor'], DoctorOutput],
    [['prompts'], PromptsOutput],
    [['suites'], SuitesOutput],
    [['runs'], RunList],
    [['show', `${PROMPT}@2`], ShowPromptOutput],
    [['show', PROMPT], ShowPromptOutput],
    [['show', SUITE], ShowSuiteOutput],
    [['diff', `${PROMPT}@1`, `${PROMPT}@2`], DiffOutput],
    [['lint', `${PROMPT}@2`], LintOutput],
    [['export', 'metadata'], ExportMetadataOutput],
    [['export', 'prompt', `${PROMPT}@2`], ExportPromptOutput],
    [['import', 'prompts'], ImportOutput],
    [['user', 'list'], UserListOutput],
    [['token', 'list'], TokenListOutput],
  ])('%o prints one document of its schema and nothing else', async (words, schema) => {
    const { exit, stdout } = await terminal.touchstone([...words, '--json'])

    expect(schema.safeParse(JSON.parse(stdout)).error).toBeUndefined()
    expect(exit).toBe(0)
  })

  it('shows of a tried case no word of the chart unless it is asked to', async () => {
    const words = ['try', `${PROMPT}@2`, '--case', 'SCH-0007', '--json']

    const plain = TryOutput.parse(JSON.parse((await terminal.touchstone(words)).stdout))
    const asked = [...words, '--show', 'messages', '--show', 'evidence', '--show', 'answer']
    const full = TryOutput.parse(JSON.parse((await terminal.touchstone(asked)).stdout))

    expect([plain.messages, plain.answer, plain.evidence]).toEqual([null, null, null])
    expect([full.messages?.length, full.evidence?.length].every((count) => (count ?? 0) > 0)).toBe(true)
    expect(full.signals?.map(({ signal }) => signal)).toEqual(plain.signals?.map(({ signal }) => signal))
  })

  it('gives back metadata that can be imported again and changes nothing', async () => {
    const { stdout } = await terminal.touchstone(['export', 'metadata'])
    await terminal.write('metadata.yaml', stdout)

    const again = await terminal.touchstone(['import', 'metadata', 'metadata.yaml', '--json'])

    const { counts, newModuleVersions } = ImportMetadataOutput.parse(JSON.parse(again.stdout))
    expect(counts.every(({ created, changed }) => created === 0 && changed === 0)).toBe(true)
    expect(newModuleVersions).toEqual([])
  })

  it('makes users and tokens, and lets an admin work by a token file', async () => {
    const added = await terminal.touchstone(['user', 'add', 'ada', '--role', 'admin', '--json'])
    expect(UserOutput.parse(JSON.parse(added.stdout)).role).toBe('admin')
    const made = await terminal.touchstone(['token', 'create', '--user', 'ada', '--name', 'desk', '--json'])
    const { id, token } = TokenCreateOutput.parse(JSON.parse(made.stdout))
    await terminal.write('token', token)

    const byToken = await terminal.touchstone(['user', 'role', 'ada', 'viewer', '--token-file', 'token'])
    const asViewer = await terminal.touchstone(['user', 'role', 'ada', 'admin', '--token-file', 'token'])
    await terminal.touchstone(['token', 'revoke', id])
    const revoked = await terminal.touchstone(['runs', '--token-file', 'token', '--json'])

    expect([byToken.exit, byToken.stdout]).toEqual([0, 'ada is viewer\n'])
    expect(asViewer.exit).toBe(1)
    expect(ErrorReport.parse(JSON.parse(revoked.stdout)).error.code).toBe('not_signed_in')
  })

  it('names file, line and field of what is wrong in a suite, and imports nothing of it', async () => {
    await terminal.write('own/suite.yaml', `id: own/suite\nname: Own\nmodule: ${SUITE}\n`)
    await terminal.write(
      'own/cases/A-1.yaml',
      'case: A-1\npayload: { times: {} }\ngold:\n  no_such_signal: { status: pass }\n',
    )

    const unknown = await terminal.touchstone(['import', 'suite', 'own', '--json'])
    await terminal.write('own/cases/A-1.yaml', 'case: A-1\npayload: { times: {}\ngold: {}\n')
    const broken = await terminal.touchstone(['import', 'suite', 'own', '--json'])
    const shown = await terminal.touchstone(['show', 'own/suite', '--json'])

    const { error } = ErrorReport.parse(JSON.parse(unknown.stdout))
    expect(error.file).toContain('A-1.yaml')
    expect(error.field).toContain('no_such_signal')
    expect(ErrorReport.parse(JSON.parse(broken.stdout)).error).toMatchObject({
      file: expect.stringContaining('A-1.yaml'),
      line: expect.any(Number),
    })
    expect([unknown.exit, broken.exit, shown.exit]).toEqual([1, 1, 1])
  })

  it('says an error in a line or two, without a stack unless --debug asks for it', async () => {
    const plain = await terminal.touchstone(['show', 'no/such/thing'])
    const debug = await terminal.touchstone(['show', 'no/such/thing', '--debug'])

    expect(plain.stdout).toBe('')
    expect(plain.stderr.trim().split('\n')).toHaveLength(1)
    expect(debug.stderr).toContain('    at ')
  })

  it('keeps quiet when its reader leaves early', async () => {
    const { child, ended } = terminal.start(['show', SUITE, '--json'])
    child.stdout?.destroy()

    expect((await ended).stderr).toBe('')
  })

  it.each([
    [['no-such-command']],
    [['run', '--repeats', 'many']],
    [['run', '--prompt', `${PROMPT}@2`]],
    [['run', '--suite', SUITE]],
    [['run', '--suite', SUITE, '--prompt', 'nonsense']],
    [['run', '--suite', SUITE, '--prompt', `${PROMPT}@2`, '--split', 'neither']],
    [['run', '--suite', SUITE, '--prompt', `${PROMPT}@2`, '--retry-errors']],
    [['run', '--resume', '0198c0de', '--suite', SUITE]],
    [['import']],
    [['export', 'run', '0198c0de']],
  ])('ends %o as wrong usage', async (words) => {
    const { exit, stdout } = await terminal.touchstone([...words, '--json'])

    expect(ErrorReport.parse(JSON.parse(stdout)).error.code).toBe('usage')
    expect(exit).toBe(2)
  })

  it.each([
    ['not_found', ['run', '--suite', 'no/suite', '--prompt', `${PROMPT}@2`], {}],
    ['not_found', ['run', '--suite', SUITE, '--prompt', `${PROMPT}@99`], {}],
    ['budget', ['run', '--suite', SUITE, '--prompt', `${PROMPT}@2`, '--budget', '1'], {}],
    ['model_unknown', ['run', '--suite', SUITE, '--prompt', `${PROMPT}@2`, '--model', 'oracle'], {}],
    [
      'model_not_configured',
      ['run', '--suite', SUITE, '--prompt', `${PROMPT}@2`, '--model', 'openai:gpt-4o-mini'],
      {},
    ],
    ['database_unreachable', ['runs'], { DATABASE_URL: 'postgresql://a:b@127.0.0.1:9/none' }],
    ['environment', ['runs'], { PORT: 'abc' }],
    ['file_unreadable', ['import', 'suite', 'nowhere'], {}],
  ])('ends with %s where that is what is wrong', async (code, words, env) => {
    const { exit, stdout } = await terminal.touchstone([...words, '--json'], env)

    expect(ErrorReport.parse(JSON.parse(stdout)).error.code).toBe(code)
    expect(exit).toBe(1)
  })
})
