import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TouchstoneError } from '@touchstone/core'
import type { EmbeddedLayout } from './embedded-layout.ts'
import { type NativePostgres, nativeEnvironment, serverUser } from './embedded-platform.ts'

/** The superuser of an embedded cluster; it creates roles and the database, and nothing of ours runs as it. */
export const SUPERUSER = 'touchstone_superuser'

const PARTIAL_PREFIX = 'partial-'

/**
 * Makes the cluster if there is none: in a folder beside its place, renamed when initdb is through, so a
 * killed initdb leaves only a folder that the next call clears away. Call it under the start lock.
 */
export async function ensureCluster(
  layout: EmbeddedLayout,
  options: { native: NativePostgres; superuserPassword: string },
): Promise<void> {
  for (const name of await readdir(layout.serverFolder)) {
    if (name.startsWith(PARTIAL_PREFIX)) {
      await rm(path.join(layout.serverFolder, name), { recursive: true, force: true, maxRetries: 5 })
    }
  }
  if (existsSync(layout.cluster)) {
    await refuseOtherMajor(layout, options.native)
    return
  }
  // Names of their own: the initdb of a starter that was killed may still be at work.
  const attempt = randomBytes(4).toString('hex')
  const partial = path.join(layout.serverFolder, `${PARTIAL_PREFIX}cluster-${attempt}`)
  const passwordFile = path.join(layout.serverFolder, `${PARTIAL_PREFIX}password-${attempt}`)
  const user = serverUser()
  // Exclusively, since the folder belongs to another user, who must not lead this write somewhere else.
  const handle = await open(passwordFile, 'wx', 0o600)
  await handle.writeFile(options.superuserPassword)
  if (user !== null) await handle.chown(user.uid, user.gid)
  await handle.close()
  try {
    await runInitdb(options.native, [
      `--pgdata=${partial}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--text-search-config=simple',
    ])
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rename(partial, layout.cluster)
}

/** The server's arguments; given at each start, so that a newer Touchstone's settings reach an older cluster. */
function serverArguments(layout: EmbeddedLayout, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: '128MB',
    maintenance_work_mem: '64MB',
    max_wal_size: '1GB',
    hba_file: layout.accessRules,
    password_encryption: 'scram-sha-256',
    fsync: 'on',
    full_page_writes: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    log_destination: 'stderr',
    // Messages of level ERROR quote the values of a row, and a row can hold a patient's data.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_statement: 'none',
    log_error_verbosity: 'terse',
    log_min_duration_statement: -1,
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    log_checkpoints: 'off',
    log_connections: '',
    log_disconnections: 'off',
    log_lock_waits: 'off',
    log_temp_files: -1,
    log_autovacuum_min_duration: -1,
  }
  return [
    '-D',
    layout.cluster,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}

const ACCESS_RULES = 'host all all 127.0.0.1/32 scram-sha-256\n'
const LOG_BYTES_MAX = 4_000_000

/** Starts the server in a session of its own, its messages appended to the log file; its pid and its end. */
export async function spawnServer(
  layout: EmbeddedLayout,
  options: { native: NativePostgres; port: number },
): Promise<{ pid: number; hasEnded: () => boolean; logFrom: number }> {
  const logged = await stat(layout.log).then(
    (found) => found.size,
    () => 0,
  )
  if (logged > LOG_BYTES_MAX) await rename(layout.log, `${layout.log}.1`)
  await writeFile(layout.accessRules, ACCESS_RULES, { mode: 0o644 })
  await chmod(layout.accessRules, 0o644)
  const log = await open(layout.log, 'a', 0o600)
  try {
    const server = spawn(
      path.join(options.native.folder, 'bin', 'postgres'),
      serverArguments(layout, options.port),
      {
        ...(serverUser() ?? {}),
        cwd: '/',
        env: nativeEnvironment(options.native),
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      },
    )
    const pid = await new Promise<number>((resolve, reject) => {
      server.once('spawn', () => resolve(server.pid ?? 0))
      server.once('error', reject)
    })
    server.unref()
    const hasEnded = (): boolean => server.exitCode !== null || server.signalCode !== null
    return { pid, hasEnded, logFrom: logged > LOG_BYTES_MAX ? 0 : logged }
  } finally {
    await log.close()
  }
}

async function runInitdb(native: NativePostgres, args: string[]): Promise<void> {
  const initdb = spawn(path.join(native.folder, 'bin', 'initdb'), args, {
    ...(serverUser() ?? {}),
    cwd: '/',
    env: nativeEnvironment(native),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  initdb.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    initdb.once('close', resolve)
    initdb.once('error', reject)
  })
  if (code === 0) return
  const isFull = said.includes('No space left on device')
  throw new TouchstoneError(
    isFull ? 'disk_full' : 'environment',
    `The database could not be made (initdb: ${said.trim().slice(0, 800)}). ` +
      (isFull ? 'Free some space and start again.' : 'Mend that and start again, or set DATABASE_URL.'),
  )
}

async function refuseOtherMajor(layout: EmbeddedLayout, native: NativePostgres): Promise<void> {
  const clusterMajor = (await readFile(path.join(layout.cluster, 'PG_VERSION'), 'utf8')).trim()
  const packageMajor = native.packageVersion.split('.')[0]
  if (clusterMajor === packageMajor) return
  throw new TouchstoneError(
    'environment',
    `The database in ${layout.cluster} was made by PostgreSQL ${clusterMajor}, and the installed one is ` +
      `${packageMajor}. Install the former version, or set TOUCHSTONE_DATA to a new folder.`,
    { file: layout.cluster },
  )
}
