import type { Tree } from "./ast.ts";
import type { Dialect, Whitespace } from "./dialect.ts";
import type { Limits } from "./limits.ts";
import { parseNodes } from "./parse_nodes.ts";
import { Parser, treeOf } from "./parser.ts";
import type { ParseSession } from "./parser.ts";

/** Parses a whole template in time linear in its length. Throws VelocityError. */
export function parseTemplate(
  unit: {
    readonly name: string;
    readonly source: string;
    readonly dialect: Dialect;
    readonly whitespace: Whitespace;
    readonly limits: Limits;
  },
): Tree {
  const { name, source, dialect, limits, whitespace } = unit;
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
  };
  const parser = new Parser(session, source, 0);
  if (source.length > limits.sourceChars) {
    parser.fail(
      `the template is longer than ${limits.sourceChars} characters`,
      0,
      undefined,
      "VTL103",
    );
  }
  return treeOf(session, parseNodes(parser, "text"));
}
