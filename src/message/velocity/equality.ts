import { compareNumbers } from "./arithmetic.ts";
import { itemsOf, JavaClass, MapEntry, mapGet, mapHas, pairsOf, VtlList } from "./collection.ts";
import { JavaDecimal } from "./decimal.ts";
import { isInteger, isNumber, JavaDouble, toDouble } from "./number.ts";
import type { JavaNumber } from "./number.ts";
import { print } from "./print.ts";
import type { RenderState } from "./state.ts";

const maxDepth = 60;

/** Java's equals: a whole number never equals a double, lists and maps compare by content. */
export function javaEquals(state: RenderState, left: unknown, right: unknown, depth = 0): boolean {
  if (left === right) return true;
  if (left === null || left === undefined) return right === null || right === undefined;
  if (right === null || right === undefined) return false;
  if (isNumber(left)) return isNumber(right) && sameNumber(left, right);
  if (typeof left !== "object" || typeof right !== "object") return false;
  state.charge(1);
  if (depth > maxDepth) state.fail("VTL304", `values are nested more than ${maxDepth} deep`);
  return sameItems(state, left, right, depth) ?? samePairs(state, left, right, depth) ??
    sameOther(state, left, right, depth);
}

function sameNumber(left: JavaNumber, right: JavaNumber): boolean {
  if (isInteger(left) !== isInteger(right)) return false;
  if (left instanceof JavaDecimal !== right instanceof JavaDecimal) return false;
  if (left instanceof JavaDecimal && right instanceof JavaDecimal) {
    return left.scale === right.scale && left.unscaled === right.unscaled;
  }
  return isInteger(left) ? left === right : Object.is(toDouble(left), toDouble(right));
}

function sameItems(
  state: RenderState,
  left: object,
  right: object,
  depth: number,
): boolean | undefined {
  const first = itemsOf(state, left);
  const second = itemsOf(state, right);
  if (first === undefined || second === undefined) return first === second ? undefined : false;
  return first.length === second.length &&
    first.every((item, i) => javaEquals(state, item, second[i], depth + 1));
}

function samePairs(
  state: RenderState,
  left: object,
  right: object,
  depth: number,
): boolean | undefined {
  const first = pairsOf(state, left);
  const second = pairsOf(state, right);
  if (first === undefined || second === undefined) return first === second ? undefined : false;
  const other = state.resolve(right);
  return first.length === second.length &&
    first.every(([key, value]) =>
      mapHas(other, key) && javaEquals(state, value, mapGet(other, key), depth + 1)
    );
}

function sameOther(state: RenderState, left: object, right: object, depth: number): boolean {
  if (left instanceof Date && right instanceof Date) return left.getTime() === right.getTime();
  if (left instanceof JavaClass && right instanceof JavaClass) return left.name === right.name;
  if (left instanceof MapEntry && right instanceof MapEntry) {
    const first = mapGet(state.resolve(left.map), left.key);
    const second = mapGet(state.resolve(right.map), right.key);
    return javaEquals(state, left.key, right.key, depth + 1) &&
      javaEquals(state, first, second, depth + 1);
  }
  return false;
}

/**
 * Velocity's `==`: numbers by value, the same kind by equals, anything else by what it prints. In
 * dialect 2.x text that holds a number counts as one.
 */
export function looselyEquals(state: RenderState, left: unknown, right: unknown): boolean {
  if (left === null || left === undefined || right === null || right === undefined) {
    return (left ?? null) === (right ?? null);
  }
  if (typeof left === "string" && left === right) return true;
  const order = orderOf(state, left, right);
  if (order !== undefined) return order === 0;
  if (sameKind(state, left, right)) return javaEquals(state, left, right);
  return print(state, left) === print(state, right);
}

function sameKind(state: RenderState, left: unknown, right: unknown): boolean {
  if (typeof left !== "object" || typeof right !== "object") return typeof left === typeof right;
  return (itemsOf(state, left) === undefined) === (itemsOf(state, right) === undefined);
}

/** How two values compare as numbers; undefined where one is none, or both are text. */
export function orderOf(state: RenderState, left: unknown, right: unknown): number | undefined {
  if (typeof left === "string" && typeof right === "string") return undefined;
  const first = asNumber(state, left);
  if (first === undefined) return undefined;
  const second = asNumber(state, right);
  return second === undefined ? undefined : compareNumbers(first, second);
}

/** The value as a number for arithmetic and comparison: in 2.x text that holds one too. */
export function asNumber(state: RenderState, value: unknown): JavaNumber | undefined {
  if (isNumber(value)) return value;
  if (typeof value !== "string" || !state.dialect.textIsNumber) return undefined;
  return JavaDecimal.parse(value);
}

/** Java's hashCode of text, numbers, booleans, lists and maps; 0 for anything else. */
export function hashCode(state: RenderState, value: unknown, depth = 0): number {
  if (value === null || value === undefined) return 0;
  if (depth > maxDepth) state.fail("VTL304", `values are nested more than ${maxDepth} deep`);
  if (typeof value === "string") return hashText(state, value);
  if (typeof value === "boolean") return value ? 1231 : 1237;
  if (isNumber(value)) return hashNumber(value);
  const items = itemsOf(state, value);
  if (items !== undefined) return hashItems(state, value, items, depth);
  if (value instanceof MapEntry) {
    const held = mapGet(state.resolve(value.map), value.key);
    return hashCode(state, value.key, depth + 1) ^ hashCode(state, held, depth + 1);
  }
  const pairs = pairsOf(state, value) ?? [];
  state.charge(pairs.length);
  const hashPair = ([key, item]: readonly [unknown, unknown]) =>
    hashCode(state, key, depth + 1) ^ hashCode(state, item, depth + 1);
  return pairs.reduce((sum, pair) => (sum + hashPair(pair)) | 0, 0);
}

/** A list's order counts, a set's does not. */
function hashItems(
  state: RenderState,
  value: unknown,
  items: readonly unknown[],
  depth: number,
): number {
  state.charge(items.length);
  const hashes = items.map((item) => hashCode(state, item, depth + 1));
  if (value instanceof VtlList && value.kind === "set") {
    return hashes.reduce((sum, hash) => (sum + hash) | 0, 0);
  }
  return hashes.reduce((sum, hash) => (Math.imul(sum, 31) + hash) | 0, 1);
}

function hashText(state: RenderState, text: string): number {
  state.charge(text.length >> 6);
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

function hashNumber(value: JavaNumber): number {
  if (isInteger(value)) {
    if (typeof value === "number" && value === (value | 0)) return value;
    const bits = BigInt.asUintN(64, BigInt(value));
    return Number(BigInt.asIntN(32, bits ^ (bits >> 32n)));
  }
  if (value instanceof JavaDecimal) {
    return (31 * Number(BigInt.asIntN(32, value.unscaled)) + value.scale) | 0;
  }
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, toDouble(value instanceof JavaDouble ? value.value : value));
  return view.getInt32(0) ^ view.getInt32(4);
}
