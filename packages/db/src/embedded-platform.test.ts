import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  findNativePostgres,
  nativeEnvironment,
  reachableNativePostgres,
  serverUser,
} from './embedded-platform.ts'

const run = promisify(execFile)

describe('the PostgreSQL to run', () => {
  it('is the installed one where the server can reach it', async () => {
    const native = findNativePostgres()
    const { stdout } = await run(path.join(native.folder, 'bin', 'postgres'), ['--version'], {
      env: nativeEnvironment(native),
    })

    expect(stdout).toContain(`(PostgreSQL) ${native.packageVersion.split('.').slice(0, 2).join('.')}`)
  })

  it('gets none of the environment of the application', () => {
    process.env.OPENAI_API_KEY ??= 'not a key'

    expect(nativeEnvironment(findNativePostgres())).not.toHaveProperty('OPENAI_API_KEY')
  })

  it.runIf(serverUser() !== null)('is a whole copy where the installed one is out of reach', async () => {
    const top = await mkdtemp(path.join(tmpdir(), 'touchstone native '))
    await chmod(top, 0o711)
    const closed = path.join(top, 'closed')
    const copies = path.join(top, 'copies')
    await mkdir(closed, { mode: 0o700 })
    await mkdir(path.join(copies, 'native-1.0.partial-999999999-0a'), { recursive: true })
    await writeFile(path.join(copies, 'native-1.0.partial-999999999-0a', 'half'), '')
    try {
      const installed = findNativePostgres()
      const barred = { ...installed, folder: path.join(closed, 'native') }
      await cp(installed.folder, barred.folder, { recursive: true, verbatimSymlinks: true })

      const [native] = await Promise.all([
        reachableNativePostgres(barred, copies),
        reachableNativePostgres(barred, copies),
      ])

      expect(await readdir(copies)).toEqual([`native-${installed.packageVersion}`])
      const { stdout } = await run(path.join(native.folder, 'bin', 'initdb'), ['--version'], {
        ...serverUser(),
        cwd: '/',
        env: nativeEnvironment(native),
      })
      expect(stdout).toContain('initdb (PostgreSQL)')
    } finally {
      await rm(top, { recursive: true, force: true })
    }
  })
})
