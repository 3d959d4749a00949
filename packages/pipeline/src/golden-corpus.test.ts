import {
  assembleModuleVersion,
  type CheckedSample,
  type Estimate,
  GoldCase,
  type Grade,
  type JsonValue,
  Module,
  PromptDocument,
  type RenderedRequest,
  SignalDefinition,
  type SignalGrade,
  type Unparsable,
  type VerifiedSignal,
  type VerifiedSignals,
} from '@touchstone/core'
import { describe, expect, it } from 'vitest'
import { check } from './check.ts'
import golden from './golden-corpus.json' with { type: 'json' }
import { grade, isUnusable } from './grade.ts'
import { parse } from './parse.ts'
import { render } from './render.ts'
import { createSummary, type GradedSummary } from './summarize.ts'
import { verify } from './verify.ts'
import { gradingVersion, pipelineVersion } from './version.ts'

/** One completion of the corpus: signals to be written as JSON, or a text as it stands. */
type Entry = {
  name: string
  chart?: string
  signals?: JsonValue[]
  text?: string
  finishReason?: string
  refusal?: string
}

type Walked = { entry: Entry; sample: VerifiedSignals | Unparsable; checked: CheckedSample; graded: Grade }

const moduleVersion = assembleModuleVersion(
  Module.parse(golden.module),
  golden.signals.map((signal) => SignalDefinition.parse(signal)),
)
const document = PromptDocument.parse(golden.document)
const charts = new Map(
  Object.entries(golden.charts).map(([name, chart]) => [name, GoldCase.parse({ case: name, ...chart })]),
)
const entries: Entry[] = golden.entries
const walks = entries.map(walk)

function chartOf(name = 'late'): { goldCase: GoldCase; rendered: RenderedRequest } {
  const goldCase = charts.get(name)
  if (goldCase === undefined) throw new Error(`the corpus has no chart "${name}"`)
  const { payload } = goldCase
  return { goldCase, rendered: render({ document, moduleVersion, payload, caseNumber: 'C-1' }) }
}

function walk(entry: Entry): Walked {
  const { goldCase, rendered } = chartOf(entry.chart)
  const { payload, gold } = goldCase
  const text = entry.text ?? JSON.stringify({ signals: entry.signals })
  const finishReason = finishReasonOf(entry)
  const parsed = parse({ text, finishReason, refusal: entry.refusal ?? null, moduleVersion })
  const sample =
    parsed.stage === 'unparsable' ? parsed : verify({ parsed, shown: rendered.shown, payload, moduleVersion })
  const checked = check({ verified: sample, payload, moduleVersion })
  return { entry, sample, checked, graded: grade({ sample, gold, checked, moduleVersion }) }
}

function finishReasonOf({ finishReason = 'stop' }: Entry): 'stop' | 'length' | 'content_filter' {
  const known = (['stop', 'length', 'content_filter'] as const).find((word) => word === finishReason)
  if (known === undefined) throw new Error(`"${finishReason}" is no finish reason of the corpus`)
  return known
}

/** What the pipeline made of an answer, a line for each signal and one for each thing beside them. */
function judgedLines({ sample, checked }: Walked): string[] {
  const { outcomeByAi, outcomeByRule, brokenConstraints } = checked
  const rules = checked.rules.map(({ answer }) => (answer.kind === 'status' ? answer.status : answer.kind))
  const ends = [
    `rules ${rules.join(' ')}; outcome ${outcomeByAi}, by rule ${outcomeByRule}; broken ${brokenConstraints.length}`,
  ]
  if (sample.stage === 'unparsable') return [`${sample.why}: ${sample.detail}`, ...ends]
  const defects = sample.defects.map(({ kind, code }) => (code === null ? kind : `${kind} ${code}`))
  return [
    ...sample.signals.map(answerLine),
    ...(defects.length === 0 ? [] : [`defects: ${defects.join(', ')}`]),
    ...ends,
  ]
}

function answerLine(signal: VerifiedSignal): string {
  if (signal.outcome === 'missing') return `${signal.code} missing`
  const cites = signal.evidence.map(
    (one) => `${one.verification} ${one.resolvedPath ?? `(${one.fieldPath})`}`,
  )
  const said = signal.outcome === 'answered' ? signal.status : `invalid (${signal.written})`
  const parts = [
    said,
    ...(signal.outcome === 'answered' && signal.confidence !== null ? [`${signal.confidence}`] : []),
    ...(signal.finding === null ? [] : [JSON.stringify(signal.finding)]),
    ...(cites.length === 0 ? [] : [`[${cites.join(', ')}]`]),
    ...(signal.support === null ? [] : [signal.support]),
  ]
  return `${signal.code} ${parts.join(' ')}`
}

/** What grading made of the same answer. */
function gradedLines({ sample, graded }: Walked): string[] {
  const { outcomeByGold, isWholeCaseRight } = graded
  return [
    graded.signals.map(gradeWords).join('; '),
    `outcome by gold ${outcomeByGold}; whole case ${isWholeCaseRight === true ? 'right' : 'not right'}; ${isUnusable(sample) ? 'unusable' : 'usable'}`,
  ]
}

function gradeWords({ code, grade: word, got, mustCite, mustCiteHit, ruleAgrees }: SignalGrade): string {
  const cited = mustCite === 0 ? '' : ` ${mustCiteHit}/${mustCite}`
  const rule = ruleAgrees === null ? '' : ruleAgrees ? ' rule agrees' : ' rule differs'
  return `${code} ${got} ${word}${cited}${rule}`
}

function summaryOf(walked: readonly Walked[]): GradedSummary {
  const summary = createSummary({ signals: moduleVersion.signals })
  walked.forEach(({ entry, sample, graded }, index) => {
    const place = { goldCase: `case ${index}`, cluster: entry.chart ?? `case ${index}`, repeat: 1 }
    for (const row of graded.signals) summary.add({ ...place, ...row })
    summary.addOutcome({
      ...place,
      ...graded,
      brokenConstraints: graded.brokenConstraints.length,
      isUnusable: isUnusable(sample),
    })
  })
  return summary.finish()
}

function summaryLines({ signals, overall }: GradedSummary): string[] {
  return [
    ...signals.map(
      (one) =>
        `${one.signal} accuracy ${figure(one.accuracy)}; lenient ${figure(one.lenient)}; detection ${figure(one.detection)}`,
    ),
    `overall ${figure(overall.accuracy)}; supported ${figure(overall.supported)}; whole case ${figure(overall.wholeCaseRight)}; unusable ${figure(overall.unusable)}`,
    `reported ${figure(overall.outcome.reported)}; truth ${figure(overall.outcome.truth)}; bias ${figure(overall.outcome.bias)}`,
  ]
}

/** Figures to six digits: the last bits of a float differ between platforms and mean nothing. */
function figure({ estimate, low, high, n, clusters, method }: Estimate): string {
  const [at, from, to] = [estimate, low, high].map((number) => number?.toFixed(6) ?? 'none')
  return `${at} [${from}, ${to}] ${n}/${clusters} ${method}`
}

const renderedLines = [...charts.keys()].flatMap((name) => {
  const { messages, answerFormat, contextPaths } = chartOf(name).rendered
  return [
    ...messages.map(({ role, content }) => `${role}: ${content}`),
    JSON.stringify({ answerFormat, contextPaths }),
  ]
})

function howToAgree(what: 'pipelineVersion' | 'gradingVersion'): string {
  return [
    `The route gives other outputs than golden-corpus.json has for this ${what}.`,
    'If that was not meant, mend the code. If it was, raise the number in version.ts, write the same number into',
    'golden-corpus.json, and take over the outputs shown below; kept runs then count as made by an older route.',
  ].join('\n')
}

describe('the golden corpus', () => {
  it('was made by the versions that version.ts names', () => {
    const made = { pipelineVersion: golden.pipelineVersion, gradingVersion: golden.gradingVersion }
    expect(
      made,
      'version.ts and golden-corpus.json name different versions: a number is raised in both together, with the new outputs',
    ).toEqual({ pipelineVersion, gradingVersion })
  })

  it('is rendered as ever', () => {
    expect(renderedLines, howToAgree('pipelineVersion')).toEqual(golden.rendered)
  })

  it.each(walks.map((walked, index) => ({ name: walked.entry.name, walked, index })))(
    'is parsed, verified, checked and graded as ever: $name',
    ({ name, walked, index }) => {
      const expected = golden.outputs[index]
      expect(expected?.name).toBe(name)
      expect(judgedLines(walked), howToAgree('pipelineVersion')).toEqual(expected?.judged)
      expect(gradedLines(walked), howToAgree('gradingVersion')).toEqual(expected?.graded)
    },
  )

  it('has an output for each of its entries', () => {
    expect(golden.outputs.map(({ name }) => name)).toEqual(entries.map(({ name }) => name))
  })

  it('is summarized as ever', () => {
    expect(summaryLines(summaryOf(walks)), howToAgree('gradingVersion')).toEqual(golden.summary)
  })

  it('meets every verdict on a cite and every kind of grade', () => {
    const verdicts = walks.flatMap(({ sample }) =>
      sample.stage === 'unparsable'
        ? []
        : sample.signals.flatMap(({ evidence }) => evidence.map((one) => one.verification)),
    )
    expect(new Set(verdicts).size).toBe(9)
    expect(new Set(walks.flatMap(({ graded }) => graded.signals.map((row) => row.grade))).size).toBe(8)
  })
})
