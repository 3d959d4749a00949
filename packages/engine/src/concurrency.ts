import { TouchstoneError } from '@touchstone/core'

/** How much is done at once: `concurrency` items in work, and as many finished ones waiting to be taken. */
export type Bounds = { concurrency: number; signal: AbortSignal }

/** The work on one item; `index` counts the items from 0 in the order of the source. */
export type Work<Item, Done> = (item: Item, index: number) => Promise<Done>

/**
 * Works on the items of a source, some at once, and yields what comes of each as it is finished.
 *
 * Nothing is taken from the source before there is room for it, so memory does not grow with the
 * source, and a slow consumer slows the work. The first error of the source or the work, or the
 * signal (as `interrupted`), stops the taking; what is in work still ends and is yielded; then the
 * error is thrown. A consumer that leaves early waits for what is in work and loses it.
 */
export async function* mapBounded<Item, Done>(
  source: AsyncIterable<Item> | Iterable<Item>,
  bounds: Bounds,
  work: Work<Item, Done>,
): AsyncGenerator<Done, void, undefined> {
  const bench = openBench<Done>(bounds)
  void takeAll(source, bench, work)
  try {
    for (;;) {
      const done = bench.ready.shift()
      if (done !== undefined) {
        bench.changed.ring()
        yield done.value
      } else if (bench.isOver()) break
      else await bench.changed.wait()
    }
    if (bench.failure !== null) throw bench.failure.error
  } finally {
    bench.isLeft = true
    bench.changed.ring()
    while (bench.inWork > 0 || !bench.isSourceLeft()) await bench.changed.wait()
    bench.close()
  }
}

/** What is shared between who takes, who works and who consumes. */
type Bench<Done> = {
  ready: { value: Done }[]
  inWork: number
  /** Whether the source is being asked for its next item: it may never answer. */
  isTaking: boolean
  isClosed: boolean
  isExhausted: boolean
  isLeft: boolean
  failure: { error: unknown } | null
  changed: Bell
  isStopped: () => boolean
  isOver: () => boolean
  hasRoom: () => boolean
  /** Whether nothing more is to be expected of the source: it is closed, or it is stuck and nobody will wait. */
  isSourceLeft: () => boolean
  close: () => void
}

function openBench<Done>({ concurrency, signal }: Bounds): Bench<Done> {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new TouchstoneError(
      'usage',
      `A concurrency of ${concurrency} does nothing; give a whole number from 1.`,
    )
  }
  const bench: Bench<Done> = {
    ready: [],
    inWork: 0,
    isTaking: false,
    isClosed: false,
    isExhausted: false,
    isLeft: false,
    failure: null,
    changed: makeBell(),
    isStopped: () => bench.isLeft || bench.isExhausted || bench.failure !== null,
    isOver: () => bench.isStopped() && bench.inWork === 0 && bench.ready.length === 0,
    hasRoom: () => bench.inWork < concurrency && bench.ready.length < concurrency,
    isSourceLeft: () => bench.isClosed || (signal.aborted && bench.isTaking),
    close: () => signal.removeEventListener('abort', interrupt),
  }
  const interrupt = (): void => {
    const message = 'Interrupted; what was in work is done, the rest is not.'
    bench.failure ??= { error: new TouchstoneError('interrupted', message) }
    bench.changed.ring()
  }
  if (signal.aborted) interrupt()
  else signal.addEventListener('abort', interrupt, { once: true })
  return bench
}

async function takeAll<Item, Done>(
  source: AsyncIterable<Item> | Iterable<Item>,
  bench: Bench<Done>,
  work: Work<Item, Done>,
): Promise<void> {
  const items = iterate(source)
  try {
    for (let index = 0; ; index += 1) {
      while (!bench.isStopped() && !bench.hasRoom()) await bench.changed.wait()
      if (bench.isStopped()) break
      bench.isTaking = true
      const next = await items.next()
      bench.isTaking = false
      if (next.done) bench.isExhausted = true
      else if (!bench.isStopped()) void workOn(bench, () => work(next.value, index))
    }
    await items.return(undefined)
  } catch (error) {
    bench.isTaking = false
    bench.failure ??= { error }
  } finally {
    bench.isClosed = true
    bench.changed.ring()
  }
}

async function* iterate<Item>(
  source: AsyncIterable<Item> | Iterable<Item>,
): AsyncGenerator<Item, void, undefined> {
  yield* source
}

async function workOn<Done>(bench: Bench<Done>, work: () => Promise<Done>): Promise<void> {
  bench.inWork += 1
  try {
    bench.ready.push({ value: await work() })
  } catch (error) {
    bench.failure ??= { error }
  } finally {
    bench.inWork -= 1
    bench.changed.ring()
  }
}

type Bell = { ring: () => void; wait: () => Promise<void> }

/** Wakes everyone who waits; nothing rings for those who come later. */
function makeBell(): Bell {
  let next = Promise.withResolvers<void>()
  return {
    wait: () => next.promise,
    ring: () => {
      next.resolve()
      next = Promise.withResolvers<void>()
    },
  }
}
