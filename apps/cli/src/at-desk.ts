import type { Administrator } from '@touchstone/engine'
import { atBench, environmentOf } from './at-bench.ts'
import type { Session } from './session.ts'

/** Works as the administrator: proved by a token where one is given, else by the owner's credential. */
export async function atDesk<T>(
  session: Session,
  work: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  const { administratorOf } = await import('@touchstone/engine')
  const { token } = await environmentOf(session)
  return atBench(session, (_bench, house) =>
    work(administratorOf(house, { isTokenGiven: token !== undefined })),
  )
}
