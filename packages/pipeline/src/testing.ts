import {
  assembleModuleVersion,
  type ModuleVersion,
  type PromptDocument,
  type PromptSection,
} from '@touchstone/core'

/** A small module for tests: a compliance signal with a measure, and two presence signals. */
export function sampleModuleVersion(): ModuleVersion {
  const module = 'orthopedics/timeliness_sch'
  return assembleModuleVersion({ id: module, name: 'Timeliness', description: 'SCH to the room in time' }, [
    {
      module,
      code: 'on_time_19h',
      label: 'On time',
      polarity: 'compliance',
      critical: true,
      allowed_cites: ['times', 'notes[*]'],
      measure: {
        start: 'times.ArrivalInstant',
        end: 'times.IncisionStartInstant',
        limit_minutes: 1140,
        inclusive: true,
      },
      display_order: 1,
    },
    {
      module,
      code: 'npo_violation',
      label: 'NPO violation',
      search_scope: ['notes[*].text'],
      display_order: 2,
    },
    { module, code: 'extra_testing', label: 'Extra testing', display_order: 3 },
  ])
}

/** A prompt for tests that sees `times` and the notes' texts. */
export function samplePrompt(
  sections: PromptSection[],
  partials: Record<string, string> = {},
): PromptDocument {
  return {
    name: 'sample',
    type: 'signal_processing',
    model: 'heuristic',
    params: {},
    context: ['times', 'notes[*].text'],
    output: { format: 'json_schema' },
    sections,
    partials,
  }
}
