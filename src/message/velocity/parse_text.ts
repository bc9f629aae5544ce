import type { Expression } from "./ast.ts";
import { Parser } from "./parser.ts";
import { parseNodes } from "./parse_nodes.ts";

/**
 * Reads `'…'` (taken as it is) or `"…"` (a template of its own where it holds `$` or `#`, parsed
 * here once). A doubled quote is one quote; `\uXXXX` is read in double quotes.
 */
export function parseText(p: Parser): Expression {
  const at = p.at();
  const start = p.pos;
  const quote = p.text[start];
  let end = p.text.indexOf(quote!, start + 1);
  while (end >= 0 && p.text[end + 1] === quote) end = p.text.indexOf(quote!, end + 2);
  if (end < 0) {
    p.fail("the text is not closed", at, `Close it with ${quote}; \\${quote} does not escape.`);
  }
  p.pos = end + 1;
  const source = p.text.slice(start, p.pos);
  const value = unescape(source.slice(1, -1), quote!);
  if (quote === "'" || !/[$#]/.test(value)) return { kind: "text", value, source, at };
  const inner = new Parser(p.session, value, at + 1);
  const nodes = p.nested(() => parseNodes(inner, "text"));
  return { kind: "template", nodes, source, at };
}

function unescape(text: string, quote: string): string {
  const single = text.replaceAll(quote + quote, quote);
  if (quote === "'" || !single.includes("\\u")) return single;
  return single.replace(
    /\\u([0-9a-fA-F]{4})/g,
    (_, digits) => String.fromCharCode(parseInt(digits, 16)),
  );
}
