import type { Tree } from "./ast.ts";
import type { Dialect, Whitespace } from "./dialect.ts";
import type { Limits } from "./limits.ts";
import { parseNodes } from "./parse_nodes.ts";
import { Parser, treeOf } from "./parser.ts";
import type { ParseSession } from "./parser.ts";

/** What the parser needs to know of a template. */
interface Source {
  readonly name: string;
  readonly source: string;
  readonly dialect: Dialect;
  readonly whitespace: Whitespace;
  readonly limits: Limits;
}

/** Parses a whole template in time linear in its length. Throws VelocityError. */
export function parseTemplate(unit: Source): Tree {
  const { tree, words } = parseOnce(unit, false);
  const isMissed = tree.isOpen || [...tree.macros.keys()].some((name) => words.has(name));
  return isMissed ? parseOnce(unit, true).tree : tree;
}

/** Parses text inside a template, where any `#word` may name one of the template's macros. */
export function parseInner(
  unit: Source & { readonly macros: ReadonlyMap<string, unknown> },
): Tree {
  return parseOnce(unit, true, (name) => unit.macros.has(name)).tree;
}

/** A `#word` before its macro's definition is noticed only at the end; then all is read again. */
function parseOnce(
  unit: Source,
  keepsCalls: boolean,
  isOuterMacro: (name: string) => boolean = () => false,
): { tree: Tree; words: Set<string> } {
  const { name, source, dialect, limits, whitespace } = unit;
  const words = new Set<string>();
  const session: ParseSession = {
    template: name,
    source,
    dialect,
    whitespace,
    limits,
    names: new Set(),
    macros: new Map(),
    warnings: [],
    depth: 0,
    isOpen: false,
    keepsCalls,
    words,
    isOuterMacro,
  };
  const parser = new Parser(session, source, 0);
  if (source.length > limits.sourceChars) {
    const message = `the template is longer than ${limits.sourceChars} characters`;
    parser.fail(message, 0, undefined, "VTL103");
  }
  return { tree: treeOf(session, parseNodes(parser, "text")), words };
}
