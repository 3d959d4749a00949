import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { mapBounded } from './concurrency.ts'

const never = new AbortController().signal

async function collect<Item>(items: AsyncIterable<Item>): Promise<{ done: Item[]; error: unknown }> {
  const done: Item[] = []
  try {
    for await (const item of items) done.push(item)
  } catch (error) {
    return { done, error }
  }
  return { done, error: null }
}

async function* count(upTo: number, taken: number[] = []): AsyncGenerator<number> {
  for (let number = 0; number < upTo; number += 1) {
    taken.push(number)
    yield number
  }
}

describe('mapBounded', () => {
  it('does every item once, whatever the order they end in', async () => {
    const work = async (item: number): Promise<number> => {
      await sleep(item % 3)
      return item * 2
    }

    const { done } = await collect(mapBounded(count(50), { concurrency: 7, signal: never }, work))

    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, item) => item * 2))
  })

  it('gives the work the position of the item in the source', async () => {
    const work = async (item: string, index: number): Promise<string> => `${index}${item}`

    const { done } = await collect(mapBounded(['a', 'b', 'c'], { concurrency: 1, signal: never }, work))

    expect(done).toEqual(['0a', '1b', '2c'])
  })

  it('never has more in work than allowed, and reaches what is allowed', async () => {
    let inWork = 0
    let most = 0
    const work = async (): Promise<void> => {
      inWork += 1
      most = Math.max(most, inWork)
      await sleep(1)
      inWork -= 1
    }

    await collect(mapBounded(count(40), { concurrency: 4, signal: never }, work))

    expect(most).toBe(4)
  })

  it('takes nothing ahead of a consumer that is slow', async () => {
    const taken: number[] = []
    const results = mapBounded(count(1000, taken), { concurrency: 3, signal: never }, async (item) => item)

    await results.next()
    await sleep(20)

    // One consumed, three ready, and one that was in work when the others became ready.
    expect(taken.length).toBeLessThanOrEqual(7)
    await results.return()
  })

  it('stops taking at an error, yields what was in work, then throws it', async () => {
    const taken: number[] = []
    const work = async (item: number): Promise<number> => {
      if (item === 2) throw new Error('third')
      await sleep(5)
      return item
    }

    const { done, error } = await collect(
      mapBounded(count(1000, taken), { concurrency: 3, signal: never }, work),
    )

    expect(error).toEqual(new Error('third'))
    expect(done.sort()).toEqual([0, 1])
    expect(taken.length).toBeLessThan(8)
  })

  it('throws what the source throws, after the work it gave has ended', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1
      throw new Error('source')
    }
    const work = async (item: number): Promise<number> => sleep(5, item)

    const { done, error } = await collect(mapBounded(broken(), { concurrency: 3, signal: never }, work))

    expect([done, error]).toEqual([[1], new Error('source')])
  })

  it('says that it was interrupted, after what was in work has been yielded', async () => {
    const stop = new AbortController()
    const work = async (item: number): Promise<number> => {
      if (item === 1) stop.abort()
      return sleep(3, item)
    }

    const { done, error } = await collect(
      mapBounded(count(1000), { concurrency: 2, signal: stop.signal }, work),
    )

    expect(done.sort()).toEqual([0, 1])
    expect(error).toMatchObject({ code: 'interrupted' })
  })

  it('does nothing when it is interrupted before it begins', async () => {
    const taken: number[] = []

    const { error } = await collect(
      mapBounded(count(9, taken), { concurrency: 2, signal: AbortSignal.abort() }, async (item) => item),
    )

    expect(error).toMatchObject({ code: 'interrupted' })
    expect(taken).toEqual([])
  })

  it('is not held up by a source that never answers', async () => {
    const stop = new AbortController()
    const stuck = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) }
    setTimeout(() => stop.abort(), 5)

    const { error } = await collect(mapBounded(stuck, { concurrency: 2, signal: stop.signal }, async () => 1))

    expect(error).toMatchObject({ code: 'interrupted' })
  })

  it('closes the source when the consumer leaves early', async () => {
    let isClosed = false
    async function* source(): AsyncGenerator<number> {
      try {
        yield* count(1000)
      } finally {
        isClosed = true
      }
    }

    for await (const item of mapBounded(source(), { concurrency: 2, signal: never }, async (n) => n)) {
      if (item > 3) break
    }

    expect(isClosed).toBe(true)
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses a concurrency of %s', async (concurrency) => {
    const { error } = await collect(mapBounded([1], { concurrency, signal: never }, async (item) => item))

    expect(error).toMatchObject({ code: 'usage' })
  })
})
