// Every check that is no test: format and lint, types, unused code, file lengths. `--with-tests` runs the tests after.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'

const LINES_MAX = 400
let failures = 0

function step(name, command, args) {
  console.log(`── ${name}`)
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) failures += 1
}

function node(script, ...args) {
  return [process.execPath, [script, ...args]]
}

step('format and lint', 'node_modules/.bin/biome', ['check', '--error-on-warnings', '.'])
for (const room of globSync(['packages/*', 'apps/*'])
  .filter((path) => existsSync(`${path}/tsconfig.json`))
  .sort()) {
  step(`types: ${room}`, 'node_modules/.bin/tsc', ['-p', room])
}
step('types: the root', 'node_modules/.bin/tsc', ['-p', '.'])
step('unused', 'node_modules/.bin/knip', [])

console.log(`── no source file over ${LINES_MAX} lines`)
for (const file of globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.{ts,tsx}', 'scripts/*.mjs'])) {
  if (file.endsWith('.test.ts')) continue
  const lines = readFileSync(file, 'utf8').split('\n').length - 1
  if (lines > LINES_MAX) {
    console.error(`${file} has ${lines} lines; split it by what its parts are about.`)
    failures += 1
  }
}

if (process.argv.includes('--with-tests')) step('tests', ...node('scripts/test.mjs'))
console.log(failures === 0 ? 'All checks passed.' : `${failures} checks failed.`)
process.exit(failures === 0 ? 0 : 1)
