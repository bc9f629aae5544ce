import type { Reference } from "./ast.ts";
import type { NodeList } from "./node_list.ts";
import { isNamePart, isNameStart } from "./parser.ts";
import type { Parser } from "./parser.ts";
import { parseReference } from "./parse_reference.ts";
import { parseRequire } from "./parse_require.ts";

/** Reads what starts with `$`: a reference, or text. `backslashes` stand directly before it. */
export function parseDollar(p: Parser, list: NodeList, backslashes: number): void {
  const dollars = backslashes > 0 ? takeDollars(p) : "";
  const start = p.pos;
  const node = parseRequire(p) ?? parseReference(p, { backslashes, dollars });
  if (node !== undefined) {
    list.node(node);
    if (node.kind === "reference") keepSigns(p, list, node);
    return;
  }
  list.text("\\".repeat(backslashes));
  if (p.code(1) === 92 && parseSlashBang(p, list)) return;
  if (parseSwallowed(p, list)) return;
  const isQuiet = p.code(1) === 33;
  const isLast = start + (isQuiet ? 2 : 1) >= p.text.length;
  if (isLast) refuseTrailing(p, "$");
  const keeps = isLast || keepsBang(p);
  p.pos += isQuiet ? 2 : 1;
  if (isQuiet && !keeps && p.session.dialect.swallowsDollars && isDotted(p)) return;
  const isSlashed = backslashes === 0 && takeBackslashes(p);
  if (!isQuiet || keeps) return list.span(p.text, start, p.pos);
  list.span(p.text, start, start + 1);
  if (isSlashed) list.span(p.text, start + 2, p.pos);
}

/**
 * Passes over dollars after a backslash that Velocity takes for a part of what they stand before: all
 * before the one of a reference, which are answered, and else the first of several, which nobody
 * prints, unless a brace follows that begins no reference.
 */
function takeDollars(p: Parser): string {
  const run = /\$+(?=\$!?\{?[A-Za-z_])/y;
  run.lastIndex = p.pos;
  const dollars = run.exec(p.text)?.[0] ?? "";
  const isText = dollars === "" && p.code(1) === 36 && !keepsDollars(p);
  p.pos += isText ? 1 : dollars.length;
  return dollars;
}

/**
 * Whether the run of dollars at hand is all printed: before a brace, and in dialect 2.x where it ends
 * a line or the text.
 */
function keepsDollars(p: Parser): boolean {
  const run = p.session.dialect.keepsBangAtLineEnd ? /\$+(?:!?\{|[ \t]*(?:[\r\n]|$))/y : /\$+!?\{/y;
  run.lastIndex = p.pos;
  return run.test(p.text);
}

/** Backslashes between a lone sign and a `$` are text to Velocity and escape nothing. */
export function takeBackslashes(p: Parser): boolean {
  const slashes = /\\+(?=\$)/y;
  slashes.lastIndex = p.pos;
  if (!slashes.test(p.text)) return false;
  p.pos = slashes.lastIndex;
  return true;
}

/** `$!.x`, whose first two signs dialect 1.7 does not print. */
function isDotted(p: Parser): boolean {
  return p.code() === 46 && isNamePart(p.code(1));
}

/**
 * Whether the `!` of `$!` is printed. That depends on what follows the whole run of dollars: a name or
 * a sign that could belong to a reference keeps it.
 */
function keepsBang(p: Parser): boolean {
  const { text, dollarsEnd: end } = p;
  const next = text[end] ?? "{";
  if (next === "#") return isJoinedHash(text, end);
  if (next === "\\") return isEscapedName(text, end);
  if (/[ \t\r\n]/.test(next)) return p.session.dialect.keepsBangAtLineEnd && endsLine(text, end);
  return "{[}".includes(next) || isNameStart(next.charCodeAt(0)) ||
    (next === "." && isNamePart(text.charCodeAt(end + 1)) && end - p.pos > 2);
}

/** Whether backslashes stand before the `$` of a name, or before its `!` where the `$` is the run's last. */
function isEscapedName(text: string, at: number): boolean {
  const name = text[at - 1] === "!" ? /\\+\$!?\{?[A-Za-z_]/y : /\\+(?:\$!?|!)\{?[A-Za-z_]/y;
  name.lastIndex = at;
  return name.test(text);
}

/** Whether nothing but blanks stand before the next line end. */
function endsLine(text: string, at: number): boolean {
  const blanks = /[ \t]*[\r\n]/y;
  blanks.lastIndex = at;
  return blanks.test(text);
}

/** Whether the `#` at `hash` could begin something more than text. */
function isJoinedHash(text: string, hash: number): boolean {
  const joined = /#(?:[\w@#$*]|\{\w+\}|\[\[|$)/y;
  joined.lastIndex = hash;
  return joined.test(text);
}

/** Finds the end of the run of dollars at hand; looked for once, so that a long run is read once. */
function findDollarsEnd(p: Parser): boolean {
  if (p.pos < p.dollarsEnd) return false;
  let end = p.pos;
  while (p.text.charCodeAt(end) === 36) end += p.text.charCodeAt(end + 1) === 33 ? 2 : 1;
  p.dollarsEnd = end;
  return true;
}

/**
 * Velocity takes dollars directly before `#*` and `#[[` for a part of them, and in dialect 1.7 also
 * before a directive: they are not printed. Answers whether that is so here.
 */
function parseSwallowed(p: Parser, list: NodeList): boolean {
  if (!findDollarsEnd(p)) return false;
  const hash = p.dollarsEnd;
  if (p.text.startsWith("#*", hash)) {
    p.pos = hash;
    return true;
  }
  if (p.text.startsWith("#[[", hash)) {
    const end = p.text.indexOf("]]#", hash + 3);
    if (end < 0) return false;
    list.text(p.text.slice(p.pos, end).slice(3)); // it leaves out as much as `#[[` has
    p.pos = end + 3;
    return true;
  }
  if (!p.session.dialect.swallowsDollars || !startsDirective(p.text, hash)) return false;
  p.pos = hash;
  return true;
}

/** One of the directives that Velocity's scanner knows by itself; the others are words to it. */
function startsDirective(text: string, at: number): boolean {
  const directive =
    /[ \t]*#set[ \t]*\(|#(?:if\s*\(|(?:elseif|else|end)\b|\{(?:if|elseif|else|end)\})/y;
  directive.lastIndex = at;
  return directive.test(text);
}

/** In dialect 1.7 `##` directly after `$x.name` or `$x.name[0]` is text, and `}` after `$x` stands alone. */
function keepSigns(p: Parser, list: NodeList, { path, isFormal }: Reference): void {
  if (p.session.dialect.commentAfterProperty || isFormal) return;
  const last = path.findLast(({ kind }) => kind !== "index");
  const isComment = last?.kind === "property" && p.text.startsWith("##", p.pos);
  const length = isComment ? 2 : p.code() === 125 ? 1 : 0;
  list.span(p.text, p.pos, p.pos + length);
  p.pos += length;
}

/** Dialect 1.7 does not read a template that ends with a lone symbol; string templates may. */
export function refuseTrailing(p: Parser, symbol: string): void {
  if (p.session.dialect.trailingSymbol || p.base > 0) return;
  p.fail(
    `a lone ${symbol} ends the template`,
    p.at(),
    "Write something after it, or leave it out.",
  );
}

/** `$\!name` is text with one backslash less. */
function parseSlashBang(p: Parser, list: NodeList): boolean {
  const slashBang = /\$(\\+)!\{?[A-Za-z_]/y;
  slashBang.lastIndex = p.pos;
  const slashes = slashBang.exec(p.text)?.[1];
  if (slashes === undefined) return false;
  list.text("$" + slashes.slice(1));
  p.pos += 1 + slashes.length;
  return true;
}
