#!/usr/bin/env node
import { runCommandLine } from './command-line.ts'

process.exitCode = await runCommandLine({
  arguments: process.argv.slice(2),
  cwd: process.cwd(),
  env: process.env,
})
