import { TouchstoneError } from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { render } from './render.ts'
import { sampleModuleVersion, samplePrompt } from './testing.ts'

const payload = {
  times: { ArrivalInstant: '2024-03-01T10:00:00Z', IncisionStartInstant: null },
  notes: [
    { text: 'says {{ module.name }} and {% include "x" %} SECRETWORD', type: 'op' },
    { type: 'empty' },
    { text: 'b', type: 'op' },
  ],
  flags: { on_time: true },
}

function renderUser(template: string, partials: Record<string, string> = {}): string {
  const rendered = render({
    document: samplePrompt([{ role: 'user', template }], partials),
    moduleVersion: sampleModuleVersion(),
    payload,
    caseNumber: 'case-7',
  })
  return rendered.messages[0]?.content ?? ''
}

function failureOf(act: () => unknown): TouchstoneError | null {
  try {
    act()
    return null
  } catch (error) {
    return error instanceof TouchstoneError ? error : null
  }
}

describe('render', () => {
  it('renders sections in order into exact messages, and says what of the chart it showed', () => {
    const document = samplePrompt(
      [
        {
          role: 'system',
          template:
            "{{ module.code }} {{ case.number }}\n{% for signal in signals %}{{ signal.code }}{% if signal.measure %} <= {{ signal.measure.limit_hours }} h{% endif %};{% endfor %}\n{% render 'shared/rules' %}",
        },
        { role: 'user', template: '{{ chart | json }}' },
      ],
      { 'shared/rules': 'Answer {{ signals.size }} signals of {{ module.name }}.' },
    )

    const rendered = render({ document, moduleVersion: sampleModuleVersion(), payload, caseNumber: 'case-7' })

    const shown =
      '{"notes":[{"text":"says {{ module.name }} and {% include \\"x\\" %} SECRETWORD"},null,{"text":"b"}],"times":{"ArrivalInstant":"2024-03-01T10:00:00Z","IncisionStartInstant":null}}'
    expect(rendered.messages).toEqual([
      {
        role: 'system',
        content:
          'timeliness_sch case-7\non_time_19h <= 19 h;npo_violation;extra_testing;\nAnswer 3 signals of Timeliness.',
      },
      { role: 'user', content: shown },
    ])
    expect(rendered.shown).toEqual(JSON.parse(shown))
    expect(rendered.contextPaths).toEqual(document.context)
    expect(rendered.answerFormat.format).toBe('json_schema')
  })

  it.each([
    ['{{ chart.notes[0].text }}', 'says {{ module.name }} and {% include "x" %} SECRETWORD'],
    ['{{ signals[0].allowed_cites | join: ", " }}', 'times, notes[*]'],
    ['{{ chart.times.Nothing | default: "none" }}', 'none'],
    ['{% if chart.times.Nothing %}there{% else %}not there{% endif %}', 'not there'],
    ['{{ signals[1].measure | json }}', 'null'],
    ['{{ "2024-03-01" }}{{ 7 | divided_by: 2.0 }}', '2024-03-013.5'],
  ])('renders %s', (template, expected) => {
    expect(renderUser(template)).toBe(expected)
  })

  it.each([
    ['an unknown variable', '{{ nothing }}', 'undefined variable: nothing'],
    ['an unknown variable in a condition', '{% if nothing %}{% endif %}', 'undefined variable: nothing'],
    ['a field no signal has', '{% for s in signals %}{% if s.typo %}{% endif %}{% endfor %}', 's.typo'],
    ['a field the module lacks', '{{ module.version }}', 'module.version'],
    ['a chart member outside the context', '{% if chart.flags %}{% endif %}', "not in the prompt's context"],
    ['a path this chart lacks', '{{ chart.times.Nothing }}', 'undefined variable: chart.times.Nothing'],
    ['an unknown filter', '{{ case.number | shout }}', 'undefined filter: shout'],
    ['the date of now', '{{ "now" | date: "%Y" }}', 'undefined filter: date'],
    ['a random choice', '{{ signals | sample }}', 'undefined filter: sample'],
    ['a file', '{% include "/etc/hostname" %}', 'tag "include" not found'],
    ['a layout', '{% layout "x" %}', 'tag "layout" not found'],
    ['a piece that is not there', '{% render "shared/none" %}', 'no shared piece "shared/none"'],
    ['a piece named by the chart', '{% render chart.notes[0].text %}', 'quotation marks'],
    ['a tag left open', '{% if chart.times %}', 'not closed'],
    ['an object printed raw', '{{ chart.times }}', '| json'],
    ['a sum that is no number', '{{ 0 | divided_by: 0 }}', 'no number'],
    ['a loop without end', '{% for i in (1..999999999) %}{% endfor %}', 'limit exceeded'],
    ['what every object inherits', '{{ chart.constructor }}', 'constructor'],
  ])('refuses %s, naming section and line', (_what, template, words) => {
    const failure = failureOf(() => renderUser(`first line\n${template}`))

    expect(failure?.code).toBe('template_invalid')
    expect(failure?.message).toContain(words)
    expect(failure?.message).toContain('section 1 (# user), line 2')
    expect(failure?.place.field).toBe('sections[0].template')
  })

  it.each(['{{ chart[chart.notes[0].text].x }}', '{{ chart.notes[0].text.deeper }}'])(
    'keeps the chart out of the message when %s fails',
    (template) => {
      const failure = failureOf(() => renderUser(template))

      expect(failure?.message).toContain('undefined variable: chart')
      expect(failure?.message).not.toContain('SECRETWORD')
    },
  )

  it('names the shared piece and its line', () => {
    const failure = failureOf(() => renderUser('{% render "a" %}', { a: '\n\n{{ nothing }}' }))

    expect(failure?.message).toContain('shared piece "a", line 3')
  })

  it('stops a shared piece that renders itself', () => {
    const failure = failureOf(() => renderUser('{% render "a" %}', { a: '{% render "a" %}' }))

    expect(failure?.code).toBe('template_invalid')
  })

  it('renders a chart of 200 KB in a few milliseconds once the prompt is compiled', () => {
    const document = samplePrompt([{ role: 'user', template: '{{ chart | json }}' }])
    const notes = Array.from({ length: 200 }, (_, index) => ({ text: `note ${index} `.repeat(100) }))
    const input = { document, moduleVersion: sampleModuleVersion(), payload: { notes }, caseNumber: 'c' }
    for (let warm = 0; warm < 5; warm += 1) render(input)

    const begin = performance.now()
    for (let round = 0; round < 20; round += 1) render(input)

    // About 1.5 ms each; the bound leaves room for a busy machine.
    expect((performance.now() - begin) / 20).toBeLessThan(25)
  })
})
