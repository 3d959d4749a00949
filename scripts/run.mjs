// Runs one verb of the project on a machine that has only Node and npm: installs what is missing,
// then hands over to the pinned Node. Plain JavaScript, so that Node 18 and later can read it.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PNPM = 'pnpm@12.21.0'
const NODE_MAJOR = 24
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const installedMark = join(root, 'node_modules', '.touchstone-installed')

const VERBS = {
  start: ['apps/cli/src/main.ts', 'start'],
  touchstone: ['apps/cli/src/main.ts'],
  stopwatch: ['apps/stopwatch/src/main.ts'],
  test: ['scripts/test.mjs'],
  check: ['scripts/check.mjs'],
}

function fail(message) {
  console.error(`touchstone: ${message}`)
  process.exit(1)
}

function isInstalled() {
  if (!existsSync(installedMark)) return false
  const wanted = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
  return readFileSync(installedMark, 'utf8') === fingerprint(wanted)
}

function fingerprint(lockfile) {
  return `${lockfile.length} ${process.platform} ${process.arch} ${hash(lockfile)}\n`
}

// FNV-1a: tells one lockfile from another without loading crypto for every command.
function hash(text) {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  return value.toString(16)
}

function install() {
  // Two commands started at once on a fresh clone must not install into each other.
  const lock = join(root, 'node_modules', '.touchstone-installing')
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  while (!takeLock(lock)) {
    if (isInstalled()) return
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  }
  try {
    if (isInstalled()) return
    console.error('touchstone: installing (once; under a minute) …')
    const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx'
    const args = ['-y', PNPM, 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only']
    const done = spawnSync(npx, args, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, CI: 'true', npm_config_loglevel: 'error' },
      shell: process.platform === 'win32',
    })
    if (done.error) fail(`npx could not be started (${done.error.message}); is npm installed?`)
    if (done.status !== 0) {
      console.error(`${done.stdout}${done.stderr}`.trim().split('\n').slice(-30).join('\n'))
      fail('the installation failed; the lines above say why.')
    }
    writeFileSync(installedMark, fingerprint(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')))
  } finally {
    rmSync(lock, { force: true })
  }
}

function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (isAbandoned(lock)) rmSync(lock, { force: true })
    return false
  }
}

// A holder that was killed leaves its lock behind: it is void when its process is gone.
function isAbandoned(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    if (pid === 0) return Date.now() - statSync(lock).mtimeMs > 5000
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

function findNode() {
  const pinned = pinnedNode()
  if (pinned !== null) return pinned
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return process.execPath
  return fail(
    `there is no Node ${NODE_MAJOR} in the package registry for ${process.platform}-${process.arch}; ` +
      `install Node ${NODE_MAJOR} or later yourself (this is ${process.versions.node}) and run the command again.`,
  )
}

function pinnedNode() {
  if (process.platform !== 'linux') return null
  try {
    const require = createRequire(join(root, 'package.json'))
    const folder = dirname(require.resolve(`node-linux-${process.arch}/package.json`))
    const binary = join(folder, 'bin', 'node')
    // A build for another C library is there but does not run.
    return spawnSync(binary, ['--version']).status === 0 ? binary : null
  } catch {
    return null
  }
}

const [verb, ...rest] = process.argv.slice(2)
if (!Object.hasOwn(VERBS, verb ?? '')) fail(`usage: node scripts/run.mjs ${Object.keys(VERBS).join('|')} …`)
if (!isInstalled()) install()

const node = findNode()
// A small young generation and a patient old one: without them the heap of a busy run grows to no purpose.
const MEMORY = ['--max-semi-space-size=8', '--heap-growing-percent=50']
const child = spawn(node, [...MEMORY, ...VERBS[verb].map(atRoot), ...rest], {
  stdio: 'inherit',
  cwd: verb === 'touchstone' ? (process.env.INIT_CWD ?? process.cwd()) : root,
  env: {
    ...process.env,
    PATH: `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
  },
})
// Ctrl-C at a terminal reaches the child by itself; what is sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
}
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})

function atRoot(argument, index) {
  return index === 0 ? join(root, argument) : argument
}
