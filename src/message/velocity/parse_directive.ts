import type { Expression, Node } from "./ast.ts";
import { parseBlockDirective } from "./parse_block.ts";
import { parseExpression, parseValue } from "./parse_expression.ts";
import type { NodeList } from "./node_list.ts";
import type { Hash } from "./parse_nodes.ts";
import type { Parser } from "./parser.ts";
import { parseReference } from "./parse_reference.ts";
import { warnOfElseIf } from "./warnings.ts";

/** Reads the rest of a directive; answers true where it ends the block at hand. */
export function parseDirective(p: Parser, list: NodeList, hash: Hash): boolean {
  switch (hash.name) {
    case "end":
    case "else":
    case "elseif":
      return parseEnding(p, list, hash);
    case "set":
      parseSet(p, list, hash);
      return false;
    case "if":
    case "foreach":
    case "macro":
    case "define":
      parseBlockDirective(p, list, hash);
      return false;
    case "literal":
      if (!p.session.dialect.literalDirective) break;
      parseBlockDirective(p, list, hash);
      return false;
  }
  if (hash.name.startsWith("@")) parseBlockDirective(p, list, hash);
  else parseLine(p, list, hash);
  return false;
}

/** The blanks before a directive belong to the output unless the mode drops them. */
export function keepPrefix(p: Parser, list: NodeList, hash: Hash): void {
  if (!dropsIndentation(p)) list.text(hash.prefix);
}

/** Whether the blanks before a directive that starts its line go with it. */
export function dropsIndentation(p: Parser): boolean {
  const { whitespace } = p.session;
  return whitespace === "lines" || whitespace === "structured";
}

/** Drops the line end after a block's header, unless white space is left alone. */
export function eatAfterHeader(p: Parser): void {
  const hasEaten = p.session.whitespace !== "none" && p.eatLineEnd();
  if (hasEaten) p.lineStart = true;
  const block = p.blocks[p.blocks.length - 1];
  if (block !== undefined) block.bodyStart ??= hasEaten ? p.pos : -1;
}

/** Drops the line end after a directive where the mode says so. */
export function eatAfterLine(p: Parser, startsLine: boolean, inBc: boolean): void {
  const { whitespace } = p.session;
  const eats = whitespace === "bc" ? inBc : whitespace !== "none" && startsLine;
  p.lineStart = eats && p.eatLineEnd();
}

function parseEnding(p: Parser, list: NodeList, hash: Hash): boolean {
  const block = p.blocks[p.blocks.length - 1];
  const at = p.at(hash.start);
  if (block === undefined) {
    const lookalike = p.session.warnings.find((warning) => warning.at < at)?.message;
    p.fail(
      `#${hash.name} belongs to no block`,
      at,
      lookalike ?? "Remove it, or escape it as \\#.",
      "VTL102",
    );
  }
  keepPrefix(p, list, hash);
  p.ending = hash.name as "end" | "else" | "elseif";
  p.endingAt = at;
  if (hash.name === "end") {
    p.blocks.pop();
    eatAfterLine(p, block.startsLine, true);
    return true;
  }
  p.lineStart = hash.startsLine;
  if (hash.name === "else") {
    warnOfElseIf(p);
    eatAfterHeader(p);
  }
  return true;
}

function parseSet(p: Parser, list: NodeList, hash: Hash): void {
  const at = p.at(hash.start);
  if (!startsSet(p)) {
    if (isOpenAhead(p)) p.fail("#set must be followed by '('", at, "Write #set(…) on one line.");
    list.text(hash.prefix + p.text.slice(hash.start, p.pos));
    p.lineStart = false;
    return;
  }
  if (!hash.isDropped) keepPrefix(p, list, hash);
  p.skipSpace();
  p.pos++;
  p.skipSpace();
  const target = p.code() === 36 ? parseReference(p) : undefined;
  if (target === undefined) {
    return p.fail(
      `found ${p.found()} where #set needs a reference`,
      p.at(),
      "Write #set($name = …).",
    );
  }
  p.skipSpace();
  if (p.code() !== 61) p.fail(`found ${p.found()} where '=' belongs`);
  p.pos++;
  const value = parseExpression(p);
  expectClose(p, "#set");
  list.node({ kind: "set", target, value, at });
  eatAfterLine(p, hash.startsLine, true);
}

/** Whether the parenthesis of #set follows on the line: blanks between differ by dialect. */
export function startsSet(p: Parser): boolean {
  const open = p.session.dialect.tabAfterSet ? /[ \t]*\(/y : / *\(/y;
  open.lastIndex = p.pos;
  return open.test(p.text);
}

/** Whether `(` follows after any space. */
export function isOpenAhead(p: Parser): boolean {
  const open = /[ \t\r\n]*\(/y;
  open.lastIndex = p.pos;
  return open.test(p.text);
}

/** Reads `)`; the message names the directive. */
export function expectClose(p: Parser, directive: string): void {
  p.skipSpace();
  if (p.code() === 41) {
    p.pos++;
    return;
  }
  const word = p.code() === 61 ? "Compare with ==." : undefined;
  p.fail(`in ${directive}(…) found ${p.found()} where ')' belongs`, p.at(), word);
}

/** Arguments of a directive: literals and references, apart by space or a comma. */
export function parseArguments(
  p: Parser,
  directive: string,
): { args: Expression[]; word?: string | undefined } {
  const args: Expression[] = [];
  let word: string | undefined;
  p.skipSpace();
  p.pos++;
  for (p.skipSpace(); p.code() !== 41; p.skipSpace()) {
    if (p.code() === 44 && args.length > 0) {
      p.pos++;
      p.skipSpace();
    }
    const bare = /[A-Za-z_]\w*/y;
    bare.lastIndex = p.pos;
    const name = bare.exec(p.text)?.[0];
    if (name !== undefined && name !== "true" && name !== "false") {
      word ??= name;
      args.push({ kind: "word", source: name, at: p.at() });
      p.pos += name.length;
    } else {
      args.push(parseDirectiveArgument(p, directive));
    }
  }
  p.pos++;
  return { args, word };
}

function parseDirectiveArgument(p: Parser, directive: string): Expression {
  if (p.pos >= p.text.length || /[+*/%<>=!&|:;}\]\\#@]/.test(p.text[p.pos]!)) {
    const text = "Text that only looks like a directive goes into #[[ … ]]# or behind a backslash.";
    const compute = "Arguments are literals and references: compute with #set first.";
    const isKnown = p.session.macros.has(directive.slice(1));
    p.fail(
      `in ${directive}(…) found ${p.found()}`,
      p.at(),
      isKnown ? compute : `${compute} ${text}`,
    );
  }
  return parseValue(p);
}

function parseLine(p: Parser, list: NodeList, hash: Hash): void {
  const at = p.at(hash.start);
  const hasArguments = isOpenAhead(p);
  const { args, word } = hasArguments ? parseArguments(p, `#${hash.name}`) : { args: [] };
  const node = lineNode(p, hash.name, args, at);
  if (node !== undefined && word !== undefined) {
    p.fail(`#${hash.name} was given the bare word '${word}'`, at, `Write $${word} or "${word}".`);
  }
  const isFile = hash.name === "include" || hash.name === "parse";
  eatAfterLine(p, hash.startsLine, hasArguments || isFile);
  if (node !== undefined) {
    keepPrefix(p, list, hash);
    list.node(node);
  } else if (hasArguments || isCall(p, hash.name)) {
    list.node(callNode(p, list, hash, args, word));
  } else {
    list.span(p.text, hash.start - hash.prefix.length, p.pos);
  }
}

/** A `#word` is text, as each colour in a style sheet, unless it is or can become a macro's name. */
function isCall(p: Parser, name: string): boolean {
  const { session } = p;
  if (!session.keepsCalls) session.words.add(name);
  return session.keepsCalls || session.macros.has(name);
}

/** A call's source is what it prints where no macro has the name, with the white space around it. */
function callNode(
  p: Parser,
  list: NodeList,
  hash: Hash,
  args: Expression[],
  badArgument: string | undefined,
): Node {
  const isGobbling = dropsIndentation(p);
  if (!isGobbling) list.text(hash.prefix);
  const prefix = isGobbling ? hash.prefix : "";
  const source = p.text.slice(hash.start, p.pos);
  const { name } = hash;
  return {
    kind: "call",
    name,
    args,
    badArgument,
    body: undefined,
    source,
    prefix,
    at: p.at(hash.start),
  };
}

/** Text that is parsed later may mention what loops provide. */
const loopNames = ["foreach", "velocityCount", "velocityHasNext"];

function lineNode(p: Parser, name: string, args: Expression[], at: number): Node | undefined {
  switch (name) {
    case "stop":
      return { kind: "stop", at };
    case "break":
      return { kind: "break", scope: args[0], at };
    case "evaluate":
    case "parse":
      if (args.length !== 1) p.fail(`#${name} takes one argument, found ${args.length}`, at);
      for (const provided of loopNames) p.session.names.add(provided);
      p.session.isOpen = true;
      return name === "parse"
        ? { kind: "parse", name: args[0]!, at }
        : { kind: "evaluate", text: args[0]!, at };
    case "include":
      if (args.length === 0) p.fail("#include needs the name of a template", at);
      return { kind: "include", names: args, at };
  }
  return undefined;
}
