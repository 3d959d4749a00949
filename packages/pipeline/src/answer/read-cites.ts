import type { Cite, DefectKind } from '@touchstone/core'
import { cutText, isRecord, TEXT_MAX } from './read-text.ts'

const PATH_MAX = 500
const PLACES_MAX = 200
const CITES_MAX = 200

/** Reads the cites of one answer; what cannot be read is dropped and noted, and no more than 200 are kept. */
export function readCites(written: unknown, note: (kind: DefectKind) => void): Cite[] {
  if (written === undefined || written === null) return []
  if (!Array.isArray(written)) {
    note('malformed_cite')
    return []
  }
  if (written.length > CITES_MAX) note('text_cut')
  const cites: Cite[] = []
  for (const one of written.slice(0, CITES_MAX)) {
    const cite = readCite(one, note)
    if (cite) cites.push(cite)
    else note('malformed_cite')
  }
  return cites
}

function readCite(written: unknown, note: (kind: DefectKind) => void): Cite | null {
  if (typeof written === 'string') return pathCite(written, { excerpt: null, note })
  if (!isRecord(written)) return null
  const { path, excerpt, searched, found } = written
  if (path !== undefined && searched !== undefined) return null
  if (searched !== undefined) return searchCite(searched, { found, note })
  if (typeof path !== 'string') return null
  if (excerpt !== undefined && excerpt !== null && typeof excerpt !== 'string') return null
  return pathCite(path, { excerpt: excerpt ?? null, note })
}

type PathRest = { excerpt: string | null; note: (kind: DefectKind) => void }

function pathCite(path: string, { excerpt, note }: PathRest): Cite | null {
  if (path.trim() === '') return null
  return {
    kind: 'path',
    path: cutText(path, { max: PATH_MAX, note }),
    excerpt: excerpt === null ? null : cutText(excerpt, { max: TEXT_MAX, note }),
  }
}

type SearchRest = { found: unknown; note: (kind: DefectKind) => void }

function searchCite(searched: unknown, { found, note }: SearchRest): Cite | null {
  if (!Array.isArray(searched) || searched.length === 0) return null
  const places = searched.slice(0, PLACES_MAX)
  if (!places.every((place) => typeof place === 'string' && place.trim() !== '')) return null
  const isCount = typeof found === 'number' && Number.isSafeInteger(found) && found >= 0
  if (!isCount && found !== undefined && found !== null) return null
  if (searched.length > PLACES_MAX) note('text_cut')
  return {
    kind: 'search',
    searched: places.map((place) => cutText(place, { max: PATH_MAX, note })),
    found: isCount ? found : null,
  }
}
