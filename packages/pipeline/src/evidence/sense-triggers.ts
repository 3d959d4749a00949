/**
 * The words that turn the sense of what follows them, after the NegEx and ConText word lists (Chapman 2001,
 * Harkema 2009), with what pre-operative notes add. All are matched on normalised text, where every quotation
 * mark is `"`.
 */
export const SENSES = ['negated', 'hedged', 'family', 'past'] as const
/** How words to the left turn a statement. */
export type TurnedSense = (typeof SENSES)[number]

const RELATIVE =
  'mother|father|mom|mum|dad|parents?|brothers?|sisters?|siblings?|twin|cousins?|aunt|uncle|grand(?:mother|father|parents?)'
const ONLY_RELATED = 'brothers?|sisters?|siblings?|twin|cousins?|aunt|uncle|grand(?:mother|father|parents?)'
const REPORTS =
  'reports?|reported|states?|stated|says|said|notes|noted|confirms?|confirmed|told|tells|claims?|gives?|gave|brought|called|witnessed|saw|recalls|at bedside'
const SUBJECT =
  '(?:the |this |his |her )?(?:patient|pt|child|boy|girl|infant|he|she|they|it|we|mother|father|mom|dad|parents?|nurse|rn|team|surgery|surgeon|case|ortho\\w*|anesth\\w*)'
const BARE_VERB =
  '(?:ate|drank|had|has|was|were|is|are|given|gave|received|taken|took|underwent|admitted|seen|fell|arrived|presented|presents|remains|remained|delayed|bumped|cleared|kept|went)'

/** Phrases that look like triggers and turn nothing; they are blanked out first. */
export const HARMLESS = new RegExp(
  [
    'not (?:only|just|merely|simply|to mention)',
    'no (?:significant |interval |further )?(?:increase|change)',
    'no (?:doubt|sooner|later than|more than|less than|fewer than)',
    'not (?:later|more|less|fewer|earlier) than',
    'without (?:doubt|difficulty|incident|complications?|delay|issues?|problems?|further delay)',
    'no (?:acute |apparent )?distress',
    'no known (?:drug |food )?allergies',
    'gram[ -]negative',
    'prior to',
    'history of (?:the )?present(?:ing)? (?:illness|complaint)',
    'social history',
    'may(?= \\d)',
    'no\\.(?= \\d)',
    '(?:most )?likely to be discharged',
    `(?:with|by|from|to|per|and|for) (?:${ONLY_RELATED})`,
    `(?:${RELATIVE}) (?:${REPORTS})`,
  ]
    .map((phrase) => `(?<![\\p{L}\\p{N}])(?:${phrase})(?![\\p{L}\\p{N}])`)
    .join('|'),
  'gu',
)

/** Phrases that hedge although they hold a negation; looked for, and blanked out, before negations are. */
export const HEDGING_NEGATION = phrases([
  '(?:can ?not|can"t|could not|couldn"t|unable to) (?:be )?(?:completely |fully |entirely )?(?:rule out|exclude|ruled out|excluded)',
  'not (?:been |yet )?(?:ruled out|excluded)',
  'not (?:entirely |completely )?(?:necessarily|certain|sure|clear|known|confirmed)(?: (?:if|whether|that))?',
  '(?:un|not )clear (?:if|whether)',
  'do(?:es)? not know (?:if|whether)',
])

export const TRIGGERS: Readonly<Record<TurnedSense, RegExp>> = {
  negated: phrases([
    'no',
    'non',
    'not',
    '\\p{L}+n"t',
    'cannot',
    'never',
    'none of',
    'neither',
    'nor',
    'without',
    'w/o',
    'den(?:y|ies|ied|ying)',
    'neg(?:ative)? for',
    'absence of',
    'absent',
    'lack(?:s|ed|ing)?(?: of)?',
    'free (?:of|from)',
    'rul(?:es|ed|ing) out',
    'excludes?',
    'fail(?:s|ed|ure) to',
    'unable to',
    'declin(?:es|ed|ing)',
    'refus(?:es|ed|ing)',
    'avoid(?:s|ed|ing)?',
    'instead of',
    'rather than',
    'unlikely',
    'unremarkable for',
  ]),
  hedged: phrases([
    'possib(?:le|ly|ility of)',
    'probabl[ey]',
    'likely',
    'may',
    'maybe',
    'perhaps',
    'might',
    'could',
    'would',
    'suspect(?:s|ed|ing)?',
    'suspicio(?:n|us) (?:of|for)',
    'concern(?:s|ed|ing)? (?:for|of|about|that)',
    'worr(?:y|ied) (?:for|about|that)',
    'question(?:s|ed|able)?(?: of| if| whether)?',
    'rule out',
    'r/o',
    'exclude',
    'versus',
    'vs\\.?',
    'differential(?: diagnosis)?',
    'ddx',
    'presum(?:ed|ably|ptive)',
    'appears?(?: to)?',
    'seems?(?: to)?',
    'suggest(?:s|ive|ed)?(?: of)?',
    'equivocal(?: for)?',
    'if',
    'unless',
    'whether',
    'in case of',
    'in the event of',
    'unsure',
    'uncertain',
    'unclear',
    'unknown',
    '(?:evaluate|assess|monitor|watch|check|screen|look)(?:d|ed|ing)? for',
    '(?:at |increased |high )?risk (?:of|for)',
    'prevent(?:s|ion of)?',
    'prophylaxis (?:for|against)',
    'thinks?',
    'believes?',
  ]),
  family: phrases([
    'fam(?:ily|ilial)? (?:history|hx)',
    'fhx?',
    'fmhx?',
    ONLY_RELATED,
    `(?:${RELATIVE})(?:"s)? (?:has|had|with|have|also|history|hx|h/o|previously)`,
  ]),
  past: phrases([
    'history of',
    'hx(?: of)?',
    'h/o',
    'pmhx?',
    'pshx?',
    'past (?:medical |surgical )?(?:history|hx)',
    '(?:medical|surgical) history',
    'prior',
    'previous(?:ly)?',
    'in the past',
    '(?:years?|months?) ago',
    'last (?:year|month|summer|winter|spring|fall)',
    'remote',
    's/p',
    'status post',
    'earlier (?:visit|admission|encounter)',
  ]),
}

/** Where the reach of any trigger to the left ends: a contrast, a cause, a new clause. */
export const TURNS = new RegExp(
  [
    ';',
    phraseSource(
      'but|however|nevertheless|nonetheless|yet|although|though|except|apart from|aside from|other than|because|due to|secondary to|which|until|while|when|after|whereas|otherwise|instead(?! of)|then',
    ),
    `(?:,|(?<![\\p{L}\\p{N}])(?:and|so))(?= ?(?:and |then |so |that )*${SUBJECT}(?![\\p{L}\\p{N}]))`,
    `,(?= ?(?:and |then |so )*${BARE_VERB}(?![\\p{L}\\p{N}]))`,
  ].join('|'),
  'gu',
)

/** Where past and family history end and today's story begins. */
export const PRESENT = new RegExp(
  phraseSource(
    'presents?|presented|presenting|who|now|today|currently|this (?:morning|evening|afternoon|visit|admission)|here (?:with|for)|brought in|sustained',
  ),
  'gu',
)

function phraseSource(alternatives: string): string {
  return `(?<![\\p{L}\\p{N}])(?:${alternatives})(?![\\p{L}\\p{N}])`
}

function phrases(alternatives: readonly string[]): RegExp {
  return new RegExp(phraseSource(alternatives.join('|')), 'gu')
}
