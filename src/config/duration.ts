/** Milliseconds of each unit. A day has 24 hours: durations are lengths, not calendar steps. */
const units: readonly (readonly [string, number])[] = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];

const unitMs: ReadonlyMap<string, number> = new Map(units);

/** Longest duration, 100 years: longer ones are mistakes, and dates could not hold them. */
export const longestDurationMs = 100 * 365.25 * 86_400_000;

const parts = /(\d{1,15}(?:\.\d{1,9})?)(ms|w|d|h|m|s)/y;

/**
 * Reads `15m`, `1h30m`, `500ms`, `1.5h` or `0` as whole milliseconds. Units come from large to
 * small, each once; blanks between the parts are allowed. Undefined when the text is none.
 */
export function parseDuration(text: string): number | undefined {
  const compact = text.trim().replace(/(?<=[a-z]) +(?=\d)/g, "");
  if (compact === "0") return 0;
  if (compact === "" || compact.length > 64) return undefined;
  let total = 0;
  let lastUnitMs = Infinity;
  parts.lastIndex = 0;
  for (let at = 0; at < compact.length; at = parts.lastIndex) {
    const part = parts.exec(compact);
    const ms = part === null ? undefined : unitMs.get(part[2] ?? "");
    if (part === null || ms === undefined || ms >= lastUnitMs) return undefined;
    total += Number(part[1]) * ms;
    lastUnitMs = ms;
  }
  const rounded = Math.round(total);
  return rounded > longestDurationMs ? undefined : rounded;
}

/** Milliseconds as the shortest text that `parseDuration` reads back: 5400000 → `1h30m`. */
export function formatDuration(durationMs: number): string {
  let rest = Math.round(durationMs);
  if (rest === 0) return "0";
  let text = "";
  for (const [unit, ms] of units) {
    const count = Math.floor(rest / ms);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * ms;
  }
  return text;
}
