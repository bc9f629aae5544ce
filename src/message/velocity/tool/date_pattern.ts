import { MethodFailure } from "../method_table.ts";

/** A run of one pattern letter, or text between them. */
export type DateField =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "field"; readonly letter: string; readonly width: number };

const letters = "GyYMLwWDdFEuaHkKhmsSzZX";
const maxPatternChars = 200;

/** Takes a SimpleDateFormat pattern apart; fails where Java would refuse it. */
export function parseDatePattern(pattern: string): readonly DateField[] {
  if (pattern.length > maxPatternChars) {
    throw new MethodFailure(`was given a pattern longer than ${maxPatternChars} characters`);
  }
  const fields: DateField[] = [];
  for (let at = 0; at < pattern.length;) {
    const char = pattern[at];
    if (char === "'") {
      const end = quoteEnd(pattern, at);
      const inner = pattern.slice(at + 1, end).replaceAll("''", "'");
      fields.push({ kind: "text", text: inner === "" ? "'" : inner });
      at = end + 1;
    } else if (/[A-Za-z]/.test(char!)) {
      if (!letters.includes(char!)) {
        throw new MethodFailure(`was given a date pattern with the unknown letter '${char}'`);
      }
      let end = at + 1;
      while (pattern[end] === char) end++;
      if (char === "X" && end - at > 3) {
        throw new MethodFailure("was given a date pattern with more than three X");
      }
      fields.push({ kind: "field", letter: char!, width: end - at });
      at = end;
    } else {
      fields.push({ kind: "text", text: char! });
      at++;
    }
  }
  return fields;
}

function quoteEnd(pattern: string, start: number): number {
  let end = pattern.indexOf("'", start + 1);
  while (end > start + 1 && pattern[end + 1] === "'") end = pattern.indexOf("'", end + 2);
  if (end < 0) throw new MethodFailure("was given a date pattern with a quote that is not closed");
  return end;
}
