import { isMap, itemsOf } from "./collection.ts";
import { isInteger, isNumber } from "./number.ts";
import type { RenderState } from "./state.ts";

/** A call's arguments, already of the kinds that the signature names. */
// deno-lint-ignore no-explicit-any
export type Arguments = readonly any[];

/** What a method does. It may throw a MethodFailure. */
export type MethodBody<Self> = (self: Self, args: Arguments, state: RenderState) => unknown;

/** One method of a table, for one list of kinds. */
export interface Overload {
  readonly kinds: readonly string[];
  readonly isVariadic: boolean;
  // deno-lint-ignore no-explicit-any
  readonly body: MethodBody<any>;
}

/** The methods of one type of receiver, by name. It has no prototype: only what is listed exists. */
export type MethodTable = Readonly<Record<string, readonly Overload[]>>;

/** What a call answers when no method of the name takes the arguments: the reference is null. */
export const noMethod: unique symbol = Symbol("no method");

/** A method that failed, as one that throws in Java does. It has no place yet. */
export class MethodFailure extends Error {}

/**
 * Builds a table from signatures such as `substring(int,int)`. Kinds: `int`, `number`, `text`,
 * `chars` (text that nothing is converted to: Java's CharSequence), `boolean`, `date`, `list`, `map`, `null`,
 * `any`; a last `any...` takes the rest.
 */
export function methodTable<Self>(bodies: Record<string, MethodBody<Self>>): MethodTable {
  const table: Record<string, Overload[]> = Object.create(null);
  for (const [signature, body] of Object.entries(bodies)) {
    const [, name, list] = /^(\w+)\((.*)\)$/.exec(signature) ?? [];
    const kinds = list === "" ? [] : list!.split(",");
    const isVariadic = kinds.length > 0 && kinds[kinds.length - 1] === "any...";
    if (isVariadic) kinds.pop();
    (table[name!] ??= []).push({ kinds, isVariadic, body });
  }
  return table;
}

/** Adds tables; a later one's methods come before an earlier one's of the same name. */
export function joinTables(...tables: readonly MethodTable[]): MethodTable {
  const joined: Record<string, readonly Overload[]> = Object.create(null);
  for (const table of tables) {
    for (const name of Object.keys(table)) joined[name] = [...table[name]!, ...joined[name] ?? []];
  }
  return joined;
}

/** Calls the first overload that takes the arguments; `noMethod` where none does. */
export function callMethod(
  table: MethodTable,
  name: string,
  self: unknown,
  args: Arguments,
  state: RenderState,
): unknown {
  const overloads = table[name];
  if (overloads === undefined) return noMethod;
  for (const overload of overloads) {
    if (accepts(overload, args, state)) return overload.body(self, args, state);
  }
  return noMethod;
}

function accepts(overload: Overload, args: Arguments, state: RenderState): boolean {
  const { kinds, isVariadic } = overload;
  if (isVariadic ? args.length < kinds.length : args.length !== kinds.length) return false;
  for (let i = 0; i < kinds.length; i++) {
    if (!fits(kinds[i]!, args[i], state)) return false;
  }
  return true;
}

function fits(kind: string, value: unknown, state: RenderState): boolean {
  switch (kind) {
    case "any":
      return true;
    case "text":
    case "chars":
      return typeof value === "string" || value === null || value === undefined;
    case "null":
      return value === null || value === undefined;
    case "int":
      return isInteger(value) && value >= -0x80000000 && value <= 0x7fffffff;
    case "number":
      return isNumber(value);
    case "boolean":
      return typeof value === "boolean";
    case "date":
      return value instanceof Date;
    case "list":
      return typeof value === "object" && value !== null && itemsOf(state, value) !== undefined;
    case "map":
      return typeof value === "object" && value !== null && isMap(state.resolve(value));
  }
  return false;
}

/** A method whose argument is null where Java throws a NullPointerException. */
export function failOnNull(): never {
  throw new MethodFailure("was given null");
}

/** Text that a method cannot do without; null fails as Java's NullPointerException does. */
export function requireText(value: unknown): string {
  if (typeof value !== "string") throw new MethodFailure("was given null where text belongs");
  return value;
}
