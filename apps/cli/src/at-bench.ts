import type { Queryable } from '@touchstone/db'
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

/** The environment of a session, read and checked. */
export async function environmentOf({ root, env }: Session): Promise<Environment> {
  const { readEnvironment } = await import('@touchstone/engine')
  return readEnvironment({ root, env })
}

/** One transaction for metadata: the owner's where its credential can be read and no token was given, else the actor's. */
export async function atOwnerOrActor<T>(session: Session, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const { asActor, asOwner } = await import('@touchstone/db')
  const environment = await environmentOf(session)
  return atBench(session, async ({ db, credential }, { ownerUrl }) =>
    ownerUrl === null || environment.token !== undefined
      ? asActor(db, credential, work)
      : asOwner(ownerUrl, work),
  )
}
