import type { Node, Offset, Tree } from "./ast.ts";
import type { Dialect, Whitespace } from "./dialect.ts";
import type { Limits } from "./limits.ts";
import type { MacroDefinition } from "./ast.ts";
import { VelocityError } from "./error.ts";
import type { VelocityCode } from "./error.ts";

/** What all parsers of one template share: its own text and the string templates inside it. */
export interface ParseSession {
  readonly template: string;
  readonly source: string;
  readonly dialect: Dialect;
  readonly whitespace: Whitespace;
  readonly limits: Limits;
  readonly names: Set<string>;
  readonly macros: Map<string, MacroDefinition>;
  readonly warnings: { message: string; at: Offset }[];
  depth: number;
  /** The template can get more macros while it renders: from #evaluate or #parse. */
  isOpen: boolean;
  /** Whether each `#word` is kept as a call; else those of no known macro are text, in `words`. */
  readonly keepsCalls: boolean;
  readonly words: Set<string>;
  /** Whether a macro of the name is known from outside this text. */
  readonly isOuterMacro: (name: string) => boolean;
}

/** A block whose `#end` has not been read yet. */
export interface OpenBlock {
  readonly directive: string;
  readonly at: Offset;
  readonly startsLine: boolean;
  /** Where its body begins when that is a line of its own; -1 where it is not, undefined before. */
  bodyStart: number | undefined;
}

/** A place in one text, with the few looks ahead that the grammar needs. */
export class Parser {
  readonly session: ParseSession;
  readonly text: string;
  /** Offset of `text[0]` in the template. */
  readonly base: Offset;
  readonly blocks: OpenBlock[] = [];
  pos = 0;
  private dollar = -1;
  private hash = -1;
  private backslash = -1;
  /** The text so far ends with a line's end that the grammar has seen as such. */
  lineStart = true;
  /** Up to here no run of dollars stands before something that takes it in. */
  dollarsEnd = 0;
  /** What ended the last run of statements. */
  ending: "text" | "end" | "else" | "elseif" = "text";
  /** Where that `#end`, `#else` or `#elseif` stands. */
  endingAt: Offset = 0;

  constructor(session: ParseSession, text: string, base: Offset) {
    this.session = session;
    this.text = text;
    this.base = base;
  }

  /** The offset in the template of a position in this text. */
  at(pos: number = this.pos): Offset {
    return this.base + pos;
  }

  code(ahead = 0): number {
    return this.text.charCodeAt(this.pos + ahead);
  }

  /**
   * Goes to the next `$`, `#` or backslash and answers its code, NaN at the end. Each of the three
   * is searched for natively and remembered until it is passed, so the text is read three times.
   */
  skipPlain(): number {
    const { text, pos } = this;
    if (this.dollar < pos) this.dollar = placeIn(text, "$", pos);
    if (this.hash < pos) this.hash = placeIn(text, "#", pos);
    if (this.backslash < pos) this.backslash = placeIn(text, "\\", pos);
    this.pos = Math.min(this.dollar, this.hash, this.backslash);
    return text.charCodeAt(this.pos);
  }

  /** Skips spaces, tabs and line ends. */
  skipSpace(): void {
    while (isSpace(this.text.charCodeAt(this.pos))) this.pos++;
  }

  /** Reads `[A-Za-z_][A-Za-z0-9_]*`, with hyphens where `hyphens` is set; empty where none is. */
  readName(hyphens: boolean): string {
    const start = this.pos;
    if (!isNameStart(this.code())) return "";
    this.pos++;
    while (isNamePart(this.code()) || (hyphens && this.code() === 45)) this.pos++;
    return this.text.slice(start, this.pos);
  }

  fail(
    message: string,
    at: Offset = this.at(),
    hint?: string,
    code: VelocityCode = "VTL101",
  ): never {
    throw new VelocityError(
      { code, message, hint },
      this.session.template,
      this.session.source,
      Math.min(at, this.session.source.length),
    );
  }

  failDepth(message: string): never {
    return this.fail(message, this.at(), "Take it apart with #set, #macro or #define.", "VTL103");
  }

  /** Runs `parse` one level deeper; refuses templates nested beyond the limit. */
  nested<T>(parse: () => T): T {
    const { nesting } = this.session.limits;
    if (++this.session.depth > nesting) this.failDepth(`nested more than ${nesting} levels deep`);
    const result = parse();
    this.session.depth--;
    return result;
  }

  /** The rest of the line up to and with its end, where only blanks stand before it. */
  eatLineEnd(): boolean {
    let at = this.pos;
    while (this.text.charCodeAt(at) === 32 || this.text.charCodeAt(at) === 9) at++;
    const code = this.text.charCodeAt(at);
    if (code !== 10 && code !== 13) return false;
    this.pos = code === 13 && this.text.charCodeAt(at + 1) === 10 ? at + 2 : at + 1;
    return true;
  }

  /** What stands at the current place, for messages. */
  found(): string {
    if (this.pos >= this.text.length) return "the end";
    const word = /^[\w-]+|^[\s\S]/u.exec(this.text.slice(this.pos, this.pos + 20));
    return `'${(word?.[0] ?? "").replace(/\s/, " ")}'`;
  }
}

function placeIn(text: string, char: string, from: number): number {
  const at = text.indexOf(char, from);
  return at < 0 ? text.length : at;
}

/** Space, tab, line feed or carriage return. */
export function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 9 || code === 13;
}

/** An ASCII letter or `_`. */
export function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}

/** An ASCII digit. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** A letter, digit or `_`. */
export function isNamePart(code: number): boolean {
  return isNameStart(code) || isDigit(code);
}

/** Hands the finished tree over. */
export function treeOf(session: ParseSession, nodes: readonly Node[]): Tree {
  const { macros, names, warnings, isOpen } = session;
  return { nodes, macros, names, warnings, isOpen };
}
