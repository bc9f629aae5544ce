import type { Accessor, Expression, Reference } from "./ast.ts";
import { isNameStart, isSpace } from "./parser.ts";
import type { Parser } from "./parser.ts";
import { parseArgument, parseExpression, parseIndexKey } from "./parse_expression.ts";

const unescaped = { backslashes: 0, dollars: "" };

/**
 * Reads a reference that starts at the `$` at `p.pos`. Answers undefined, with `p.pos` unchanged,
 * where the `$` is only text (`$5`, `$(`, `${ x }`).
 */
export function parseReference(
  p: Parser,
  escape: Reference["escape"] = unescaped,
): Reference | undefined {
  const start = p.pos;
  const at = p.at();
  p.pos++;
  const isQuiet = p.code() === 33;
  if (isQuiet) p.pos++;
  const isFormal = p.code() === 123;
  if (isFormal) p.pos++;
  const { dialect } = p.session;
  const root = p.readName(dialect.hyphenInNames);
  if (root === "") {
    p.pos = start;
    return undefined;
  }
  if (!dialect.booleanNames && (root === "true" || root === "false")) {
    p.fail(`$${root} is not a reference`, at, `Write ${root} without the $.`);
  }
  p.session.names.add(root);
  const path = parsePath(p);
  const alternate = isFormal ? parseFormalEnd(p, at) : undefined;
  const source = p.text.slice(start, p.pos);
  return { kind: "reference", at, source, root, path, isQuiet, isFormal, escape, alternate };
}

function parseFormalEnd(p: Parser, at: number): Expression | undefined {
  let alternate: Expression | undefined;
  if (p.code() === 124 && p.session.dialect.alternateValues) {
    p.pos++;
    alternate = parseExpression(p);
  }
  if (p.code() !== 125) {
    p.fail(
      `the reference is not closed: found ${p.found()} where '}' belongs`,
      at,
      p.code() === 124 ? "Alternate values need dialect 2.x." : "Close ${…} with a brace.",
    );
  }
  p.pos++;
  return alternate;
}

/** Each part is a call inside the next one's: a limit keeps them off the stack's end. */
const maxPath = 200;

function parsePath(p: Parser): Accessor[] {
  const path: Accessor[] = [];
  for (;;) {
    if (path.length > maxPath) p.failDepth(`a reference has more than ${maxPath} parts`);
    const code = p.code();
    if (code === 91) {
      path.push(parseIndex(p));
    } else if (code === 46 && startsProperty(p)) {
      p.pos++;
      path.push(parseMember(p));
    } else {
      return path;
    }
  }
}

function startsProperty(p: Parser): boolean {
  const next = p.code(1);
  return isNameStart(next) && (next !== 95 || !p.session.dialect.hyphenInNames);
}

function parseIndex(p: Parser): Accessor {
  const at = p.at();
  p.pos++;
  const key = p.nested(() => parseIndexKey(p));
  p.skipSpace();
  if (p.code() !== 93) {
    p.fail(
      `the index is not closed: found ${p.found()} where ']' belongs`,
      at,
      "Write ${name} where a text bracket follows a reference.",
    );
  }
  p.pos++;
  return { kind: "index", key, at };
}

function parseMember(p: Parser): Accessor {
  const at = p.at();
  const name = p.readName(p.session.dialect.hyphenInNames);
  if (p.code() !== 40 || !startsArguments(p)) return { kind: "property", name, at };
  p.pos++;
  const args = p.nested(() => parseArguments(p, name));
  return { kind: "method", name, args, at };
}

/** Whether what follows `(` can be arguments; else the parenthesis is text after a property. */
function startsArguments(p: Parser): boolean {
  const next = p.code(1);
  return isSpace(next) || isNameStart(next) || /^[)'"[{$!(\d.-]/.test(p.text[p.pos + 1] ?? "");
}

function parseArguments(p: Parser, name: string): Expression[] {
  const args: Expression[] = [];
  p.skipSpace();
  if (p.code() === 41) {
    p.pos++;
    return args;
  }
  for (;;) {
    args.push(parseArgument(p));
    p.skipSpace();
    const code = p.code();
    if (code !== 44 && code !== 41) {
      p.fail(
        `in the arguments of .${name}(…) found ${p.found()} where ',' or ')' belongs`,
        p.at(),
        p.session.dialect.expressionArguments
          ? undefined
          : "Dialect 1.7 takes literals and references here: compute with #set first.",
      );
    }
    p.pos++;
    if (code === 41) return args;
  }
}
