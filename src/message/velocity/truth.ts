import { isNumber, toDouble } from "./number.ts";
import { itemsOf, pairsOf } from "./collection.ts";
import { DefinedBlock } from "./loop_scope.ts";
import { runBlock } from "./print.ts";
import type { RenderState } from "./state.ts";

/** Whether a value counts as true in a condition of the state's dialect. */
export function isTrue(state: RenderState, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value === "boolean") return value;
  if (value instanceof DefinedBlock && !state.dialect.blocksAreTrue) {
    return runBlock(state, value) !== undefined;
  }
  return !state.dialect.emptyIsFalse || !isEmpty(state, value);
}

/** Empty text, list or map, or zero. */
function isEmpty(state: RenderState, value: unknown): boolean {
  if (typeof value === "string") return value === "";
  if (isNumber(value)) return toDouble(value) === 0;
  return itemsOf(state, value)?.length === 0 || pairsOf(state, value)?.length === 0;
}
