import type { BinaryOperator, Expression } from "./ast.ts";
import { isInteger } from "./number.ts";
import { parseNumber } from "./parse_number.ts";
import { parseText } from "./parse_text.ts";
import { isDigit, isNamePart, isNameStart } from "./parser.ts";
import type { Parser } from "./parser.ts";
import { parseReference } from "./parse_reference.ts";

/** Operators from the loosest to the tightest, with their words. */
const levels: readonly (readonly (readonly [string, BinaryOperator])[])[] = [
  [["||", "or"], ["or", "or"]],
  [["&&", "and"], ["and", "and"]],
  [["==", "eq"], ["eq", "eq"], ["!=", "ne"], ["ne", "ne"]],
  [
    ["<=", "le"],
    ["le", "le"],
    [">=", "ge"],
    ["ge", "ge"],
    ["<", "lt"],
    ["lt", "lt"],
    [">", "gt"],
    ["gt", "gt"],
  ],
  [["+", "+"], ["-", "-"]],
  [["*", "*"], ["/", "/"], ["%", "%"]],
];

/** A chain nests to the left, a call inside a call: a limit keeps it off the stack's end. */
const maxOperators = 300;

const bareWord = /([A-Za-z_][A-Za-z0-9_]*)\s*[,)]/y;

/** Reads a whole expression and the space around it. */
export function parseExpression(p: Parser): Expression {
  return p.nested(() => parseLevel(p, 0));
}

function parseLevel(p: Parser, level: number): Expression {
  if (level === levels.length) return parseUnary(p);
  let left = parseLevel(p, level + 1);
  for (let count = 0;; count++) {
    if (count > maxOperators) p.failDepth(`a chain has more than ${maxOperators} operators`);
    p.skipSpace();
    if (p.code() === 41) return left;
    const at = p.at();
    const operator = readOperator(p, level);
    if (operator === undefined) return left;
    const start = p.pos;
    const right = parseLevel(p, level + 1);
    p.skipSpace();
    left = { kind: "binary", operator, left, right, source: p.text.slice(start, p.pos), at };
  }
}

function readOperator(p: Parser, level: number): BinaryOperator | undefined {
  for (const [word, operator] of levels[level]!) {
    if (!p.text.startsWith(word, p.pos)) continue;
    if (isNameStart(word.charCodeAt(0)) && isNamePart(p.code(word.length))) continue;
    if (word === "-" && (isDigit(p.code(1)) || (p.code(1) === 46 && isDigit(p.code(2))))) {
      p.fail("a number with a sign follows a value", p.at(), "Put a space after the minus.");
    }
    p.pos += word.length;
    return operator;
  }
  return undefined;
}

function parseUnary(p: Parser): Expression {
  p.skipSpace();
  const at = p.at();
  if (readNot(p)) {
    return { kind: "not", operand: p.nested(() => parseUnary(p)), at };
  }
  const signed = isDigit(p.code(1)) || p.code(1) === 46;
  if (p.code() === 45 && !signed && p.session.dialect.unaryMinus) {
    p.pos++;
    p.skipSpace();
    return { kind: "negate", operand: parsePrimary(p), at };
  }
  return parsePrimary(p);
}

function readNot(p: Parser): boolean {
  if (p.code() === 33) {
    p.pos++;
    return true;
  }
  if (!p.text.startsWith("not", p.pos) || isNamePart(p.code(3))) return false;
  p.pos += 3;
  return true;
}

function parsePrimary(p: Parser): Expression {
  if (p.code() === 40) {
    const at = p.at();
    const start = ++p.pos;
    const inner = parseExpression(p);
    p.skipSpace();
    const source = p.text.slice(start, p.pos);
    if (p.code() !== 41) p.fail(`found ${p.found()} where ')' belongs`);
    p.pos++;
    return { kind: "group", inner, source, at };
  }
  return parseValue(p);
}

/** A method's argument: an expression in 2.x, a literal or reference in 1.7. */
export function parseArgument(p: Parser): Expression {
  p.skipSpace();
  return readWord(p) ?? parseIndexKey(p);
}

/** What stands between `[` and `]`: as an argument, but no bare name. */
export function parseIndexKey(p: Parser): Expression {
  p.skipSpace();
  return p.session.dialect.expressionArguments ? parseExpression(p) : parseValue(p);
}

/** A bare name as a whole argument: the grammar takes it and it is always null. */
function readWord(p: Parser): Expression | undefined {
  bareWord.lastIndex = p.pos;
  const source = bareWord.exec(p.text)?.[1];
  if (source === undefined || source === "true" || source === "false") return undefined;
  const at = p.at();
  p.pos += source.length;
  return { kind: "word", source, at };
}

/** A literal or a reference. */
export function parseValue(p: Parser): Expression {
  const at = p.at();
  const code = p.code();
  if (code === 36 || code === 92) return parseReferenceValue(p);
  if (code === 34 || code === 39) return parseText(p);
  if (isDigit(code) || code === 45 || code === 46) return parseNumber(p);
  if (code === 91) return p.nested(() => parseListOrRange(p));
  if (code === 123) return p.nested(() => parseMap(p));
  if (isNameStart(code)) {
    const name = p.readName(false);
    if (name === "true" || name === "false") return { kind: "boolean", value: name === "true", at };
    p.fail(`'${name}' is not a value`, at, hintForWord(name));
  }
  return p.fail(`found ${p.found()} where a value belongs`, at, hintForCharacter(p));
}

function parseReferenceValue(p: Parser): Expression {
  const at = p.at();
  const reference = p.code() === 36 ? parseReference(p) : undefined;
  return reference ?? p.fail(`found ${p.found()} where a value belongs`, at);
}

function hintForWord(name: string): string {
  if (name === "null") return "There is no null literal: compare with a name that is never set.";
  return `Write $${name} for a reference or "${name}" for text.`;
}

function hintForCharacter(p: Parser): string | undefined {
  if (/^[\u2018\u2019\u201c\u201d\u00ab\u00bb]/.test(p.text.slice(p.pos, p.pos + 1))) {
    return "These are typographic quotes: use plain ' or \".";
  }
  if (p.code() === 61) return "Compare with ==.";
  return undefined;
}

function parseListOrRange(p: Parser): Expression {
  const at = p.at();
  p.pos++;
  if (p.code() === 93) {
    p.pos++;
    return { kind: "list", items: [], at };
  }
  p.skipSpace();
  const items = [parseValue(p)];
  p.skipSpace();
  if (p.text.startsWith("..", p.pos)) return parseRange(p, items[0]!, at);
  while (p.code() === 44) {
    p.pos++;
    p.skipSpace();
    items.push(parseValue(p));
    p.skipSpace();
  }
  if (p.code() !== 93) {
    const hint = "Items are literals and references: compute with #set first.";
    p.fail(`in a list found ${p.found()} where ',' or ']' belongs`, p.at(), hint);
  }
  p.pos++;
  return { kind: "list", items, at };
}

function parseRange(p: Parser, from: Expression, at: number): Expression {
  p.pos += 2;
  p.skipSpace();
  const to = parseValue(p);
  p.skipSpace();
  for (const end of [from, to]) {
    if (end.kind !== "reference" && !(end.kind === "number" && isInteger(end.value))) {
      p.fail("a range goes from one whole number or reference to another", end.at);
    }
  }
  if (p.code() !== 93) p.fail(`in a range found ${p.found()} where ']' belongs`);
  p.pos++;
  return { kind: "range", from, to, at };
}

function parseMap(p: Parser): Expression {
  const at = p.at();
  p.pos++;
  p.skipSpace();
  const entries: [Expression, Expression][] = [];
  while (p.code() !== 125) {
    if (entries.length > 0) {
      if (p.code() !== 44) p.fail(`in a map found ${p.found()} where ',' or '}' belongs`);
      p.pos++;
      p.skipSpace();
    }
    const key = parseValue(p);
    p.skipSpace();
    if (p.code() !== 58) p.fail(`in a map found ${p.found()} where ':' belongs`);
    p.pos++;
    p.skipSpace();
    entries.push([key, parseValue(p)]);
    p.skipSpace();
  }
  p.pos++;
  return { kind: "map", entries, at };
}
