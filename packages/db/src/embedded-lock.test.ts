import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { takeFolderLock, tryFolderLock } from './embedded-lock.ts'

const MODULE = new URL('./embedded-lock.ts', import.meta.url).href

async function lockFile(): Promise<{ file: string; [Symbol.asyncDispose](): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'touchstone lock '))
  return {
    file: path.join(folder, 'start.lock'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

describe('a folder lock', () => {
  it('excludes a second taker in the same process until it is released', async () => {
    await using place = await lockFile()
    const first = tryFolderLock(place.file)

    expect(first).not.toBeNull()
    expect(tryFolderLock(place.file)).toBeNull()

    first?.release()
    using second = tryFolderLock(place.file)
    expect(second).not.toBeNull()
  })

  it('blocks nobody once the process that held it was killed', async () => {
    await using place = await lockFile()
    const script = `import { tryFolderLock } from ${JSON.stringify(MODULE)}
      globalThis.held = tryFolderLock(${JSON.stringify(place.file)})
      process.stdout.write('held')
      setInterval(() => {}, 1000)`
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    expect(tryFolderLock(place.file)).toBeNull()

    holder.kill('SIGKILL')

    using lock = await takeFolderLock(place.file, 10)
    expect(lock).toBeDefined()
  })

  it('says who to wait for when it cannot be had in time', async () => {
    await using place = await lockFile()
    using _held = tryFolderLock(place.file)

    await expect(takeFolderLock(place.file, 0.05)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(place.file),
    })
  })

  it('lets one taker in at a time, and each of them once', async () => {
    await using place = await lockFile()
    let inside = 0
    const most: number[] = []

    await Promise.all(
      Array.from({ length: 20 }, async () => {
        using _lock = await takeFolderLock(place.file)
        inside += 1
        most.push(inside)
        await new Promise((resolve) => setImmediate(resolve))
        inside -= 1
      }),
    )

    expect(most).toEqual(Array.from({ length: 20 }, () => 1))
  })

  it('leaves a file that only its owner may use', async () => {
    await using place = await lockFile()
    using _lock = tryFolderLock(place.file)

    expect((await stat(place.file)).mode & 0o777).toBe(0o600)
  })
})
