import { MethodFailure } from "../method_table.ts";

/** A DecimalFormat pattern taken apart. */
interface DecimalPattern {
  readonly prefix: string;
  readonly suffix: string;
  readonly minInteger: number;
  readonly minFraction: number;
  readonly maxFraction: number;
  /** Digits between grouping separators; 0 for none. */
  readonly grouping: number;
  readonly multiplier: number;
}

/** The signs of a language. */
export interface DecimalSymbols {
  readonly point: string;
  readonly group: string;
}

/** Digits after the point that a pattern may ask for. */
const maxFractionDigits = 50;

/** The decimal point and grouping separator of a locale. */
export function symbolsOf(locale: string): DecimalSymbols {
  const parts = new Intl.NumberFormat(locale, { useGrouping: true }).formatToParts(1234567.5);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value;
  return { point: part("decimal") ?? ".", group: part("group") ?? "," };
}

/** Formats as java.text.DecimalFormat: `#`, `0`, `,`, `.`, `%`, `‰`, quoted text, `;`; half to even. */
export function formatDecimal(value: number, pattern: string, symbols: DecimalSymbols): string {
  if (Number.isNaN(value)) return "NaN";
  const [positive, negative] = splitPattern(pattern);
  const parsed = parsePattern(positive);
  const isNegative = value < 0 || Object.is(value, -0);
  const digits = Number.isFinite(value) ? digitsOf(Math.abs(value), parsed, symbols) : "∞";
  if (!isNegative) return parsed.prefix + digits + parsed.suffix;
  if (negative === undefined) return `-${parsed.prefix}${digits}${parsed.suffix}`;
  const { prefix, suffix } = parsePattern(negative);
  return prefix + digits + suffix;
}

function splitPattern(pattern: string): [string, string | undefined] {
  let quoted = false;
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] === "'") quoted = !quoted;
    if (pattern[at] === ";" && !quoted) return [pattern.slice(0, at), pattern.slice(at + 1)];
  }
  return [pattern, undefined];
}

function parsePattern(pattern: string): DecimalPattern {
  const match = /^((?:'[^']*'|[^#0,.'])*)([#0,]*)(?:\.([0#]*))?((?:'[^']*'|[^#0,.'])*)$/.exec(
    pattern,
  );
  if (
    match === null || /E\d|E0/.test(pattern) || /0[,]*#/.test(match[2]!) ||
    /#0/.test(match[3] ?? "")
  ) {
    throw new MethodFailure("was given a number pattern that is malformed, such as '#,##0.00'");
  }
  const [, prefix, integer, fraction = "", suffix] = match;
  if (integer === "" && fraction === "") {
    throw new MethodFailure("was given a number pattern without # or 0");
  }
  const affixes = prefix! + suffix!;
  return {
    prefix: unquote(prefix!),
    suffix: unquote(suffix!),
    minInteger: integer!.replace(/[^0]/g, "").length,
    minFraction: Math.min(maxFractionDigits, fraction.replace(/#/g, "").length),
    maxFraction: Math.min(maxFractionDigits, fraction.length),
    grouping: integer!.includes(",") ? integer!.length - integer!.lastIndexOf(",") - 1 : 0,
    multiplier: affixes.includes("%") ? 100 : affixes.includes("‰") ? 1000 : 1,
  };
}

function unquote(text: string): string {
  return text.replace(/'([^']*)'/g, (_, inner) => inner === "" ? "'" : inner);
}

function digitsOf(value: number, pattern: DecimalPattern, symbols: DecimalSymbols): string {
  const rounded = roundHalfEven(value * pattern.multiplier, pattern.maxFraction);
  const [integer, fraction = ""] = rounded.split(".");
  let shownFraction = fraction;
  while (shownFraction.length > pattern.minFraction && shownFraction.endsWith("0")) {
    shownFraction = shownFraction.slice(0, -1);
  }
  let shownInteger = integer === "0" ? "" : integer;
  shownInteger = shownInteger!.padStart(pattern.minInteger, "0");
  if (shownInteger === "" && shownFraction === "") shownInteger = "0";
  if (pattern.grouping > 0) shownInteger = group(shownInteger, pattern.grouping, symbols.group);
  return shownFraction === "" ? shownInteger : shownInteger + symbols.point + shownFraction;
}

function group(digits: string, size: number, separator: string): string {
  const parts: string[] = [];
  let end = digits.length;
  for (; end > size; end -= size) parts.unshift(digits.slice(end - size, end));
  parts.unshift(digits.slice(0, end));
  return parts.join(separator);
}

/** Rounds the double's exact value; a tie goes to the even digit. */
function roundHalfEven(value: number, digits: number): string {
  if (value >= 1e21) return BigInt(value).toString();
  const rounded = value.toFixed(digits);
  const exact = value.toFixed(Math.min(100, digits + 40));
  const tail = exact.slice(exact.indexOf(".") + 1 + digits);
  if (!/^50*$/.test(tail)) return rounded;
  const last = rounded.charCodeAt(rounded.length - 1) - 48;
  if (last % 2 === 0) return rounded;
  const truncated = exact.slice(0, exact.indexOf(".") + (digits === 0 ? 0 : 1 + digits));
  return (truncated.charCodeAt(truncated.length - 1) - 48) % 2 === 0 ? truncated : rounded;
}
