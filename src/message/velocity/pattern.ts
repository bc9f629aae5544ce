import { VtlList } from "./collection.ts";
import { MethodFailure } from "./method_table.ts";
import { findMatch } from "./regex/match.ts";
import type { Captures } from "./regex/match.ts";
import { PatternError } from "./regex/parse.ts";
import { compilePattern } from "./regex/program.ts";
import type { Program } from "./regex/program.ts";
import type { RenderState } from "./state.ts";

/** One place where a pattern matched. */
type Found = Captures | readonly number[];

/** Finds the first match at or after a place. */
type Finder = (from: number) => Found | undefined;

const meta = /[\\[\](){}.*+?^$|]/;

/** The text that a pattern without operators stands for; undefined where it has some. */
function literalOf(pattern: string): string | undefined {
  if (!meta.test(pattern)) return pattern;
  const plain = pattern.replace(/\\([^A-Za-z0-9])|\[([^\\\]^[&-])\]/g, (_, a, b) => a ?? b);
  const isPlain = /^(?:\\[^A-Za-z0-9]|\[[^\\\]^[&-]\]|[^\\[\](){}.*+?^$|])*$/u.test(pattern);
  return isPlain ? plain : undefined;
}

/** String.matches: the whole text. */
export function matchesPattern(state: RenderState, text: string, pattern: string): boolean {
  const literal = literalOf(pattern);
  if (literal !== undefined) return text === literal;
  const program = programOf(state, pattern);
  return findMatch(program, text, 0, true, (work) => state.charge(work)) !== undefined;
}

/** String.split: a limit of 0 drops empty parts at the end, a negative one keeps them. */
export function splitPattern(
  state: RenderState,
  text: string,
  pattern: string,
  limit: number,
): VtlList {
  const { find } = finderOf(state, text, pattern);
  const parts: string[] = [];
  let start = 0;
  for (const match of matchesOf(text, find)) {
    if (limit > 0 && parts.length === limit - 1) break;
    if (match[1] === 0) continue;
    parts.push(text.slice(start, match[0]));
    start = match[1]!;
    state.claimItems(1);
    if (parts.length > state.limits.items) state.claimItems(parts.length);
  }
  if (parts.length === 0) return new VtlList([text], "array");
  parts.push(text.slice(start));
  if (limit === 0) { while (parts.length > 0 && parts[parts.length - 1] === "") parts.pop(); }
  return new VtlList(parts, "array");
}

/** String.replaceAll, with `$1`, `${name}` and `\` in the replacement. */
export function replaceAllPattern(
  state: RenderState,
  text: string,
  pattern: string,
  replacement: string,
): string {
  return replaceMatches(state, text, pattern, replacement, Infinity);
}

/** String.replaceFirst. */
export function replaceFirstPattern(
  state: RenderState,
  text: string,
  pattern: string,
  replacement: string,
): string {
  return replaceMatches(state, text, pattern, replacement, 1);
}

function replaceMatches(
  state: RenderState,
  text: string,
  pattern: string,
  replacement: string,
  limit: number,
): string {
  const { find, program } = finderOf(state, text, pattern);
  let result = "";
  let start = 0;
  let count = 0;
  for (const match of matchesOf(text, find)) {
    if (count++ === limit) break;
    result += text.slice(start, match[0]) + expand(replacement, text, match, program);
    start = match[1]!;
    state.claimChars(result.length);
    state.charge(1 + (replacement.length >> 4));
  }
  state.claimChars(result.length + text.length - start);
  return result + text.slice(start);
}

/** All matches from left to right; after an empty one the search goes on one character further. */
function* matchesOf(text: string, find: Finder): Iterable<Found> {
  for (let from = 0; from <= text.length;) {
    const match = find(from);
    if (match === undefined) return;
    yield match;
    const [start = 0, end = 0] = match;
    from = end > start ? end : end + (text.codePointAt(end)! > 0xffff ? 2 : 1);
  }
}

function finderOf(
  state: RenderState,
  text: string,
  pattern: string,
): { find: Finder; program: Program | undefined } {
  const literal = literalOf(pattern);
  if (literal !== undefined) {
    const find = (from: number): Found | undefined => {
      const at = text.indexOf(literal, from);
      return at < 0 ? undefined : [at, at + literal.length];
    };
    return { find, program: undefined };
  }
  const program = programOf(state, pattern);
  const charge = (work: number) => state.charge(work);
  return { find: (from) => findMatch(program, text, from, false, charge), program };
}

function programOf(state: RenderState, pattern: string): Program {
  const known = state.patterns.get(pattern);
  if (known !== undefined) return known;
  state.charge(pattern.length);
  try {
    const program = compilePattern(pattern);
    state.charge(program.steps.length);
    state.patterns.set(pattern, program);
    return program;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const hint =
      "Patterns are Java's, without back-references, look-around and possessive quantifiers.";
    return state.fail("VTL202", `the pattern has ${error.message}`, hint);
  }
}

function expand(
  replacement: string,
  text: string,
  match: Found,
  program: Program | undefined,
): string {
  if (!/[\\$]/.test(replacement)) return replacement;
  return replacement.replace(
    /\\([\s\S]?)|\$(?:\{(\w+)\}|(\d+)|)/g,
    (all, escaped, name, digits) => {
      if (all.startsWith("\\")) {
        if (escaped === "") {
          throw new MethodFailure("was given a replacement that ends with a backslash");
        }
        return escaped;
      }
      const group = name === undefined ? digits : program?.names.get(name)?.toString();
      if (group === undefined) {
        throw new MethodFailure("was given a replacement with a $ that names no group");
      }
      return groupText(group, text, match);
    },
  );
}

/** The longest run of digits that names a group counts; the rest is text, as in Java. */
function groupText(digits: string, text: string, match: Found): string {
  const groups = match.length / 2;
  let length = 1;
  while (length < digits.length && Number(digits.slice(0, length + 1)) < groups) length++;
  const group = Number(digits.slice(0, length));
  if (group >= groups) {
    throw new MethodFailure(
      `was given a replacement with $${group}, but the pattern has ${groups - 1} groups`,
    );
  }
  const start = match[group * 2];
  const shown = start! < 0 ? "" : text.slice(start, match[group * 2 + 1]);
  return shown + digits.slice(length);
}
