import { isUtf8 } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import { RecordedCompletion, TouchstoneError } from '@touchstone/core'

/** Where a recording stands in its file: bytes [offset, offset + length), and its line counted from 1. */
export type RecordingPlace = { offset: number; length: number; line: number }

/** Finds the place of a sample's recording. */
export type RecordingIndex = { find(sample: Sample): RecordingPlace | null; count: number }

type Sample = { case: string; prompt: string; repeat: number }

const CHUNK_BYTES = 1 << 20

/**
 * Reads a file of recordings once, from end to end, and keeps of each line only where it stands; the
 * texts stay in the file. Throws `file_unreadable`; `recording_invalid` with file, line and field for
 * a line that is no recording, and for a sample that is recorded twice with different answers.
 */
export async function indexRecordings(file: string): Promise<RecordingIndex> {
  await using handle = await openFile(file)
  const places = new Map<string, RecordingPlace>()
  for await (const { bytes, ...place } of lines(handle)) {
    if (isBlank(bytes)) continue
    const recording = parseRecording(bytes, file, place.line)
    const key = keyOf(recording)
    const earlier = places.get(key)
    if (earlier === undefined) places.set(key, place)
    else await requireSame({ file, handle, earlier }, recording, place.line)
  }
  return { find: (sample) => places.get(keyOf(sample)) ?? null, count: places.size }
}

/** Reads one recording from its place; throws `recording_invalid` when something else stands there now. */
export async function readRecording(
  file: string,
  place: RecordingPlace,
  sample: Sample,
): Promise<RecordedCompletion> {
  await using handle = await openFile(file)
  const recording = parseRecording(await readBytes(handle, place), file, place.line)
  if (keyOf(recording) === keyOf(sample)) return recording
  throw invalid(file, place.line, `the file changed while it was in use; start again`)
}

function keyOf({ case: name, prompt, repeat }: Sample): string {
  return JSON.stringify([name, prompt, repeat])
}

async function openFile(file: string): Promise<FileHandle> {
  const unreadable = (cause?: unknown): TouchstoneError =>
    new TouchstoneError('file_unreadable', `The recordings ${file} cannot be read; check the name.`, {
      file,
      cause,
    })
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw unreadable(cause)
  })
  if (!(await handle.stat()).isDirectory()) return handle
  await handle.close()
  throw unreadable()
}

async function readBytes(handle: FileHandle, { offset, length }: RecordingPlace): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

type Line = RecordingPlace & { bytes: Uint8Array }

/** The lines of a file with their places; in memory are one chunk and the line being gathered. */
async function* lines(handle: FileHandle): AsyncGenerator<Line> {
  const chunk = new Uint8Array(CHUNK_BYTES)
  let begun: Uint8Array[] = []
  let lineStart = 0
  let position = 0
  let line = 1
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position)
    let from = 0
    while (from < bytesRead) {
      const end = chunk.subarray(0, bytesRead).indexOf(NEWLINE, from)
      const piece = chunk.slice(from, end === -1 ? bytesRead : end)
      begun.push(piece)
      if (end === -1) break
      const bytes = Buffer.concat(begun)
      yield { offset: lineStart, length: bytes.length, line, bytes }
      begun = []
      line += 1
      from = end + 1
      lineStart = position + from
    }
    position += bytesRead
    if (bytesRead === 0) break
  }
  const bytes = Buffer.concat(begun)
  if (bytes.length > 0) yield { offset: lineStart, length: bytes.length, line, bytes }
}

const NEWLINE = 0x0a

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}

function parseRecording(bytes: Uint8Array, file: string, line: number): RecordedCompletion {
  if (!isUtf8(bytes)) throw invalid(file, line, 'is not UTF-8; save the file as UTF-8')
  const parsed = RecordedCompletion.safeParse(parseJson(bytes, file, line))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.') ?? ''
  throw invalid(file, line, `${field === '' ? '' : `${field}: `}${issue?.message}`, field)
}

function parseJson(bytes: Uint8Array, file: string, line: number): unknown {
  try {
    // The decoder drops a byte order mark, which some editors put in front.
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // The parser's own message quotes the line, which holds an answer about a patient.
    throw invalid(file, line, 'is not JSON; each line is one JSON object')
  }
}

async function requireSame(
  { file, handle, earlier }: { file: string; handle: FileHandle; earlier: RecordingPlace },
  recording: RecordedCompletion,
  line: number,
): Promise<void> {
  const first = parseRecording(await readBytes(handle, earlier), file, earlier.line)
  const isSame =
    first.text === recording.text &&
    first.finish_reason === recording.finish_reason &&
    first.model === recording.model
  if (isSame) return
  const { case: name, prompt, repeat } = recording
  throw invalid(
    file,
    line,
    `${name}, ${prompt}, repeat ${repeat} is already recorded on line ${earlier.line} with another answer; remove one of the two`,
  )
}

function invalid(file: string, line: number, problem: string, field = ''): TouchstoneError {
  const place = { file, line, ...(field === '' ? {} : { field }) }
  return new TouchstoneError('recording_invalid', `${file}, line ${line}: ${problem}.`, place)
}
