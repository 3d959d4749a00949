import { Metadata } from '@touchstone/core'
import { stringify } from 'yaml'
import { readYaml } from './yaml-source.ts'

/** Reads a metadata file: lists of specialties, modules, signals, follow-ups, prices. Throws `metadata_invalid` with file, line and field. */
export function readMetadataFile({ text, file }: { text: string; file: string }): Metadata {
  return readYaml({ text, file, code: 'metadata_invalid' }, Metadata)
}

/** Writes metadata in the one canonical way: lists in the glossary's order, members in the order of the format. */
export function writeMetadataFile(metadata: Metadata): string {
  return stringify(Metadata.parse(metadata), { lineWidth: 0 })
}
