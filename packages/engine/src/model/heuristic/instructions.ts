import { STATUSES, type Status } from '@touchstone/core'

/** What a rule of a prompt is about. A kind that no sentence of the prompt states is not followed. */
const INSTRUCTION_KINDS = [
  'missing_stamp',
  'reversed_stamps',
  'identical_stamps',
  'unreadable_stamp',
  'respect_offsets',
  'exact_seconds',
  'round_minutes',
  'own_arrival',
  'event_time',
  'other_time_in_note',
  'stamps_over_derived',
  'negation',
  'documented_absence',
  'hedge',
  'contradiction',
  'other_person',
  'past_history',
  'not_yet_real',
  'cause_needed',
  'silence',
  'prove_silence',
  'ignore_orders',
  'copied_text',
  'correction',
  'not_eligible',
  'excerpts',
] as const
export type InstructionKind = (typeof INSTRUCTION_KINDS)[number]

/** A rule as the prompt states it: its kind, the status it asks for (null where it names none), and its sentence. */
export type Instruction = { kind: InstructionKind; status: Status | null; text: string }

type Recogniser = { kind: InstructionKind; all: readonly RegExp[]; none?: readonly RegExp[] }

const STAMP =
  /\b(?:time ?stamps?|stamps?|times?|instants?|date|clock|endpoints?|timings?|interval|readings?|moments?|(?:start|beginning) (?:or|and) (?:the )?(?:end|finish))\b/i
const MISSING =
  /\b(?:missing|absent|lack(?:s|ing|ed)?|blank|empty|null|not (?:there|recorded|given|present|available|documented|in the chart)|unavailable|unrecorded|isn['’]t (?:there|recorded|given|present|available)|without (?:a|one|either)|no (?:value|(?:start|end|\w+) (?:time|stamp))|cannot be found|was never (?:recorded|charted|entered))\b/i
const NOTES =
  /\b(?:notes?|text|chart|charts?|mention(?:s|ed)?|finding|statements?|statement|phrases?|words?|entry|entries|author|authors|documentation|writer|writes?|wording)\b/i
const SILENT =
  /\b(?:silen(?:t|ce)|says? nothing|nothing (?:is )?(?:said|found|written|stated)|no mention|not mentioned|never mention(?:s|ed)?|unmentioned|does not (?:say|mention|address)|without a word|no word|is mute|makes no mention|goes unmentioned)\b/i
const CONFLICT =
  /\b(?:contradict\w*|conflict\w*|disagree\w*|inconsistent|incompatible|at odds|opposite|irreconcilable|differ(?:s|ing)?)\b/i
const ABSENCE =
  /\b(?:denie[sd]|deny|documented (?:as )?(?:absent|absence|not)|explicitly (?:absent|den\w+|states? (?:that )?(?:it|there) (?:did not|was no)\w*)|ruled? (?:it )?out|(?:says?|states?|records?) (?:that )?(?:it|there|something|a thing) (?:did not|was not|was no|is not|is absent|never)|absence|stated not to|in words that it did not)\b/i
const OTHERS =
  /\b(?:family(?:['’]s)?|relatives?|siblings?|brothers?|sisters?|mother['’]s|another (?:patient|child|person)|other (?:patients?|people|persons?|children)|someone else|somebody else|anyone else)\b/i
const OFFSET = /\b(?:offsets?|time ?zones?|utc|gmt|daylight|zones?)\b/i
const OUTSIDE =
  /\b(?:transfer(?:red|s)?|referring|outside|sending|first hospital|other hospital|another (?:hospital|facility)|elsewhere)\b/i
const ARRIVAL = /\b(?:arriv\w*|door|presentation|presented|reached|came|coming)\b/i
const ORDERS =
  /\b(?:instructions?|commands?|orders?|requests?|directives?|ready-made answers?|tells? you|telling you|asks? you|addressed to|prompts?)\b/i
const IGNORE =
  /\b(?:ignore|disregard|do not (?:follow|obey|act)|never (?:follow|obey|act)|don['’]t (?:follow|obey|act)|not to be (?:followed|obeyed)|no (?:force|authority|weight)|pay no|do not let|skip|has no say|take no)\b/i
const WRITTEN_LATER =
  /\b(?:addend(?:um|a)|charting|charted|written|filed|signed|dictated|documentation time|entered|note['’]s own (?:time|stamp)|late entr(?:y|ies)|authored|typed)\b/i
const DERIVED =
  /\b(?:derived|precomputed|pre-computed|pre-calculated|precalculated|calculated|computed (?:fields?|values?|intervals?)|summary fields?|ready-made)\b/i
const CAUSE =
  /\b(?:delay\w*|wait(?:ed|ing|s)?|held up|hold(?:ing)? up|postpone\w*|put off|late(?:r|ness)?|pushed back|slow(?:ed|s)?|hindered|set back)\b/i

/** The rules this reader knows, each by the words that such a rule cannot do without. */
const RECOGNISERS: readonly Recogniser[] = [
  {
    kind: 'missing_stamp',
    all: [STAMP, MISSING],
    none: [
      /\boffsets?\b/i,
      /\breason\b/i,
      /\b(?:path|prefix)\b/i,
      /\bsearch/i,
      /\bexcerpt/i,
      /\bconfidence\b/i,
    ],
  },
  {
    kind: 'reversed_stamps',
    all: [
      /\b(?:revers\w*|negative|backwards?|wrong order|out of order|(?:end|later|second|finish|stop)\w*\b.{0,60}\b(?:before|precedes?|earlier|ahead of)|(?:before|precedes?|earlier than)\b.{0,50}\b(?:start|begin\w*|first)|start\w*\b.{0,60}\b(?:after|follows|later))\b/i,
      /\b(?:stamps?|time ?stamps?|start\w*|begin\w*|interval|span|duration|difference|elapsed)\b/i,
    ],
  },
  {
    kind: 'identical_stamps',
    all: [
      /\b(?:identical|equal|same (?:instant|time|moment|second|value)|coincide|zero(?:-length)?|to the second the same|match exactly)\b/i,
      /\b(?:stamps?|time ?stamps?|instants?|start\w*|both|two|ends|interval|span|duration)\b/i,
    ],
    none: [/\bnever zero\b/i, /\bstays? the same\b/i, /\blimit\b/i],
  },
  {
    kind: 'unreadable_stamp',
    all: [
      /\b(?:stamps?|time ?stamps?|instants?|date|times?)\b/i,
      /\b(?:unreadable|illegible|malformed|not (?:a )?(?:full|complete|valid|readable)|no full|incomplete|partial|(?:cannot|can['’]t) be (?:read|parsed)|without (?:an? )?(?:offset|zone)|no (?:offset|zone|date)|lacks? (?:an? |its |the )?(?:offset|zone|date)|missing (?:an? |its |the )?(?:offset|zone))\b/i,
    ],
  },
  {
    kind: 'respect_offsets',
    all: [
      OFFSET,
      /\b(?:respect|honou?r|convert|account|consider|normali[sz]e|apply|same|common|one|single|true|allow for|heed|regard|take)\b/i,
    ],
    none: [/\b(?:without|lacks?|no full|no offset|missing)\b/i],
  },
  {
    kind: 'exact_seconds',
    all: [
      /\b(?:to the (?:second|exact second)|second(?:s)? (?:precision|count|accuracy|level)|exact(?:ly)? (?:to the|down to)|(?:do not|never|don['’]t|without|no) round(?:ing|ed)?|every second)\b/i,
    ],
    none: [/\b(?:coincide|identical|equal|same)\b/i],
  },
  {
    kind: 'round_minutes',
    all: [
      /\b(?:round(?:ed|ing)?\b.{0,40}\bminutes?|nearest (?:whole )?minute|whole minutes|in minutes only)\b/i,
    ],
    none: [/\b(?:never|not|don['’]t|without|no)\b.{0,20}\bround/i],
  },
  { kind: 'own_arrival', all: [OUTSIDE, ARRIVAL] },
  {
    kind: 'event_time',
    all: [
      WRITTEN_LATER,
      /\b(?:event|happened|happens|occurr?ed|occurrence|what it (?:tells|describes|reports)|took place|actual)\b/i,
      /\b(?:time|times|stamp|clock|when|moment|hour)\b/i,
    ],
  },
  {
    kind: 'other_time_in_note',
    all: [
      /\b(?:notes?|text|narrative|authors?|statement)\b/i,
      /\b(?:another|different|other|differing|second|contradict\w*|disagree\w*|conflict\w*)\b.{0,40}\b(?:time|clock|hour|stamp|moment)\b/i,
      /\b(?:change|other side|flip|alter|decid|tip|different answer|side of)\w*/i,
    ],
  },
  {
    kind: 'stamps_over_derived',
    all: [
      DERIVED,
      /\b(?:stamps?|outrank|prevail|over|ignore|never|not|distrust|recompute|yourself|trump|raw)\b/i,
    ],
    none: [/\bready-made answer/i],
  },
  {
    kind: 'negation',
    all: [
      /\b(?:negat(?:ed|ion|ions|es)|denials?|denied (?:mention|finding|statement)s?|(?:says?|states?) (?:that )?(?:it|something|there) (?:did not|was not|was no|is not)|preceded by ["“']?no)\b/i,
      NOTES,
    ],
    none: [/\bexcerpt/i, /\bsearched\b/i],
  },
  { kind: 'documented_absence', all: [ABSENCE, /\bfail(?:s|ed)?\b/i], none: [/\bpass or fail\b/i] },
  {
    kind: 'hedge',
    all: [
      /\b(?:hedg\w*|possibl[ey]|may have|might|uncertain\w*|unsure|tentative|doubt\w*|qualified|equivocal|vague|unclear)\b/i,
      /\bcaution\b/i,
    ],
    none: [/\breason\b/i],
  },
  {
    kind: 'contradiction',
    all: [
      CONFLICT,
      /\bcaution\b/i,
      /\b(?:authors?|notes?|sources?|statements?|writers?|chart|clinicians?|entries|accounts?|passages?)\b/i,
    ],
    none: [/\b(?:stamps|clock|hour)\b/i, /\breason\b/i],
  },
  {
    kind: 'other_person',
    all: [
      OTHERS,
      /\b(?:not|nothing|never|no|ignore|disregard|exclude\w*|irrelevant|leave (?:out|aside)|only|set aside|skip)\b/i,
    ],
    none: [ORDERS],
  },
  {
    kind: 'past_history',
    all: [
      /\b(?:past|previous|prior|earlier|old|former|history of)\b.{0,30}\b(?:history|visits?|episodes?|admissions?|encounters?|injur\w*|events?|illness\w*|stays?|problems?)\b/i,
      /\b(?:not|nothing|never|no|ignore|disregard|exclude\w*|irrelevant|leave (?:out|aside)|only|set aside|skip)\b/i,
    ],
    none: [/\bcop(?:y|ied)\b/i, /\bcorrect/i],
  },
  {
    kind: 'not_yet_real',
    all: [
      /\b(?:planned|conditional\w*|hypothetical\w*|offered|intended|intention\w*|proposed|contingen\w*|future|considered)\b/i,
      /\b(?:not|never|no|ignore|disregard|isn['’]t|only once|yet)\b/i,
    ],
  },
  {
    kind: 'cause_needed',
    all: [
      CAUSE,
      /\b(?:only (?:when|if|where|once)|not enough|unless|does not (?:count|suffice)|insufficient|must (?:say|state|link|show|be)|merely|mere|alone|by itself|requires?)\b/i,
    ],
    none: [STAMP, /\bplanned\b/i],
  },
  { kind: 'silence', all: [SILENT, /\binactive\b/i] },
  {
    kind: 'prove_silence',
    all: [
      /\bsearch(?:ed|es)?\b/i,
      /\b(?:silen(?:t|ce)|nothing|absen(?:t|ce)|inactive|empty|no hits?|not found|none|0)\b/i,
      /["'`]?searched["'`]?/i,
    ],
  },
  { kind: 'ignore_orders', all: [IGNORE, ORDERS] },
  {
    kind: 'copied_text',
    all: [
      /\b(?:cop(?:y|ied|ies)[ -]?(?:forward|forwarded|over|from|paste\w*)?|carried forward|pasted|repeat(?:ed|s)? (?:word|verbatim)|duplicat\w*|cloned)\b/i,
      /\b(?:notes?|text|statement|source|sentence|passage|entry)\b/i,
    ],
    none: [/\bexcerpt/i, /\bexactly as\b/i],
  },
  {
    kind: 'correction',
    all: [
      /\b(?:correct(?:s|ed|ion|ions|ing)|amend(?:s|ed|ment)?|retract(?:s|ed)?|revis(?:es|ed|ion)|set(?:s)? right|withdraw\w*)\b/i,
      /\b(?:earlier|previous|prior|original|former|first|replaces?|supersedes?|later|statement)\b/i,
    ],
    none: [/\bno one correct/i, /\bnobody correct/i, /\bgoes uncorrected\b/i],
  },
  {
    kind: 'not_eligible',
    all: [
      /\b(?:not eligible|ineligible|never eligible|not applicable|does not apply|outside the measure|no (?:urgent )?operation was)\b/i,
      /\binactive\b/i,
    ],
  },
  {
    kind: 'excerpts',
    all: [
      /\b(?:excerpts?|quot(?:e|es|ed|ation)|verbatim|copied exactly|exact words)\b/i,
      /\b(?:path|words|text|note|cite|place|chart)\b/i,
    ],
  },
]

/** The rules that lines of a prompt state, sentence by sentence. Table rows and examples in JSON state none. */
export function readInstructions(lines: readonly string[]): Instruction[] {
  const instructions: Instruction[] = []
  for (const line of lines) {
    if (/^\s*[|{[<]/.test(line) || /^\s*#/.test(line)) continue
    const sentences = line.replace(/^\s*(?:[-*•+]|\d+[.)])\s+/, '').split(/(?<=[.!?])\s+(?=[A-Z"“`])/)
    for (const [index, sentence] of sentences.entries()) {
      for (const recogniser of RECOGNISERS) {
        if (!isStatedBy(sentence, recogniser)) continue
        const status =
          statusNamed(sentence, recogniser.kind) ?? statusNamed(sentences[index + 1] ?? '', recogniser.kind)
        instructions.push({ kind: recogniser.kind, status, text: sentence })
      }
    }
  }
  return instructions
}

function isStatedBy(sentence: string, { all, none = [] }: Recogniser): boolean {
  return all.every((pattern) => pattern.test(sentence)) && !none.some((pattern) => pattern.test(sentence))
}

/** The status a rule asks for: the first it names that it does not forbid ("caution, not pass"). */
function statusNamed(sentence: string, kind: InstructionKind): Status | null {
  if (kind === 'documented_absence') return 'fail'
  if (kind === 'silence' || kind === 'not_eligible') return 'inactive'
  for (const match of sentence.matchAll(/\b(pass|fail|caution|inactive)(?:s|es|ed)?\b/gi)) {
    const isForbidden = /\b(?:not|never|no|rather than|instead of|than)\s+(?:a |an |to )?["'`*]*$/i.test(
      sentence.slice(0, match.index),
    )
    const status = STATUSES.find((known) => known === match[1]?.toLowerCase())
    if (status !== undefined && !isForbidden) return status
  }
  return null
}
