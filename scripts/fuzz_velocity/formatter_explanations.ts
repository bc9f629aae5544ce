import type { Answer } from "./ask_java.ts";
import type { FormatterCase } from "./formatter_cases.ts";

/** A difference that is meant: how to know it, and why it stays. */
interface Explanation {
  readonly reason: string;
  readonly holds: (asked: FormatterCase, ours: Answer, theirs: Answer) => boolean;
}

const explanations: readonly Explanation[] = [
  {
    reason: "a date beyond the year 275,000 is out of range; Java counts on",
    holds: (_, { error = "" }, { out }) =>
      error.includes("out of range") && Math.abs(Number(out)) > 8.6e15,
  },
  {
    reason:
      "a number pattern without # or 0 is a mistake: ours is refused, Java's formats all digits",
    holds: ([kind], { error = "" }) => kind === "number" && error.includes("without # or 0"),
  },
  {
    reason:
      "digits in two places of a number pattern: ours is refused, Java joins them before the rest",
    holds: ([kind, pattern], { error = "" }) =>
      kind === "number" && error.includes("malformed") &&
      /[#0,.](?:[^#0,.;']|'[^']*')+[#0,.]/.test(pattern),
  },
  {
    reason:
      "Java takes an E directly after the exponent for a part of the negative pattern's number",
    holds: ([kind, pattern], { out = "" }, theirs) =>
      kind === "number" && /E0+E/.test(pattern) && theirs.out !== undefined &&
      /^[\u061c\u200e\u200f]?[-\u2212]/.test(out),
  },
  {
    reason: "the apostrophe that groups digits in Switzerland is typographic in Java's data",
    holds: (asked, ours, theirs) =>
      asked[0] === "number" && asked[3] === "de-CH" &&
      ours.out === theirs.out?.replaceAll("\u2019", "'"),
  },
  {
    reason:
      "before 1900 ours is the Gregorian calendar as in Postgres, and the zone's local mean time; Java's is Julian before 1582",
    holds: ([kind], ours, theirs) =>
      kind === "read" && isBefore1900(ours.out) && isBefore1900(theirs.out),
  },
  {
    reason: "ours reads a month's name in both of its forms, Java's in the one of its letter",
    holds: ([kind, pattern], ours, theirs) =>
      kind === "read" && /MMM|LLL/.test(pattern) && ours.out !== undefined &&
      theirs.error?.endsWith("unparseable") === true,
  },
  {
    reason: "of two zones in one text ours takes the last, Java not always",
    holds: (asked, ours, theirs) =>
      asked[0] === "read" && /[zZX]+[^zZX]+[zZX]/.test(asked[1].replace(/'[^']*'/g, "")) &&
      ours.out !== undefined && theirs.out !== undefined,
  },
  {
    reason: "Java reads GMT and no offset after it where blanks stand before; ours reads both",
    holds: (asked, ours, theirs) =>
      asked[0] === "read" && /[ \t]GMT[+-]/i.test(asked[2]) && /[zZ]/.test(asked[1]) &&
      ours.out !== theirs.out && theirs.out !== undefined,
  },
  {
    reason: "ours reads an ASCII minus also where the locale writes another",
    holds: (asked, ours, theirs) =>
      asked[0] === "read" && /-\d/.test(asked[2]) && ours.out !== undefined &&
      theirs.error?.endsWith("unparseable") === true &&
      !new Intl.NumberFormat(asked[4]).format(-1).startsWith("-"),
  },
  {
    reason:
      "signs of percent, exponent and no number that differ between the JDK's data and the runtime's",
    holds: (asked, ours, theirs) =>
      asked[0] === "number" && ["ar-EG", "en-CA"].includes(asked[3]) &&
      signs(ours.out) === signs(theirs.out),
  },
  {
    reason: "MathTool goes through doubles and saturates: wrong beyond 2^53; ours are exact",
    holds: ([kind, , left, right], { out = "" }, theirs) =>
      kind === "math" &&
      [left, right, out, theirs.out].some((text) => !(Math.abs(Number(text)) < 2 ** 53)),
  },
  {
    reason: "Java before 19 writes 1.0E23, a hundred times 1.0E21, as 9.999999999999999E22",
    holds: (asked) => asked[0] === "number" && asked[2] === "1.0E21" && asked[1].includes("%"),
  },
  {
    reason: "Java before 19 writes some doubles with more digits than tell them apart",
    holds: ([kind], { out = "" }, theirs) =>
      (kind === "math" && Number(out) === Number(theirs.out)) ||
      (kind === "number" && isSameDouble(out, theirs.out ?? "")),
  },
];

function isBefore1900(epochMs: string | undefined): boolean {
  return epochMs !== undefined && Number(epochMs) < Date.UTC(1900);
}

/** Why a difference from java.text is meant; undefined where it is a fault to look into. */
export function explanationOf(
  asked: FormatterCase,
  ours: Answer,
  theirs: Answer,
): string | undefined {
  return explanations.find(({ holds }) => holds(asked, ours, theirs))?.reason;
}

function signs(text: string | undefined): string | undefined {
  return text?.replace(/\u061c/g, "").replace("\u0623\u0633", "\u0627\u0633")
    .replace("\u064b\u0627", "").toUpperCase();
}

/** Whether two texts hold the same double, of more digits than one needs. */
function isSameDouble(ours: string, theirs: string): boolean {
  const [left, right] = [ours, theirs].map((text) => text.replace(/\D/g, ""));
  if (left !== "") {
    const difference = Math.abs(Number(left) - Number(right));
    return left!.length > 16 && difference <= Number(left) * Number.EPSILON;
  }
  const mask = (text: string) => text.replace(/\p{Nd}/gu, "0");
  return mask(ours) === mask(theirs) && ours.slice(0, 15) === theirs.slice(0, 15);
}
