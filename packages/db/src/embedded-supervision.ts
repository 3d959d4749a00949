import { spawn } from 'node:child_process'
import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { EmbeddedLayout } from './embedded-layout.ts'
import { commandOf, endProcess } from './process-table.ts'

const PROGRAM = fileURLToPath(new URL('./embedded-supervisor.ts', import.meta.url))

/** Starts a supervisor unless one is there or on its way; it outlives this process. Call it under the start lock. */
export async function ensureSupervisor(layout: EmbeddedLayout, idleSeconds: number): Promise<void> {
  if ((await supervisorPid(layout)) !== null) return
  const log = await open(layout.log, 'a', 0o600)
  try {
    const supervisor = spawn(process.execPath, [PROGRAM, layout.dataFolder, String(idleSeconds)], {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['ignore', 'ignore', log.fd],
    })
    const pid = await new Promise<number>((resolve, reject) => {
      supervisor.once('spawn', () => resolve(supervisor.pid ?? 0))
      supervisor.once('error', reject)
    })
    supervisor.unref()
    await writeFile(layout.supervisorPid, String(pid))
  } finally {
    await log.close()
  }
}

/** The pid of the supervisor that looks after a data folder, or null when there is none. */
export async function supervisorPid(layout: EmbeddedLayout): Promise<number | null> {
  const pid = Number(await readFile(layout.supervisorPid, 'utf8').catch(() => ''))
  if (!Number.isSafeInteger(pid) || pid <= 1) return null
  return commandOf(pid).includes(` ${PROGRAM} ${layout.dataFolder} `) ? pid : null
}

/** Ends the supervisor of a data folder, if there is one. Call it under the start lock, with the server stopped. */
export async function endSupervisor(layout: EmbeddedLayout): Promise<void> {
  const pid = await supervisorPid(layout)
  if (pid === null) return
  await endProcess(pid, { signal: 'SIGTERM', name: 'supervisor of the database server' })
  await rm(layout.supervisorPid, { force: true })
}
