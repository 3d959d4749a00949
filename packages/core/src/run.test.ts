import { expect, it } from 'vitest'
import { combineExits, type ExitCode } from './run.ts'

it.each<[ExitCode[], ExitCode]>([
  [[], 0],
  [[0, 103], 103],
  [[103, 100], 100],
  [[100, 101], 101],
  [[101, 102], 102],
  [[102, 1], 1],
  [[1, 2], 2],
])('exit codes %j end as %i', (codes, exit) => {
  expect(combineExits(codes)).toBe(exit)
})
