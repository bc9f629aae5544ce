/**
 * Turns the golden file's context into the engine's values: `{"$date": …}` is a Date, and
 * `{"$long": …}` a whole number, since the engine has one kind of them.
 */
export function reviveGolden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reviveGolden);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === "$date") return new Date(String(only[1]));
  if (entries.length === 1 && only?.[0] === "$long") return only[1];
  return Object.fromEntries(entries.map(([key, item]) => [key, reviveGolden(item)]));
}
