import { type Markup, markup } from "./status_page_markup.ts";

const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** `45 s`, `3 min`, `2 h 5 min`, `18 h`, `4 d 2 h`: a second unit only where it says much. Pure. */
export function formatAge(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const index = units.findIndex(([, size]) => whole >= size);
  const [name, size] = units[index] ?? ["s", 1];
  const [lesserName, lesserSize] = units[index + 1] ?? ["s", 1];
  const rest = Math.floor((whole % size) / lesserSize);
  const count = Math.floor(whole / size);
  const isEnough = size < 3_600 || count >= 10 || rest === 0;
  return isEnough ? `${count} ${name}` : `${count} ${name} ${rest} ${lesserName}`;
}

/** `950`, `12.3k`, `4.56M`: short enough for a column. Pure. */
export function formatShort(count: number): string {
  if (count < 10_000) return count.toLocaleString("en");
  const [divisor, unit] = count < 1_000_000 ? [1_000, "k"] : [1_000_000, "M"];
  return `${Number((count / divisor).toPrecision(3)).toLocaleString("en")}${unit}`;
}

/** `0.4 ms`, `35 ms`, `2.1 s`. Pure. */
export function formatMs(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(1))} s`;
}

/** A moment as how far away it is, with the moment itself for who points at it. Pure. */
export function showMoment(at: string | undefined, now: string): Markup {
  if (at === undefined) return markup`<span class="faint">–</span>`;
  const seconds = (Date.parse(at) - Date.parse(now)) / 1_000;
  const away = seconds > 0 ? `in ${formatAge(seconds)}` : `${formatAge(-seconds)} ago`;
  return markup`<time datetime="${at}" title="${at}">${away}</time>`;
}

/** `200 inserted, 3 updated`; what is zero is left out. Pure. */
export function formatCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).filter(([, count]) => count !== 0)
    .map(([name, count]) => `${formatShort(count)} ${name.replaceAll("_", " ")}`).join(", ");
}
