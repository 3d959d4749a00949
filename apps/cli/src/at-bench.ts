import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { TouchstoneError } from '@touchstone/core'
import type { Transaction } from '@touchstone/db'
import type { Bench, Environment, House } from '@touchstone/engine'
import type { Session } from './session.ts'

/** Works at the bench of an opened house and closes it whatever happens. */
export async function atBench<T>(
  session: Session,
  work: (bench: Bench, house: House) => Promise<T>,
): Promise<T> {
  const { openHouse } = await import('@touchstone/engine')
  const { root } = session
  const house = await openHouse({ root, environment: await environmentOf(session) })
  try {
    return await work({ ...house.bench, models: { ...house.bench.models, folder: root } }, house)
  } finally {
    await house.close()
  }
}

/** The environment of a session, read and checked; the token of `--token-file` takes the place of TOUCHSTONE_TOKEN. */
export async function environmentOf({ root, cwd, env, tokenFile }: Session): Promise<Environment> {
  const { readEnvironment } = await import('@touchstone/engine')
  const environment = readEnvironment({ root, env })
  return tokenFile === undefined ? environment : { ...environment, token: await readToken(cwd, tokenFile) }
}

async function readToken(cwd: string, file: string): Promise<string> {
  const text = await readFile(resolve(cwd, file), 'utf8').catch((cause: unknown) => {
    throw new TouchstoneError('file_unreadable', `The token file ${file} cannot be read.`, { file, cause })
  })
  const token = text.trim()
  if (token !== '') return token
  throw new TouchstoneError('file_invalid', `The token file ${file} is empty.`, { file })
}

/** One transaction for metadata: the owner's where its credential can be read and no token was given, else the actor's. */
export async function atOwnerOrActor<T>(session: Session, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const { asActor, asOwner } = await import('@touchstone/db')
  const environment = await environmentOf(session)
  return atBench(session, async ({ db, credential }, { ownerUrl }) =>
    ownerUrl === null || environment.token !== undefined
      ? asActor(db, credential, work)
      : asOwner(ownerUrl, work),
  )
}
