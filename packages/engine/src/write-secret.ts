import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TouchstoneError } from '@touchstone/core'

/** Writes a secret whole or not at all, for this user alone. */
export async function writeSecret(file: string, secret: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const partial = `${file}.${process.pid}.partial`
    await writeFile(partial, `${secret}\n`, { mode: 0o600 })
    await rename(partial, file)
  } catch (cause) {
    throw new TouchstoneError(
      'environment',
      `${file} cannot be written; set TOUCHSTONE_DATA to a folder that can.`,
      { file, cause },
    )
  }
}
