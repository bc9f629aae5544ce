import type { Node } from "./ast.ts";
import { NodeList } from "./node_list.ts";
import { parseDirective, startsSet } from "./parse_directive.ts";
import { parseDollar, refuseTrailing, takeBackslashes } from "./parse_dollar.ts";
import { parseBackslashes } from "./parse_escape.ts";
import { isDigit, isNamePart } from "./parser.ts";
import type { Parser } from "./parser.ts";
import { warnOfLookalike } from "./warnings.ts";

/** What ends a run of statements: the end of the text, or a word that belongs to an open block. */
export type Ending = "text" | "end" | "else" | "elseif";

/** A `#word` that was recognised, with the blanks before it where it starts its line. */
export interface Hash {
  readonly name: string;
  readonly start: number;
  readonly startsLine: boolean;
  /** Blanks between the line's start and the `#`, left out of the output in some modes. */
  readonly prefix: string;
  /** Those blanks have been left out already. */
  readonly isDropped: boolean;
}

/**
 * Reads statements up to the end of the text, or up to `#end`, `#else` or `#elseif`, which is
 * consumed; `p.ending` says which. Linear in the text's length.
 */
export function parseNodes(p: Parser, where: "text" | "block"): Node[] {
  const list = new NodeList();
  for (;;) {
    const runStart = p.pos;
    const code = p.skipPlain();
    if (Number.isNaN(code)) {
      list.span(p.text, runStart, p.text.length);
      if (where === "block") failUnclosed(p);
      p.ending = "text";
      return list.finish();
    }
    if (code === 35) {
      if (parseHash(p, list, runStart)) return list.finish();
    } else {
      list.span(p.text, runStart, p.pos);
      if (code === 36) parseDollar(p, list, 0);
      else parseBackslashes(p, list);
      p.lineStart = false;
    }
  }
}

function failUnclosed(p: Parser): never {
  const block = p.blocks[p.blocks.length - 1];
  const message = `#${block!.directive} is not closed`;
  const hint = p.session.warnings.find((warning) => warning.at > block!.at)?.message;
  return p.fail(message, block!.at, hint ?? "Add #end where its block ends.", "VTL102");
}

/** Reads what starts with `#`; answers true where it ends the block at hand. */
function parseHash(p: Parser, list: NodeList, runStart: number): boolean {
  const next = p.code(1);
  if (next === 35 || next === 42 || (next === 91 && p.code(2) === 91)) {
    list.span(p.text, runStart, p.pos);
    parseComment(p, list);
    return false;
  }
  const start = p.pos;
  const name = readDirectiveName(p);
  if (name === "") {
    if (start + 1 === p.text.length) refuseTrailing(p, "#");
    p.pos = start + 1;
    if (isDigit(p.code())) readDigits(p);
    else takeBackslashes(p);
    list.span(p.text, runStart, p.pos);
    warnOfLookalike(p, start);
    p.lineStart = false;
    return false;
  }
  const indent = indentStart(p, runStart, start);
  const prefix = indent < 0 ? "" : p.text.slice(indent, start);
  const isDropped = name === "set" && isBlankBeforeSet(p, runStart, start);
  if (!isDropped) list.span(p.text, runStart, indent < 0 ? start : indent);
  return parseDirective(p, list, { name, start, startsLine: indent >= 0, prefix, isDropped });
}

/** A number after `#` is a piece of text of its own: blanks after it stand before the next piece. */
function readDigits(p: Parser): void {
  while (isDigit(p.code())) p.pos++;
}

/** Velocity 1.7 drops the blanks before a #set where nothing else stands before it. */
function isBlankBeforeSet(p: Parser, runStart: number, hash: number): boolean {
  if (p.session.whitespace !== "bc") return false;
  let at = runStart;
  while (p.text.charCodeAt(at) === 32 || p.text.charCodeAt(at) === 9) at++;
  return at === hash && startsSet(p);
}

/** Where the blanks before `hash` begin when it is the first on its line; else -1. */
function indentStart(p: Parser, runStart: number, hash: number): number {
  let at = hash;
  while (at > runStart && (p.text.charCodeAt(at - 1) === 32 || p.text.charCodeAt(at - 1) === 9)) {
    at--;
  }
  if (at === runStart) return p.lineStart ? at : -1;
  const before = p.text.charCodeAt(at - 1);
  return before === 10 || before === 13 ? at : -1;
}

/** Reads `#name`, `#{name}`, `#@name`; leaves the place and answers "" where there is none. */
function readDirectiveName(p: Parser): string {
  const start = p.pos;
  const braced = p.code(1) === 123;
  p.pos += braced ? 2 : 1;
  const block = p.code() === 64;
  if (block) p.pos++;
  let name = readWord(p);
  if (braced && p.code() !== 125) name = "";
  if (name === "") {
    p.pos = start;
    return "";
  }
  if (braced) p.pos++;
  return block ? `@${name}` : name;
}

/** A directive's name: letters, digits and `_`, in dialect 1.7 with `@` among them. */
function readWord(p: Parser): string {
  const start = p.pos;
  if (p.readName(false) === "") return "";
  if (p.session.dialect.atInWords) {
    while (p.code() === 64 || isNamePart(p.code())) p.pos++;
  }
  return p.text.slice(start, p.pos);
}

/** `## …` with its line end, `#* … *#`, and `#[[ … ]]#`, which prints what it holds. */
function parseComment(p: Parser, list: NodeList): void {
  const { text } = p;
  const kind = p.code(1);
  if (kind === 35) {
    while (p.pos < text.length && p.code() !== 10 && p.code() !== 13) p.pos++;
    p.eatLineEnd();
    p.lineStart = true;
    return;
  }
  const end = text.indexOf(kind === 42 ? "*#" : "]]#", p.pos + (kind === 42 ? 2 : 3));
  if (kind === 91) {
    if (end < 0) p.fail("#[[ is not closed", p.at(), "Close it with ]]#.", "VTL102");
    list.text(text.slice(p.pos + 3, end));
  }
  p.pos = end < 0 ? text.length : end + (kind === 42 ? 2 : 3);
  p.lineStart = false;
}
