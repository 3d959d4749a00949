import { Specialty } from '@touchstone/core'
import * as z from 'zod'
import { type Queryable, readRows } from './rows.ts'

/** Every specialty as metadata, in display order. */
export async function listSpecialties(tx: Queryable): Promise<Specialty[]> {
  const rows = await readRows(tx, z.object({ specialty: Specialty }), {
    text: `SELECT jsonb_strip_nulls(jsonb_build_object('id', id, 'name', name, 'display_name', display_name,
                  'description', description, 'display_order', display_order)) AS specialty
             FROM specialties ORDER BY display_order, id`,
  })
  return rows.map((row) => row.specialty)
}
