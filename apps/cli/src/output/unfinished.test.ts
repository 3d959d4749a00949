import { expect, it } from 'vitest'
import { countUnfinished } from './unfinished.ts'

it('says why samples stay unfinished, the commonest reason first', () => {
  const unfinished = countUnfinished()
  unfinished.add({ kind: 'timeout', message: 'No answer within 60 s.' })
  unfinished.add({ kind: 'server_error', message: 'The server answered 500.' })
  unfinished.add({ kind: 'server_error', message: 'The server answered 503.' })

  expect(unfinished.lines()).toEqual([
    'unfinished, server_error (2): The server answered 500.',
    'unfinished, timeout (1): No answer within 60 s.',
  ])
})
