#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Reading the sources takes longer than most commands; the cache lies in the checkout, where nobody else may write.
enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/touchstone', import.meta.url)))
const { runCommandLine } = await import('./command-line.ts')

process.exitCode = await runCommandLine({
  arguments: process.argv.slice(2),
  cwd: process.cwd(),
  env: process.env,
})
