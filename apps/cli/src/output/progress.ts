import { writeCount } from './figures.ts'

/** Tells how far long work is. */
export type Progress = {
  begin: (total: number, what: string) => void
  step: () => void
  end: () => void
}

type Stream = { isTTY?: boolean; write: (text: string) => unknown }

const REDRAW_MS = 100
const BAR_WIDTH = 20

/** A bar that is redrawn where stderr is a terminal; elsewhere a line at the start and one at the end. */
export function createProgress(stream: Stream, now: () => number = Date.now): Progress {
  const isBar = stream.isTTY === true
  let [total, done, startedAt, drawnAt] = [0, 0, 0, 0]

  const draw = (): void => {
    drawnAt = now()
    const filled = total === 0 ? BAR_WIDTH : Math.round((BAR_WIDTH * done) / total)
    const rate = rateOf(done, drawnAt - startedAt)
    const left =
      rate === null
        ? ''
        : ` · ${rate.toFixed(rate < 10 ? 1 : 0)}/s · ${writeLeft((total - done) / rate)} left`
    const bar = '▓'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
    stream.write(`\r\x1b[2K${bar} ${writeCount(done)}/${writeCount(total)}${left}`)
  }

  return {
    begin(samples, what) {
      ;[total, done, startedAt] = [samples, 0, now()]
      stream.write(`${what}\n`)
      if (isBar) draw()
    },
    step() {
      done += 1
      if (isBar && now() - drawnAt >= REDRAW_MS) draw()
    },
    end() {
      if (isBar) stream.write('\r\x1b[2K')
      const rate = rateOf(done, now() - startedAt)
      const pace = rate === null ? '' : `, ${rate.toFixed(rate < 10 ? 1 : 0)}/s`
      stream.write(`${writeCount(done)} of ${writeCount(total)} samples walked${pace}\n`)
    },
  }
}

function rateOf(done: number, elapsedMs: number): number | null {
  return done === 0 || elapsedMs <= 0 ? null : (done * 1000) / elapsedMs
}

function writeLeft(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
