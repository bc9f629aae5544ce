import { type Arguments, MethodFailure, type MethodTable, noMethod } from "./method_table.ts";
import { isInteger, isNumber, toDouble, toInteger } from "./number.ts";
import { print } from "./print.ts";
import type { RenderState } from "./state.ts";

/**
 * Calls the overload whose arguments can be made to fit, as Velocity 2 does where none fits as it is:
 * anything becomes text, text and booleans become numbers. `noMethod` where none can, or more than
 * one.
 */
export function callConverting(
  table: MethodTable,
  name: string,
  self: unknown,
  args: Arguments,
  state: RenderState,
): unknown {
  const fitting = (table[name] ?? []).filter(({ kinds, isVariadic }) =>
    !isVariadic && kinds.length === args.length &&
    kinds.every((kind, at) => isConvertible(kind, args[at]))
  );
  const [only] = fitting;
  if (only === undefined || fitting.length > 1) return noMethod;
  return only.body(self, only.kinds.map((kind, at) => convert(kind, args[at], state)), state);
}

function isConvertible(kind: string, value: unknown): boolean {
  const isSimple = typeof value === "string" || typeof value === "boolean" || isNumber(value);
  if (kind === "any") return true;
  if (kind === "text") return true;
  return isSimple && (kind === "int" || kind === "boolean");
}

function convert(kind: string, value: unknown, state: RenderState): unknown {
  switch (kind) {
    case "text":
      return value === null || value === undefined ? value : print(state, value);
    case "int":
      return toInt(value);
    case "boolean":
      return typeof value === "string" ? value.toLowerCase() === "true" : isNonZero(value);
  }
  return value;
}

function isNonZero(value: unknown): boolean {
  return isNumber(value) ? toDouble(value) !== 0 : value === true;
}

function toInt(value: unknown): number {
  if (typeof value === "boolean") return Number(value);
  if (isNumber(value) && !isInteger(value)) return Number(toInteger(value)) | 0;
  const number = isNumber(value) ? Number(toInteger(value)) : wholeOf(String(value));
  if (Math.abs(number) <= 0x7fffffff) return number;
  throw new MethodFailure("was given something that is not a whole number where one belongs");
}

function wholeOf(text: string): number {
  return /^[+-]?\d{1,10}$/.test(text) ? Number(text) : NaN;
}
