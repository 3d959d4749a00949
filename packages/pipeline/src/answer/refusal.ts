const ACT =
  'assist|help|comply|provide|fulfil|fulfill|complete|process|answer|review|analyze|analyse|continue|share|do that|do this'
// Only words of refusing the task itself: "I cannot determine whether …" is an answer, not a refusal.
const REFUSAL = new RegExp(
  [
    `\\bi(?:'m| am)(?: very| so| truly)? sorry,? (?:but )?i(?: can't| cannot| can not| won't| am unable| am not able|'m unable|'m not able)`,
    `\\bi(?: can't| cannot| can not| won't| will not|'m unable to|'m not able to| am unable to| am not able to) (?:${ACT})\\b`,
    `\\bi (?:must|have to) (?:decline|refuse)\\b`,
    `\\bi (?:decline|refuse) to\\b`,
    `\\bas an ai\\b.{0,80}\\b(?:can't|cannot|can not|unable)\\b`,
  ].join('|'),
)

/** Whether plain prose clearly refuses the task; only the first 600 characters are looked at. */
export function isProseRefusal(text: string): boolean {
  const start = text.slice(0, 600).toLowerCase().replaceAll('’', "'").replace(/\s+/g, ' ')
  return REFUSAL.test(start)
}
