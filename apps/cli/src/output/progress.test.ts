import { describe, expect, it } from 'vitest'
import { createProgress } from './progress.ts'

function recordOf(isTTY: boolean): { written: string[]; walk: (steps: number) => void } {
  const written: string[] = []
  let clock = 0
  const progress = createProgress({ isTTY, write: (text) => written.push(text) }, () => clock)
  return {
    written,
    walk(steps) {
      progress.begin(40, 'run 1: 40 samples')
      for (let step = 0; step < steps; step += 1) {
        clock += 100
        progress.step()
      }
      progress.end()
    },
  }
}

describe('progress', () => {
  it('is a line at the start and one at the end where nobody watches', () => {
    const { written, walk } = recordOf(false)

    walk(20)

    expect(written).toEqual(['run 1: 40 samples\n', '20 of 40 samples walked, 10/s\n'])
  })

  it('is a bar with rate and time left at a terminal', () => {
    const { written, walk } = recordOf(true)

    walk(20)

    expect(written).toContain('\r\x1b[2K▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░ 20/40 · 10/s · 2 s left')
  })
})
