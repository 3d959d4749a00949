import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** What each room may import: workspace rooms, and packages from outside. The README draws the same picture. */
const ROOMS: Record<string, { workspace: string[]; outside: string[] }> = {
  'packages/core': { workspace: [], outside: ['@noble/hashes', 'zod'] },
  'packages/pipeline': {
    workspace: ['core'],
    outside: [
      '@marcbachmann/cel-js',
      '@stdlib/stats-base-dists-normal-quantile',
      '@stdlib/stats-base-dists-t-quantile',
      'jsonrepair',
      'liquidjs',
    ],
  },
  'packages/formats': { workspace: ['core'], outside: ['yaml', 'zod'] },
  'packages/db': { workspace: ['core'], outside: ['drizzle-orm', 'pg', 'uuid', 'zod'] },
  'packages/engine': { workspace: ['core', 'db', 'formats', 'pipeline'], outside: ['openai', 'zod'] },
  'apps/cli': { workspace: ['core', 'db', 'engine'], outside: ['commander'] },
  'apps/stopwatch': { workspace: ['db', 'engine', 'formats'], outside: ['zod'] },
}
/** The pure stages, in the order of the route. */
const STAGES = ['render', 'deidentify', 'parse', 'verify', 'check', 'grade', 'summarize']
const PURE_ROOMS = ['packages/core', 'packages/pipeline', 'packages/formats']

function manifestOf(room: string): {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
} {
  return JSON.parse(readFileSync(`${room}/package.json`, 'utf8'))
}

function sourcesOf(room: string): { file: string; text: string }[] {
  return globSync(`${room}/src/**/*.{ts,tsx}`)
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
}

describe('the architecture', () => {
  it('has the rooms that are written down here and no other', () => {
    const rooms = globSync(['packages/*/package.json', 'apps/*/package.json']).map((path) =>
      path.replace('/package.json', ''),
    )
    expect(rooms.sort()).toEqual(Object.keys(ROOMS).sort())
  })

  it.each(Object.entries(ROOMS))('%s depends on what it may and nothing else', (room, allowed) => {
    const names = Object.keys(manifestOf(room).dependencies ?? {})
    const workspace = names
      .filter((name) => name.startsWith('@touchstone/'))
      .map((name) => name.slice('@touchstone/'.length))
    const outside = names.filter((name) => !name.startsWith('@touchstone/'))
    expect(workspace.sort()).toEqual(allowed.workspace)
    expect(outside.sort()).toEqual(allowed.outside)
  })

  it.each(PURE_ROOMS)('%s takes clock and chance as parameters', (room) => {
    const impure = sourcesOf(room).filter(({ text }) =>
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bperformance\.now\b|crypto\.randomUUID|from 'node:/.test(
        text,
      ),
    )
    expect(impure.map(({ file }) => file)).toEqual([])
  })

  it('keeps SQL in db: no other room speaks to the database driver', () => {
    const strangers = Object.keys(ROOMS)
      .filter((room) => room !== 'packages/db')
      .flatMap(sourcesOf)
      .filter(({ text }) => /from '(pg|drizzle-orm)/.test(text))
    expect(strangers.map(({ file }) => file)).toEqual([])
  })

  it('keeps SQL in db: no other room writes a statement', () => {
    const strangers = Object.keys(ROOMS)
      .filter((room) => room !== 'packages/db')
      .flatMap(sourcesOf)
      .filter(({ text }) => /\.query\(/.test(text))
    expect(strangers.map(({ file }) => file)).toEqual([])
  })

  it.each(STAGES)('lets stage %s know no other stage: they meet in the types of core alone', (stage) => {
    const text = readFileSync(`packages/pipeline/src/${stage}.ts`, 'utf8')
    const others = STAGES.filter((other) => other !== stage && text.includes(`from './${other}.ts'`))
    expect(others).toEqual([])
  })

  it('keeps the network to models in engine/model', () => {
    const strangers = Object.keys(ROOMS)
      .flatMap(sourcesOf)
      .filter(
        ({ file, text }) =>
          !file.startsWith('packages/engine/src/model/') && /from 'openai|\bfetch\(/.test(text),
      )
    expect(strangers.map(({ file }) => file).filter((file) => !file.startsWith('apps/stopwatch/'))).toEqual(
      [],
    )
  })
})
