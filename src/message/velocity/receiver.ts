import {
  isMap,
  itemsOf,
  JavaClass,
  JavaIterator,
  MapEntry,
  mapGet,
  pairsOf,
  VtlList,
} from "./collection.ts";
import { callConverting } from "./convert_arguments.ts";
import { JavaDecimal } from "./decimal.ts";
import { dateMethods } from "./java_date.ts";
import { iteratorMethods, methodsOfList } from "./list_methods.ts";
import { DefinedBlock, LoopScope } from "./loop_scope.ts";
import { entryMethods, mapMethods } from "./map_methods.ts";
import { callMethod, MethodFailure, methodTable, noMethod } from "./method_table.ts";
import type { MethodTable } from "./method_table.ts";
import { runBlock } from "./print.ts";
import { isInteger, isNumber, JavaDouble, numberClass } from "./number.ts";
import { booleanMethods, doubleMethods, integerMethods } from "./number_methods.ts";
import type { RenderState } from "./state.ts";
import { stringMethods } from "./string_methods.ts";
import { Tool } from "./tool.ts";

const none: MethodTable = Object.freeze(Object.create(null));

/** The methods of what `.class` answers. */
export const classMethods = methodTable<JavaClass>({
  "getName()": (self) => self.name,
  "getSimpleName()": (self) => self.name.slice(self.name.lastIndexOf(".") + 1),
  "toString()": (self) => `class ${self.name}`,
});

/** The methods of what `#define` and `$bodyContent` are. */
export const blockMethods = methodTable<DefinedBlock>({
  "toString()": (self, _, state) => runBlock(state, self),
});

/** The methods of `$foreach`. */
export const scopeMethods = methodTable<LoopScope>({
  "getIndex()": (self) => self.index,
  "getCount()": (self) => self.index + 1,
  "getHasNext()": (self) => self.hasNext,
  "hasNext()": (self) => self.hasNext,
  "isFirst()": (self) => self.index === 0,
  "isLast()": (self) => !self.hasNext,
  "getParent()": (self) => self.parent,
  "getTopmost()": (self) => self.topmost,
  "getReplaced()": (self) => self.replaced,
  "getDepth()": (self) => self.depth,
});

/** The methods that a value's type allows. Chosen by what the value is, never by what it holds. */
export function methodsOf(state: RenderState, value: unknown): MethodTable {
  switch (typeof value) {
    case "string":
      return stringMethods;
    case "boolean":
      return booleanMethods;
    case "number":
    case "bigint":
      return isInteger(value) ? integerMethods : doubleMethods;
    case "object":
      return value === null ? none : methodsOfObject(state, value);
  }
  return none;
}

function methodsOfObject(state: RenderState, value: object): MethodTable {
  const resolved = state.resolve(value);
  if (resolved instanceof VtlList || Array.isArray(resolved)) return methodsOfList(resolved);
  if (isMap(resolved)) return mapMethods;
  if (value instanceof JavaDouble || value instanceof JavaDecimal) return doubleMethods;
  if (value instanceof LoopScope) return scopeMethods;
  if (value instanceof MapEntry) return entryMethods;
  if (value instanceof JavaIterator) return iteratorMethods;
  if (value instanceof Tool) return value.methods;
  if (value instanceof Date) return dateMethods;
  if (value instanceof DefinedBlock) return blockMethods;
  return value instanceof JavaClass ? classMethods : none;
}

/** Calls an allowed method; null where the type has none of the name for these arguments. */
export function invoke(
  state: RenderState,
  self: unknown,
  name: string,
  args: readonly unknown[],
): unknown {
  if (typeof self === "string") state.charge(1 + (self.length >> 6));
  else state.charge(1);
  const result = callMethod(methodsOf(state, self), name, self, args, state);
  if (result !== noMethod) return result;
  if (state.dialect.convertsArguments) {
    const converted = callConverting(methodsOf(state, self), name, self, args, state);
    if (converted !== noMethod) return converted;
  }
  if (name === "getClass" && args.length === 0) return classOf(state, self);
  return self instanceof LoopScope ? invokeOwn(state, self, name, args) : null;
}

/** A loop's scope is a map too. */
function invokeOwn(
  state: RenderState,
  scope: LoopScope,
  name: string,
  args: readonly unknown[],
): unknown {
  const result = callMethod(mapMethods, name, scope.own, args, state);
  return result === noMethod ? null : result;
}

/**
 * `$value.name`. A map answers with its entry; anything else with `getName()`, `isName()` and, in
 * dialect 2.x, `name()`. Null where there is none of them.
 */
export function readProperty(state: RenderState, value: unknown, name: string): unknown {
  if (typeof value === "object" && value !== null) {
    const resolved = state.resolve(value);
    if (isMap(resolved)) return readMapProperty(state, resolved, name);
    if (resolved instanceof VtlList && resolved.kind === "array") {
      const isAsked = name === "empty" && state.dialect.arraysAreEmpty;
      return isAsked ? resolved.items.length === 0 : null;
    }
    if (resolved instanceof LoopScope && resolved.own.has(name)) return resolved.own.get(name);
  }
  const capital = name[0]!.toUpperCase() + name.slice(1);
  const table = methodsOf(state, value);
  for (const getter of [`get${capital}`, `is${capital}`]) {
    const result = callMethod(table, getter, value, [], state);
    if (result !== noMethod) return state.charge(1), result;
  }
  if (name === "class") return classOf(state, value);
  if (value instanceof LoopScope && name === "hasNext") return value.hasNext;
  return state.dialect.callsWithoutParentheses ? invoke(state, value, name, []) : null;
}

function readMapProperty(state: RenderState, map: object, name: string): unknown {
  const value = mapGet(map, name);
  return value === undefined && name === "class" ? classOf(state, map) : value;
}

/** `$value[key]`: `get(key)`, where a negative place counts from the list's end. */
export function readIndex(state: RenderState, value: unknown, key: unknown): unknown {
  return invoke(state, value, "get", [placeIn(state, value, key)]);
}

/** Turns a negative place into one from the end. */
export function placeIn(state: RenderState, value: unknown, key: unknown): unknown {
  if (typeof key !== "number" || key >= 0 || !isInteger(key)) return key;
  const length = itemsOf(state, value)?.length ?? pairsOf(state, value)?.length;
  if (length === undefined) {
    throw new MethodFailure("counts from the end of a value without a size");
  }
  return length + key;
}

/** The Java class that a value would have, as a name. */
function classOf(state: RenderState, value: unknown): JavaClass | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return new JavaClass("java.lang.String");
  if (typeof value === "boolean") return new JavaClass("java.lang.Boolean");
  if (isNumber(value)) return new JavaClass(numberClass(value));
  if (itemsOf(state, value) !== undefined) return new JavaClass("java.util.ArrayList");
  if (value instanceof Date) return new JavaClass("java.util.Date");
  return isMap(state.resolve(value as object)) ? new JavaClass("java.util.LinkedHashMap") : null;
}
