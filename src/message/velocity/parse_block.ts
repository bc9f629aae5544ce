import type { Branch, Expression, MacroParameter, Node } from "./ast.ts";
import {
  dropsIndentation,
  eatAfterHeader,
  expectClose,
  isOpenAhead,
  keepPrefix,
  parseArguments,
} from "./parse_directive.ts";
import { parseExpression, parseValue } from "./parse_expression.ts";
import { parseNodes } from "./parse_nodes.ts";
import type { NodeList } from "./node_list.ts";
import type { Hash } from "./parse_nodes.ts";
import type { OpenBlock, Parser } from "./parser.ts";
import { parseReference } from "./parse_reference.ts";
import { unindent, unindentBlock } from "./unindent.ts";

/** Reads #if, #foreach, #macro, #define, #literal or #@name with its block and #end. */
export function parseBlockDirective(p: Parser, list: NodeList, hash: Hash): void {
  if (hash.name.startsWith("@") && !isOpenAhead(p) && !p.session.dialect.macroByValue) {
    list.text(hash.prefix + p.text.slice(hash.start, p.pos));
    p.lineStart = false;
    return;
  }
  keepPrefix(p, list, hash);
  const block: OpenBlock = {
    directive: hash.name,
    at: p.at(hash.start),
    startsLine: hash.startsLine,
    bodyStart: undefined,
  };
  p.blocks.push(block);
  const node = p.nested(() => parseBlock(p, hash, block));
  const added = addedIndentation(p, hash, block);
  if (node !== undefined) {
    list.node(added === "" ? node : unindentBlock(node, hash.prefix, added));
  }
}

/**
 * Blanks that the first line of a block's body has more than the directive's line: what `structured`
 * mode takes away, so that the body prints as far to the left as its directive stands.
 */
function addedIndentation(p: Parser, { prefix, startsLine }: Hash, block: OpenBlock): string {
  const { bodyStart = -1 } = block;
  if (p.session.whitespace !== "structured" || !startsLine || bodyStart < 0) return "";
  if (!p.text.startsWith(prefix, bodyStart)) return "";
  const blanks = /[ \t]*/y;
  blanks.lastIndex = bodyStart + prefix.length;
  return blanks.exec(p.text)?.[0] ?? "";
}

function parseBlock(p: Parser, hash: Hash, block: OpenBlock): Node | undefined {
  const at = p.at(hash.start);
  switch (hash.name) {
    case "if":
      return parseIf(p, hash);
    case "foreach":
      return parseForeach(p, hash);
    case "macro":
      return parseMacro(p, hash, block);
    case "define":
      return parseDefine(p, hash);
    case "literal": {
      if (!isOpenAhead(p)) {
        p.fail("#literal must be followed by '('", at, "Write #literal() … #end.");
      }
      parseArguments(p, "#literal");
      eatAfterHeader(p);
      const start = p.pos;
      parseBody(p, "#literal");
      return { kind: "plain", text: p.text.slice(start, p.endingAt - p.base) };
    }
  }
  const { args, word } = isOpenAhead(p) ? parseArguments(p, `#${hash.name}`) : { args: [] };
  eatAfterHeader(p);
  const body = parseBody(p, `#${hash.name}`);
  const source = p.text.slice(hash.start, p.pos);
  const name = hash.name.slice(1);
  const prefix = dropsIndentation(p) ? hash.prefix : "";
  return { kind: "call", name, args, badArgument: word, body, source, prefix, at };
}

/** Statements up to #end; #else and #elseif do not belong here. */
function parseBody(p: Parser, directive: string): Node[] {
  const body = parseNodes(p, "block");
  if (p.ending !== "end") failMisplaced(p, directive);
  return body;
}

function failMisplaced(p: Parser, directive: string): never {
  const hint = directive === "#foreach" && p.ending === "else"
    ? "#foreach … #else needs dialect 2.x."
    : `Close ${directive} with #end first.`;
  return p.fail(`#${p.ending} does not belong to ${directive}`, p.endingAt, hint, "VTL102");
}

function parseIf(p: Parser, hash: Hash): Node {
  const branches: Branch[] = [];
  let otherwise: Node[] | undefined;
  p.ending = "elseif";
  p.lineStart = hash.startsLine;
  for (let directive = "#if"; p.ending === "elseif"; directive = "#elseif") {
    const condition = parseCondition(p, directive);
    eatAfterHeader(p);
    branches.push({ condition, body: parseNodes(p, "block") });
  }
  if (p.ending === "else") {
    otherwise = parseNodes(p, "block");
    if (p.ending !== "end") failMisplaced(p, "#else");
  }
  return { kind: "if", branches, otherwise, at: p.at(hash.start) };
}

function parseCondition(p: Parser, directive: string): Expression {
  p.skipSpace();
  if (p.code() !== 40) {
    p.fail(
      `${directive} must be followed by '(', found ${p.found()}`,
      p.at(),
      `Write ${directive}(…).`,
    );
  }
  p.pos++;
  const condition = parseExpression(p);
  expectClose(p, directive);
  return condition;
}

function parseForeach(p: Parser, hash: Hash): Node {
  const at = p.at(hash.start);
  if (!isOpenAhead(p)) {
    p.fail("#foreach must be followed by '('", at, "Write #foreach($x in $list).");
  }
  p.skipSpace();
  p.pos++;
  p.skipSpace();
  const variable = p.code() === 36 ? parseReference(p) : undefined;
  if (variable === undefined) {
    return p.fail(
      `found ${p.found()} where #foreach needs a variable`,
      p.at(),
      "Write #foreach($x in $list).",
    );
  }
  skipComma(p);
  if (p.readName(false) === "") p.fail(`found ${p.found()} where 'in' belongs`);
  skipComma(p);
  const items = parseValue(p);
  expectClose(p, "#foreach");
  p.lineStart = false;
  eatAfterHeader(p);
  const body = parseNodes(p, "block");
  let otherwise: Node[] | undefined;
  if (p.ending === "else" && p.session.dialect.foreachElse) otherwise = parseNodes(p, "block");
  if (p.ending !== "end") failMisplaced(p, otherwise === undefined ? "#foreach" : "#else");
  return { kind: "foreach", variable: variable.root, items, body, otherwise, at };
}

function skipComma(p: Parser): void {
  p.skipSpace();
  if (p.code() !== 44) return;
  p.pos++;
  p.skipSpace();
}

function parseMacro(p: Parser, hash: Hash, block: OpenBlock): undefined {
  const at = p.at(hash.start);
  if (!isOpenAhead(p)) {
    p.fail("#macro must be followed by '('", at, "Write #macro(name $argument).");
  }
  p.skipSpace();
  p.pos++;
  p.skipSpace();
  const name = p.readName(false);
  if (name === "") {
    p.fail(
      `found ${p.found()} where the macro's name belongs`,
      p.at(),
      "Write #macro(name $argument).",
    );
  }
  const parameters: MacroParameter[] = [];
  for (skipComma(p); p.code() !== 41; skipComma(p)) {
    parameters.push(parseParameter(p, parameters.at(-1)));
  }
  p.pos++;
  p.lineStart = false;
  eatAfterHeader(p);
  const body = parseBody(p, "#macro");
  const added = addedIndentation(p, hash, block);
  p.session.macros.set(name, {
    name,
    parameters,
    body: added === "" ? body : unindent(body, hash.prefix, added),
  });
  return undefined;
}

function parseParameter(p: Parser, before: MacroParameter | undefined): MacroParameter {
  const at = p.at();
  const reference = p.code() === 36 ? parseReference(p) : undefined;
  if (reference === undefined) {
    return p.fail(
      `found ${p.found()} where a macro's parameter belongs`,
      p.at(),
      "Parameters are $names.",
    );
  }
  p.skipSpace();
  if (p.code() !== 61) {
    if (before?.fallback !== undefined) {
      p.fail(
        `$${reference.root} has no default but follows a parameter that has one`,
        at,
        "Give it a default, or put it first.",
      );
    }
    return { name: reference.root, fallback: undefined };
  }
  if (!p.session.dialect.macroDefaults) p.fail("default arguments need dialect 2.x");
  p.pos++;
  p.skipSpace();
  return { name: reference.root, fallback: parseValue(p) };
}

function parseDefine(p: Parser, hash: Hash): Node {
  const at = p.at(hash.start);
  if (!isOpenAhead(p)) p.fail("#define must be followed by '('", at, "Write #define($name).");
  p.skipSpace();
  p.pos++;
  p.skipSpace();
  const target = p.code() === 36 ? parseReference(p) : undefined;
  if (target === undefined) {
    return p.fail("#define needs a reference", p.at(), "Write #define($name).");
  }
  expectClose(p, "#define");
  p.lineStart = false;
  eatAfterHeader(p);
  return { kind: "define", name: target.root, body: parseBody(p, "#define"), at };
}
