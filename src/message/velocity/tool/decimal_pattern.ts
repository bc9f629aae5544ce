import { MethodFailure } from "../method_table.ts";

/** What stands before and after a number: text, and the signs of the locale where `sign` names one. */
export type Affix = readonly AffixPart[];
type AffixPart = { readonly text: string } | { readonly sign: "minus" | "percent" | "perMille" };

/** A DecimalFormat pattern taken apart. */
export interface DecimalPattern {
  readonly positive: { readonly prefix: Affix; readonly suffix: Affix };
  readonly negative: { readonly prefix: Affix; readonly suffix: Affix };
  readonly multiplier: number;
  readonly minInteger: number;
  /** Digits before the point of a number with an exponent. */
  readonly maxInteger: number;
  readonly minFraction: number;
  readonly maxFraction: number;
  /** Digits between grouping separators; 0 for none. */
  readonly grouping: number;
  readonly showsPoint: boolean;
  /** Least digits of the exponent; 0 for numbers without. */
  readonly exponent: number;
}

const signs: Readonly<Record<string, "minus" | "percent" | "perMille">> = {
  "-": "minus",
  "%": "percent",
  "\u2030": "perMille",
};

/** Takes a pattern apart; fails where Java would refuse it, and where it has neither `#` nor `0`. */
export function parseDecimalPattern(pattern: string): DecimalPattern {
  const prefix = readAffix(pattern, 0);
  const number = /[#0,.]*(?:E0*)?/y;
  number.lastIndex = prefix.end;
  const numberText = number.exec(pattern)![0];
  if (!/^[^E]*[#0]/.test(numberText)) {
    throw new MethodFailure("was given a number pattern without # or 0");
  }
  const suffix = readAffix(pattern, number.lastIndex, true);
  const positive = { prefix: prefix.parts, suffix: suffix.parts };
  const multiplier = multiplierOf(positive);
  return {
    positive,
    negative: readNegative(pattern, suffix.end, positive) ?? minusBefore(positive),
    multiplier,
    ...readNumber(numberText),
  };
}

function malformed(): never {
  throw new MethodFailure("was given a number pattern that is malformed, such as '#,##0.00'");
}

type Affixes = DecimalPattern["positive"];

/** 100 beside a percent sign, 1000 beside a per mille sign; only one of them may be there. */
function multiplierOf({ prefix, suffix }: Affixes): number {
  const found = [...prefix, ...suffix].flatMap((part) =>
    "text" in part || part.sign === "minus" ? [] : [part.sign === "percent" ? 100 : 1000]
  );
  if (found.length > 1) malformed();
  return found[0] ?? 1;
}

function minusBefore({ prefix, suffix }: Affixes): Affixes {
  return { prefix: [{ sign: "minus" }, ...prefix], suffix };
}

/** The pattern after `;`, of which only what stands around the number counts. */
function readNegative(pattern: string, end: number, positive: Affixes): Affixes | undefined {
  if (end >= pattern.length - 1) return undefined;
  const prefix = readAffix(pattern, end + 1);
  const number = /(?:[#0,.][#0,.E]*)?/y;
  number.lastIndex = prefix.end;
  number.exec(pattern);
  const suffix = readAffix(pattern, number.lastIndex, true);
  if (suffix.end < pattern.length) malformed();
  const negative = { prefix: prefix.parts, suffix: suffix.parts };
  multiplierOf(negative);
  return JSON.stringify(negative) === JSON.stringify(positive) ? undefined : negative;
}

/** Reads text and signs up to the number, the `;` or the end. */
function readAffix(
  pattern: string,
  start: number,
  isSuffix = false,
): { parts: AffixPart[]; end: number } {
  const parts: AffixPart[] = [];
  let isQuoted = false;
  let at = start;
  for (; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === "'" && pattern[at + 1] === "'") {
      parts.push({ text: "'" });
      at++;
    } else if (char === "'") {
      isQuoted = !isQuoted;
    } else if (isQuoted || !/[#0,.;%\u2030\u00a4-]/.test(char)) {
      parts.push({ text: char });
    } else if (char in signs) {
      parts.push({ sign: signs[char]! });
    } else if (char === "\u00a4") {
      throw new MethodFailure("was given a number pattern with \u00a4: write the currency itself");
    } else if (char === ";" ? !isSuffix : isSuffix) {
      malformed();
    } else {
      break;
    }
  }
  if (isQuoted) malformed();
  return { parts, end: at };
}

type NumberPart = Omit<DecimalPattern, "positive" | "negative" | "multiplier">;

/** `#,##0.00`, `##0.##E0`: how many digits, where they are grouped, and the exponent. */
function readNumber(text: string): NumberPart {
  const [mantissa = "", exponent] = text.split("E");
  const [, whole = "", fraction] = /^([#0,]*)(?:\.(0*#*))?$/.exec(mantissa) ?? malformed();
  const digits = whole.replaceAll(",", "");
  if (!/^#*0*$/.test(digits) || /,$/.test(whole) || exponent === "") malformed();
  const places = fraction ?? "";
  // Where there is no 0, Java takes the last # before the point for one, or the first after it.
  const lent = mantissa.includes("0") || fraction === undefined ? 0 : 1;
  return {
    minInteger: digits.replaceAll("#", "").length + (digits === "" ? 0 : lent),
    maxInteger: digits.length,
    minFraction: places.replaceAll("#", "").length + (digits === "" ? lent : 0),
    maxFraction: places.length,
    grouping: whole.includes(",") ? whole.length - 1 - whole.lastIndexOf(",") : 0,
    showsPoint: fraction !== undefined && (digits === "" || places === ""),
    exponent: exponent?.length ?? 0,
  };
}
