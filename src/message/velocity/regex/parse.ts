import { intersect, negate, property, range, shorthand, union } from "./char_set.ts";
import type { CharSet } from "./char_set.ts";

/** What a part of a pattern matches. */
export type Pattern =
  | { readonly kind: "char"; readonly set: CharSet }
  | { readonly kind: "any" }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "group"; readonly index: number; readonly inner: Pattern }
  | { readonly kind: "sequence"; readonly parts: readonly Pattern[] }
  | { readonly kind: "choice"; readonly options: readonly Pattern[] }
  | {
    readonly kind: "repeat";
    readonly inner: Pattern;
    readonly min: number;
    readonly max: number;
    readonly isGreedy: boolean;
  };

/** A place that matches no character. */
export type Assertion = "start" | "end" | "lastLine" | "lineStart" | "lineEnd" | "word" | "noWord";

/** A pattern that Java would refuse, or that cannot be matched in linear time. */
export class PatternError extends Error {}

/** The tree, how many groups it has, and their names. */
export interface ParsedPattern {
  readonly tree: Pattern;
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  readonly dotAll: boolean;
}

const maxDepth = 50;
const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, a: 7, e: 27, 0: 0 };

/** Reads Java's pattern syntax without back-references, look-around and possessive quantifiers. */
export function parsePattern(source: string): ParsedPattern {
  const parser = new PatternParser([...source]);
  const tree = parser.parseChoice(0);
  if (parser.pos < parser.chars.length) throw new PatternError("an unmatched ')'");
  return { tree, groups: parser.groups, names: parser.names, dotAll: parser.flags.has("s") };
}

class PatternParser {
  readonly chars: readonly string[];
  readonly names = new Map<string, number>();
  readonly flags = new Set<string>();
  groups = 0;
  pos = 0;

  constructor(chars: readonly string[]) {
    this.chars = chars;
  }

  peek(): string | undefined {
    return this.chars[this.pos];
  }

  take(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      if (this.chars[this.pos + i] !== text[i]) return false;
    }
    this.pos += text.length;
    return true;
  }

  parseChoice(depth: number): Pattern {
    if (depth > maxDepth) throw new PatternError("groups nested too deep");
    const options = [this.parseSequence(depth)];
    while (this.take("|")) options.push(this.parseSequence(depth));
    return options.length === 1 ? options[0]! : { kind: "choice", options };
  }

  private parseSequence(depth: number): Pattern {
    const parts: Pattern[] = [];
    for (
      let char = this.peek();
      char !== undefined && char !== "|" && char !== ")";
      char = this.peek()
    ) {
      const part = this.parseAtom(depth);
      if (part !== undefined) parts.push(this.parseQuantifier(part));
    }
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  private parseAtom(depth: number): Pattern | undefined {
    const char = this.chars[this.pos++];
    switch (char) {
      case "(":
        return this.parseGroup(depth);
      case "[":
        return { kind: "char", set: this.parseClass(depth) };
      case ".":
        return { kind: "any" };
      case "^":
        return { kind: "assert", what: this.flags.has("m") ? "lineStart" : "start" };
      case "$":
        return { kind: "assert", what: this.flags.has("m") ? "lineEnd" : "lastLine" };
      case "\\":
        return this.parseEscape();
      case "*":
      case "+":
      case "?":
        throw new PatternError(`'${char}' repeats nothing`);
    }
    return this.literal(char!);
  }

  private literal(char: string): Pattern {
    const code = char.codePointAt(0)!;
    return { kind: "char", set: range(code, code, this.flags.has("i")) };
  }

  private parseGroup(depth: number): Pattern | undefined {
    if (!this.take("?")) return this.finishGroup(depth, ++this.groups);
    if (this.take(":")) return this.finishGroup(depth, undefined);
    if (this.peek() === "<" && /[A-Za-z]/.test(this.chars[this.pos + 1] ?? "")) {
      const end = this.chars.indexOf(">", this.pos);
      if (end < 0) throw new PatternError("a group name that is not closed");
      this.names.set(this.chars.slice(this.pos + 1, end).join(""), ++this.groups);
      this.pos = end + 1;
      return this.finishGroup(depth, this.groups);
    }
    const flags = /^([imsu]+)([:)])/.exec(this.chars.slice(this.pos, this.pos + 8).join(""));
    if (flags === null || depth > 0 || flags[2] === ":") {
      throw new PatternError("look-around, atomic groups and inner flags, which are not supported");
    }
    for (const flag of flags[1]!) this.flags.add(flag);
    this.pos += flags[0].length;
    return undefined;
  }

  private finishGroup(depth: number, index: number | undefined): Pattern {
    const inner = this.parseChoice(depth + 1);
    if (!this.take(")")) throw new PatternError("a group that is not closed");
    return index === undefined ? inner : { kind: "group", index, inner };
  }

  private parseQuantifier(inner: Pattern): Pattern {
    let result = inner;
    for (;;) {
      const bounds = this.readBounds();
      if (bounds === undefined) return result;
      const isGreedy = !this.take("?");
      if (isGreedy && this.peek() === "+") {
        throw new PatternError("a possessive quantifier, which is not supported");
      }
      result = { kind: "repeat", inner: result, min: bounds[0], max: bounds[1], isGreedy };
    }
  }

  private readBounds(): readonly [number, number] | undefined {
    if (this.take("*")) return [0, Infinity];
    if (this.take("+")) return [1, Infinity];
    if (this.take("?")) return [0, 1];
    if (this.peek() !== "{") return undefined;
    const text = this.chars.slice(this.pos, this.pos + 16).join("");
    const match = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(text);
    if (match === null) throw new PatternError("a repetition {…} that is malformed");
    this.pos += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? Infinity : Number(match[3]);
    if (max < min) throw new PatternError("a repetition whose bounds are reversed");
    return [min, max];
  }

  private parseEscape(): Pattern {
    const char = this.peek();
    const asserts: Record<string, Assertion> = {
      b: "word",
      B: "noWord",
      A: "start",
      z: "end",
      Z: "lastLine",
    };
    if (char !== undefined && Object.hasOwn(asserts, char)) {
      this.pos++;
      return { kind: "assert", what: asserts[char]! };
    }
    if (char === "Q") return this.parseQuoted();
    const set = this.parseEscapedSet();
    return { kind: "char", set };
  }

  private parseQuoted(): Pattern {
    this.pos++;
    const parts: Pattern[] = [];
    while (this.pos < this.chars.length && !this.take("\\E")) {
      parts.push(this.literal(this.chars[this.pos++]!));
    }
    return { kind: "sequence", parts };
  }

  /** What follows a backslash, as a set: a class, a property, or one character. */
  private parseEscapedSet(): CharSet {
    const char = this.chars[this.pos++];
    if (char === undefined) throw new PatternError("a backslash at its end");
    const set = shorthand(char);
    if (set !== undefined) return set;
    if (char === "p" || char === "P") return this.parseProperty(char === "P");
    const code = this.escapedCode(char);
    return range(code, code, this.flags.has("i"));
  }

  private escapedCode(char: string): number {
    if (char === "u" || char === "x") return this.readHex(char === "u" ? 4 : 2);
    if (Object.hasOwn(escapes, char)) return escapes[char]!;
    if (/[1-9k]/.test(char)) throw new PatternError("a back-reference, which is not supported");
    if (/[A-Za-z]/.test(char)) {
      throw new PatternError(`the escape \\${char}, which is not supported`);
    }
    return char.codePointAt(0)!;
  }

  private readHex(length: number): number {
    const digits = this.chars.slice(this.pos, this.pos + length).join("");
    if (!/^[0-9a-fA-F]+$/.test(digits) || digits.length !== length) {
      throw new PatternError("a hexadecimal escape that is malformed");
    }
    this.pos += length;
    return parseInt(digits, 16);
  }

  private parseProperty(isNegated: boolean): CharSet {
    const text = this.chars.slice(this.pos, this.pos + 24).join("");
    const match = /^(?:\{(\^?)(\w+)\}|([LMNPSZ]))/.exec(text);
    const set = match === null ? undefined : property(match[2] ?? match[3]!);
    if (match === null || set === undefined) throw new PatternError("an unknown \\p{…} property");
    this.pos += match[0].length;
    return isNegated !== (match[1] === "^") ? negate(set) : set;
  }

  private parseClass(depth: number): CharSet {
    if (depth > maxDepth) throw new PatternError("classes nested too deep");
    const isNegated = this.take("^");
    const sets: CharSet[] = [];
    for (let first = true; first || this.peek() !== "]"; first = false) {
      if (this.peek() === undefined) throw new PatternError("a class that is not closed");
      if (this.take("&&")) {
        const rest = this.parseClassTail(depth);
        const both = intersect(union(sets), rest);
        return isNegated ? negate(both) : both;
      }
      sets.push(this.take("[") ? this.parseClass(depth + 1) : this.parseClassItem());
    }
    this.pos++;
    return isNegated ? negate(union(sets)) : union(sets);
  }

  /** What stands after `&&`, up to the class's end. */
  private parseClassTail(depth: number): CharSet {
    const sets: CharSet[] = [];
    while (!this.take("]")) {
      if (this.peek() === undefined) throw new PatternError("a class that is not closed");
      sets.push(this.take("[") ? this.parseClass(depth + 1) : this.parseClassItem());
    }
    return union(sets);
  }

  private parseClassItem(): CharSet {
    const char = this.chars[this.pos];
    if (char === "\\" && (/[dwshvDWSHVpP]/.test(this.chars[this.pos + 1] ?? ""))) {
      this.pos++;
      return this.parseEscapedSet();
    }
    const first = this.classChar();
    if (
      this.peek() !== "-" || this.chars[this.pos + 1] === "]" ||
      this.chars[this.pos + 1] === undefined
    ) {
      return range(first, first, this.flags.has("i"));
    }
    this.pos++;
    const last = this.classChar();
    if (last < first) throw new PatternError("a range in a class that is reversed");
    return range(first, last, this.flags.has("i"));
  }

  private classChar(): number {
    const char = this.chars[this.pos++];
    if (char !== "\\") return char!.codePointAt(0)!;
    const escaped = this.chars[this.pos++];
    if (escaped === undefined) throw new PatternError("a backslash at its end");
    return this.escapedCode(escaped);
  }
}
