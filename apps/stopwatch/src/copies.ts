import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { readCaseFile, writeCaseLine } from '@touchstone/formats'

const CHART_BYTES_MAX = 20_000

/**
 * Writes so many copies of a suite's cases as lines, each with a chart of its own (the encounter's id
 * differs), leaving out the few whose charts are far larger than the rest.
 */
export async function copiesOf(source: { from: string; to: string; cases: number }): Promise<void> {
  const files = (await readdir(source.from)).filter((name) => name.endsWith('.yaml')).sort()
  const texts = await Promise.all(files.map((name) => readFile(join(source.from, name), 'utf8')))
  const originals = texts
    .filter((text) => text.length < CHART_BYTES_MAX)
    .map((text, index) => readCaseFile({ text, file: files[index] ?? 'case' }))
  const out = createWriteStream(source.to)
  for (let number = 0; number < source.cases; number += 1) {
    const original = originals[number % originals.length]
    if (!original) throw new Error('the suite has no cases to copy')
    const { cluster: _cluster, ...rest } = original
    const payload = { ...original.payload, copy: number }
    const line = writeCaseLine({ ...rest, case: `COPY-${String(number).padStart(6, '0')}`, payload })
    if (!out.write(line)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
}
