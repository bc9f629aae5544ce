import { itemsOf, JavaClass, JavaIterator, MapEntry, mapGet, pairsOf } from "./collection.ts";
import { formatInstant } from "./java_date.ts";
import { DefinedBlock, LoopScope, RawText } from "./loop_scope.ts";
import { isNumber, printNumber } from "./number.ts";
import type { RenderState } from "./state.ts";
import { Tool } from "./tool.ts";

/** Lists and maps inside one another beyond this are refused: a cycle in the data. */
const maxDepth = 60;

/** As Java's toString: `[a, null]`, `{k=v}`, `1.0`. Text beyond the limit is refused. */
export function print(state: RenderState, value: unknown): string {
  if (typeof value === "string") return value;
  if (isNumber(value)) return printNumber(value);
  return typeof value === "boolean" ? String(value) : printObject(state, value, 0);
}

function printInside(state: RenderState, value: unknown, owner: unknown, depth: number): string {
  if (value === owner) return itemsOf(state, value) ? "(this Collection)" : "(this Map)";
  if (value === null || value === undefined) return "null";
  return typeof value === "object" ? printObject(state, value, depth + 1) : print(state, value);
}

function printObject(state: RenderState, value: unknown, depth: number): string {
  if (depth > maxDepth) state.fail("VTL304", `values are nested more than ${maxDepth} deep`);
  const items = itemsOf(state, value);
  if (items !== undefined) return printItems(state, value, items, depth);
  const pairs = pairsOf(state, value);
  if (pairs !== undefined) return printPairs(state, value, pairs, depth);
  return printOther(state, value);
}

function printItems(
  state: RenderState,
  list: unknown,
  items: readonly unknown[],
  depth: number,
): string {
  let text = "[";
  for (let i = 0; i < items.length; i++) {
    text += (i > 0 ? ", " : "") + printInside(state, items[i], list, depth);
    if (text.length > state.maxChars) state.failChars();
  }
  state.charge(items.length + (text.length >> 6));
  return `${text}]`;
}

function printPairs(
  state: RenderState,
  map: unknown,
  pairs: readonly (readonly [unknown, unknown])[],
  depth: number,
): string {
  let text = "{";
  for (let i = 0; i < pairs.length; i++) {
    const [key, value] = pairs[i]!;
    const shown = printInside(state, value, map, depth);
    text += `${i > 0 ? ", " : ""}${printInside(state, key, map, depth)}=${shown}`;
    if (text.length > state.maxChars) state.failChars();
  }
  state.charge(pairs.length + (text.length >> 6));
  return `${text}}`;
}

function printOther(state: RenderState, value: unknown): string {
  if (isNumber(value)) return printNumber(value);
  if (value instanceof RawText) return value.text;
  if (value instanceof Date) return formatInstant(value, state.environment.timezone);
  if (value instanceof MapEntry) {
    const current = mapGet(state.resolve(value.map), value.key);
    return `${printInside(state, value.key, value, 0)}=${printInside(state, current, value, 0)}`;
  }
  if (value instanceof LoopScope) return printObject(state, value.own, 0);
  if (value instanceof JavaClass) return `class ${value.name}`;
  if (value instanceof DefinedBlock) return runBlock(state, value) ?? "";
  if (value instanceof JavaIterator) return "java.util.Iterator";
  return value instanceof Tool ? value.name : "";
}

/** A block may print itself once more inside itself, as in Velocity; then it prints nothing. */
const maxBlockDepth = 2;

/** Runs a #define or a macro's body into text; undefined where it is inside itself too often. */
export function runBlock(state: RenderState, block: DefinedBlock): string | undefined {
  if (block.depth >= maxBlockDepth) return undefined;
  state.charge(1);
  block.depth++;
  const text = state.capture(block.run as (state: RenderState) => void);
  block.depth--;
  const { halt } = state;
  if (halt !== null && halt.scope === null) state.halt = null;
  return text;
}
