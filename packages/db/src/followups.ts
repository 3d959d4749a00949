import { FollowupQuestion } from '@touchstone/core'
import * as z from 'zod'
import { type Queryable, readRows } from './rows.ts'

/** Every follow-up question as metadata, by module and display order. */
export async function listFollowups(tx: Queryable): Promise<FollowupQuestion[]> {
  const rows = await readRows(tx, z.object({ followup: FollowupQuestion }), {
    text: `SELECT jsonb_strip_nulls(jsonb_build_object('module', module_id, 'question', question_text, 'when', when_condition,
                  'response_type', response_type, 'options', response_options, 'display_order', display_order)) AS followup
             FROM followup_questions WHERE is_active ORDER BY module_id, display_order, question_text`,
  })
  return rows.map((row) => row.followup)
}
