import type { Node } from "./ast.ts";
import type { Parser } from "./parser.ts";

const requirement =
  /\$!?(\{?)datasource\(\s*(?:'([^']*)'|"([^"$#]*)")\s*\)\.required\(\s*(?:'(\w+)'|"(\w+)"|(\w+))\s*\)(\}?)/y;

/**
 * Reads `$!datasource('name').required('true')`: the platform's way to say that a message must not
 * be sent when the source has no rows. `'false'` asks for nothing. It prints nothing. This is the
 * one form in which a reference's root takes arguments; anything else is left to the grammar.
 */
export function parseRequire(p: Parser): Node | undefined {
  const start = p.pos + (p.code(1) === 33 ? 2 : 1);
  if (!p.text.startsWith("datasource", p.text[start] === "{" ? start + 1 : start)) return undefined;
  requirement.lastIndex = p.pos;
  const match = requirement.exec(p.text);
  if (match === null || (match[1] === "") !== (match[7] === "")) return undefined;
  const at = p.at();
  p.pos += match[0].length;
  if ((match[4] ?? match[5] ?? match[6]) !== "true") return { kind: "plain", text: "" };
  return { kind: "require", source: match[2] ?? match[3]!, at };
}
