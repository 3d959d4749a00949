#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=50
import { runCommandLine } from './command-line.ts'

process.exitCode = await runCommandLine({
  arguments: process.argv.slice(2),
  cwd: process.cwd(),
  env: process.env,
})
