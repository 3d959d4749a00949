import { TouchstoneError } from '@touchstone/core'

/** Runs work on the embedded server's files; a full disk or a forbidden file becomes an error that says what to do. */
export async function explainingFileFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TouchstoneError || !(error instanceof Error) || !('code' in error)) throw error
    const file =
      'path' in error && typeof error.path === 'string' ? error.path : 'a file of the embedded database'
    const options = { cause: error, ...(file.startsWith('/') ? { file } : {}) }
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
      throw new TouchstoneError(
        'disk_full',
        `No space is left to write ${file}: free some and start again.`,
        options,
      )
    }
    if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS') {
      throw new TouchstoneError(
        'environment',
        `This user may not use ${file}. Run Touchstone as the user who made the data folder, ` +
          'or set TOUCHSTONE_DATA to another.',
        options,
      )
    }
    throw error
  }
}
