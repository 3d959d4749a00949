/** The values of a map by the order of their keys, so that sums of fractions come out the same in whatever order rows came in. */
export function inOrder<Value>(values: ReadonlyMap<string, Value>): Value[] {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}
