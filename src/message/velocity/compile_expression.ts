import { calculate } from "./arithmetic.ts";
import type { ArithmeticOperator } from "./arithmetic.ts";
import type { Expression } from "./ast.ts";
import { VtlList, VtlMap } from "./collection.ts";
import { compileNodes } from "./compile_nodes.ts";
import { compileReference } from "./compile_reference.ts";
import { asNumber, looselyEquals, orderOf } from "./equality.ts";
import { toDouble, toInteger } from "./number.ts";
import { print } from "./print.ts";
import type { RenderState } from "./state.ts";
import { isTrue } from "./truth.ts";
import type { Unit, Value } from "./unit.ts";

/** Decides a condition. */
export type Test = (state: RenderState) => boolean;

type Binary = Extract<Expression, { kind: "binary" }>;

/** Compiles an expression to its value. */
export function compileValue(unit: Unit, node: Expression): Value {
  switch (node.kind) {
    case "reference":
      return compileReference(unit, node);
    case "text":
    case "number":
    case "boolean": {
      const { value } = node;
      return () => value;
    }
    case "word":
      return () => null;
    case "template": {
      const run = compileNodes({ ...unit, escapesHtml: false }, node.nodes);
      return (state) => state.capture(run);
    }
    case "list":
      return compileList(unit, node.items);
    case "map":
      return compileMap(unit, node.entries);
    case "range":
      return compileRange(unit, node);
    case "group":
      return compileValue(unit, node.inner);
    case "not":
      return compileTest(unit, node);
    case "negate": {
      const operand = compileValue(unit, node.operand);
      return (state) => {
        const number = asNumber(state, operand(state));
        return number === undefined ? null : calculate("-", 0, number);
      };
    }
    case "binary":
      return isArithmetic(node.operator) ? compileArithmetic(unit, node) : compileTest(unit, node);
  }
}

/** Compiles an expression to a condition. */
export function compileTest(unit: Unit, node: Expression): Test {
  if (node.kind === "not") {
    const operand = compileTest(unit, node.operand);
    return (state) => !operand(state);
  }
  if (node.kind === "group") return compileTest(unit, node.inner);
  if (node.kind === "boolean") return () => node.value;
  if (node.kind === "binary") {
    if (isArithmetic(node.operator)) return () => false;
    return compileOperator(unit, node);
  }
  if (node.kind === "range") return () => false;
  if (node.kind !== "reference" && !unit.dialect.literalConditions) return () => false;
  const value = compileValue(unit, node);
  return (state) => isTrue(state, value(state));
}

function isArithmetic(operator: string): operator is ArithmeticOperator {
  return operator.length === 1;
}

function compileOperator(unit: Unit, node: Binary): Test {
  if (node.operator === "and" || node.operator === "or") {
    const left = compileTest(unit, node.left);
    const right = compileTest(unit, node.right);
    if (node.operator === "and") return (state) => left(state) && right(state);
    return (state) => left(state) || right(state);
  }
  const left = compileValue(unit, node.left);
  const right = compileValue(unit, node.right);
  switch (node.operator) {
    case "eq":
      return (state) => looselyEquals(state, left(state), right(state));
    case "ne":
      return (state) => !looselyEquals(state, left(state), right(state));
    case "lt":
      return (state) => (orderOf(state, left(state), right(state)) ?? 0) < 0;
    case "gt":
      return (state) => (orderOf(state, left(state), right(state)) ?? 0) > 0;
    case "le":
      return (state) => (orderOf(state, left(state), right(state)) ?? 1) <= 0;
    default:
      return (state) => (orderOf(state, left(state), right(state)) ?? -1) >= 0;
  }
}

function compileArithmetic(unit: Unit, node: Binary): Value {
  const operator = node.operator as ArithmeticOperator;
  const left = compileValue(unit, node.left);
  const right = compileValue(unit, node.right);
  const leftSource = sourceOf(node.left);
  const rightSource = sourceOf(node.right);
  return (state) => {
    const first = left(state);
    const second = right(state);
    if (operator === "+" && (typeof first === "string" || typeof second === "string")) {
      return concatenate(
        state,
        textOr(state, first, leftSource),
        textOr(state, second, rightSource),
      );
    }
    const leftNumber = asNumber(state, first);
    const rightNumber = asNumber(state, second);
    if (leftNumber === undefined || rightNumber === undefined) return null;
    return calculate(operator, leftNumber, rightNumber);
  };
}

function sourceOf(node: Expression): string {
  return "source" in node ? node.source : "";
}

/** Text that joins with a null gets the null's source, as Velocity does. */
function textOr(state: RenderState, value: unknown, source: string): string {
  return value === null || value === undefined ? source : print(state, value);
}

function concatenate(state: RenderState, left: string, right: string): string {
  state.claimChars(left.length + right.length);
  return left + right;
}

function compileList(unit: Unit, items: readonly Expression[]): Value {
  const values = items.map((item) => compileValue(unit, item));
  return (state) => {
    state.claimItems(values.length);
    return new VtlList(values.map((value) => value(state) ?? null));
  };
}

function compileMap(unit: Unit, entries: readonly (readonly [Expression, Expression])[]): Value {
  const pairs = entries.map(([key, value]) =>
    [compileValue(unit, key), compileValue(unit, value)] as const
  );
  return (state) => {
    state.claimItems(pairs.length);
    const map = new VtlMap();
    for (const [key, value] of pairs) map.set(key(state) ?? null, value(state) ?? null);
    return map;
  };
}

function compileRange(unit: Unit, node: Extract<Expression, { kind: "range" }>): Value {
  const from = compileValue(unit, node.from);
  const to = compileValue(unit, node.to);
  return (state) => {
    const first = placeOf(state, from(state));
    const last = placeOf(state, to(state));
    if (first === undefined || last === undefined) return null;
    const size = Math.abs(last - first) + 1;
    state.claimItems(size);
    const step = last < first ? -1 : 1;
    return new VtlList(Array.from({ length: size }, (_, i) => first + i * step));
  };
}

function placeOf(state: RenderState, value: unknown): number | undefined {
  const number = asNumber(state, value);
  return number === undefined ? undefined : toDouble(toInteger(number));
}
