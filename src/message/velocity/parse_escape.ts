import type { NodeList } from "./node_list.ts";
import { parseDollar } from "./parse_dollar.ts";
import type { Parser } from "./parser.ts";

/** Backslashes before `$` or `#word` escape it by halves; elsewhere they are text. */
export function parseBackslashes(p: Parser, list: NodeList): void {
  const start = p.pos;
  while (p.code() === 92) p.pos++;
  const count = p.pos - start;
  if (p.code() === 36) return parseDollar(p, list, count);
  const word = p.code() === 35 ? wordAfterHash(p) : "";
  if (word === "") {
    list.span(p.text, start, p.pos);
  } else if (count % 2 === 1) {
    list.text("\\".repeat(isKnown(p, word) ? (count - 1) / 2 : count));
    list.text(word);
    p.pos += word.length;
  } else {
    list.text("\\".repeat(isActive(p, word) ? count / 2 : count));
  }
}

/** `#name`, `#{name}` or `#@name` at the current place; empty where there is none. */
function wordAfterHash(p: Parser): string {
  const word = /#(?:@?[A-Za-z_][A-Za-z0-9_]*|\{@?[A-Za-z_][A-Za-z0-9_]*\})/y;
  word.lastIndex = p.pos;
  return word.exec(p.text)?.[0] ?? "";
}

const directives = new Set([
  "set",
  "if",
  "elseif",
  "else",
  "end",
  "foreach",
  "macro",
  "define",
  "evaluate",
  "parse",
  "include",
  "break",
  "stop",
]);

function isKnown(p: Parser, word: string): boolean {
  const name = word.replace(/[#{}]/g, "");
  if (name === "literal") return p.session.dialect.literalDirective;
  return directives.has(name) || p.session.macros.has(name) || p.session.isOuterMacro(name);
}

/** Velocity halves an even number of backslashes before these only as `#name`. */
function isActive(p: Parser, word: string): boolean {
  if (word === "#set") return false;
  if (/^#\{(?:if|else|elseif|end)\}$/.test(word)) return true;
  return !word.startsWith("#{") && isKnown(p, word);
}
