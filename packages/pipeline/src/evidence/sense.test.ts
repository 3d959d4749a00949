import { describe, expect, it } from 'vitest'
import { isNegated, turnedSense } from './sense.ts'

/** The passage is what stands between the brackets. */
function passageIn(marked: string): { text: string; start: number; end: number } {
  const start = marked.indexOf('[')
  const end = marked.indexOf(']') - 1
  return { text: marked.replace(/[[\]]/g, ''), start, end }
}

describe('the sense of a passage', () => {
  it.each([
    // Negations that reach the passage.
    ['No [NPO violation documented]', 'negated'],
    ['There was no [NPO violation documented].', 'negated'],
    ['Patient was not [taken to the OR] overnight', 'negated'],
    ['Mother denies [oral intake after midnight]', 'negated'],
    ['Denies [fever, chills or vomiting]', 'negated'],
    ['Denies fever, chills or [vomiting since last night]', 'negated'],
    ['No evidence of [acute osseous abnormality]', 'negated'],
    ['CT negative for [intracranial bleeding or fracture]', 'negated'],
    ['Proceeded without [anesthesia clearance on file]', 'negated'],
    ['Absence of [radial pulse at arrival]', 'negated'],
    ['Did not [eat before the surgery]', 'negated'],
    ['Child didn’t [eat before the surgery]', 'negated'],
    ['Never [seen by ortho team]', 'negated'],
    ['Neither ortho nor [anesthesia cleared the child]', 'negated'],
    ['Plan is non-[operative management in cast]', 'negated'],
    ['Parents refused [surgery at this time]', 'negated'],
    ['Family declined [admission to the floor]', 'negated'],
    ['Compartment syndrome unlikely; ruled out [vascular injury on exam]', 'negated'],
    ['No longer [NPO since 10:00]', 'negated'],
    ['No [increase in swelling noted]', 'negated'],
    ['No\n[NPO violation was documented]', 'negated'],
    ['No fever or cough and no\n   [NPO violation documented]', 'negated'],
    ['Per Dr. Smith no [NPO violation documented]', 'negated'],
    ['Not per Dr. Smith [a violation of NPO]', 'negated'],
    ['Not given ibuprofen q.d. or [ketorolac in the ED]', 'negated'],
    ['Not above 19.5 with [signs of ischemia]', 'negated'],
    ['At 07:30 no [food or drink given]', 'negated'],
    ['Unable to [obtain a room tonight]', 'negated'],
    // Hedges.
    ['Possible [NPO violation at home]', 'hedged'],
    ['Patient may have [eaten some crackers]', 'hedged'],
    ['Cannot rule out [compartment syndrome of forearm]', 'hedged'],
    ['Could not exclude [a vascular injury]', 'hedged'],
    ['Unclear if [the child ate breakfast]', 'hedged'],
    ['If [the child vomits overnight], call', 'hedged'],
    ['Concern for [compartment syndrome of forearm]', 'hedged'],
    ['?[NPO violation this morning]', 'hedged'],
    ['Fracture. ? [NPO violation this morning]', 'hedged'],
    ['R/o [lateral condyle fracture]', 'hedged'],
    ['At risk for [compartment syndrome overnight]', 'hedged'],
    ['Watch for [signs of ischemia]', 'hedged'],
    ['Not sure whether [child drank juice]', 'hedged'],
    ['Transphyseal separation versus [supracondylar humerus fracture]', 'hedged'],
    ['Not necessarily [delayed by the CT]', 'hedged'],
    // Family.
    ['Family history of [malignant hyperthermia under anesthesia]', 'family'],
    ['FHx: [bleeding disorder in males]', 'family'],
    ['Brother [ate crackers in the waiting room]', 'family'],
    ['His twin sister [drank juice at 08:00]', 'family'],
    ['Father had [malignant hyperthermia in 1998]', 'family'],
    // The past.
    ['History of [supracondylar fracture left elbow]', 'past'],
    ['PMH: [forearm fracture in 2021]', 'past'],
    ['Previous [NPO violation in 2022]', 'past'],
    ['S/p [closed reduction and pinning]', 'past'],
    ['Two years ago [fell from monkey bars]', 'past'],
  ])('%s is turned: %s', (marked, expected) => {
    const { text, ...passage } = passageIn(marked)

    expect(turnedSense(text, passage)).toBe(expected)
  })

  it.each([
    ['[No NPO violation documented]'],
    ['Mother at bedside. [No NPO violation documented]'],
    ['No fever, [no NPO violation documented]'],
    ['No fever. [NPO violation documented]'],
    ['No fever! [NPO violation documented]'],
    ['No fever; [NPO violation documented]'],
    ['No fever, but [NPO violation was documented]'],
    ['No fever, [but NPO violation was documented]'],
    ['Not febrile, however [ate crackers at 03:00]'],
    ['No fever, [patient ate crackers at 03:00]'],
    ['No fever, [ate crackers at 03:00]'],
    ['Did not fall and the patient [was kept NPO]'],
    ['Not only [was NPO violated], surgery waited'],
    ['Not [only NPO violated today]'],
    ['No increase in [swelling of the elbow]'],
    ['Without difficulty the [fracture was reduced closed]'],
    ['Taken to OR without delay for [pinning of the fracture]'],
    ['No acute distress, [swelling of the elbow]'],
    ['Not taken to the OR until [room opened at 14:05]'],
    ['Not started because [the room was unavailable]'],
    ['Gram-negative [rods in the culture]'],
    ['No fever.\n\n[NPO violation documented]'],
    ['Denies fever\n- [Ate crackers at 03:00]'],
    ['Denies fever\nPlan: [go to the OR]'],
    ['No known drug allergies\n[Ate crackers at 03:00]'],
    ['NPO prior to [surgery this morning]'],
    ['History of present illness: [fell from monkey bars]'],
    ['7yo with history of asthma presents with [elbow fracture after fall]'],
    ['7yo with history of asthma [presents with elbow fracture]'],
    ['Mother reports [child ate crackers]'],
    ['Mother [gave him juice at 08:00]'],
    ['Playing with brother [fell on outstretched hand]'],
    ['On May 3 [surgery was delayed]'],
    ['[Possible NPO violation at home]'],
    ['Suspected, [possible NPO violation at home]'],
    ['Could be delayed. [OR bumped for trauma]'],
    ['Pin no. 3 [was placed laterally]'],
  ])('%s is its own', (marked) => {
    const { text, ...passage } = passageIn(marked)

    expect(turnedSense(text, passage)).toBeNull()
  })

  it('does not reach over more than ten words', () => {
    const text = 'No one two three four five six seven eight nine ten eleven NPO violation documented'

    expect(turnedSense(text, { start: text.indexOf('NPO'), end: text.length })).toBeNull()
  })

  it('looks no further back than 400 units', () => {
    const text = `No ${'x'.repeat(700)} NPO violation documented`

    expect(turnedSense(text, { start: text.indexOf('NPO'), end: text.length })).toBeNull()
  })
})

describe('a denial', () => {
  it.each([
    ['No [NPO violation]', true],
    ['[NPO violation]: none', true],
    ['[NPO violation]: no.', true],
    ['[NPO violation] was ruled out', true],
    ['[NPO violation] denied', true],
    ['[Compartment syndrome] is not present', true],
    ['Possible [NPO violation]', false],
    ['Previous [NPO violation]', false],
    ['[NPO violation] noted', false],
    ['[NPO violation]. No fever', false],
    ['[NPO violation]: no one told the team', false],
  ])('%s: %s', (marked, expected) => {
    const { text, ...passage } = passageIn(marked)

    expect(isNegated(text, passage)).toBe(expected)
  })
})
