import type { Accessor, Reference } from "./ast.ts";
import { isPlain, ownValue } from "./collection.ts";
import { compileValue } from "./compile_expression.ts";
import { argumentSource, readVariable } from "./frame.ts";
import { DefinedBlock, RawText } from "./loop_scope.ts";
import { MethodFailure } from "./method_table.ts";
import { print, runBlock } from "./print.ts";
import { invoke, readIndex, readProperty } from "./receiver.ts";
import type { RenderState } from "./state.ts";
import { escapeHtml } from "./tool/escape.ts";
import { isTrue } from "./truth.ts";
import type { Unit, Value } from "./unit.ts";

/** Gives the text that a reference prints. */
export type PrintText = (state: RenderState) => string;

/** Compiles a reference to its value; null where any part of it is null or not allowed. */
export function compileReference(unit: Unit, reference: Reference): Value {
  const value = compilePath(unit, reference, reference.path);
  if (reference.alternate === undefined) return value;
  const alternate = compileValue(unit, reference.alternate);
  return (state) => {
    const found = value(state);
    return isTrue(state, found) ? found : alternate(state);
  };
}

/** Compiles a reference's root and some of its steps. */
export function compilePath(
  unit: Unit,
  reference: Reference,
  path: readonly Accessor[],
): Value {
  const slot = unit.symbols.slot(reference.root);
  let value: Value = unit.dialect.macroByValue
    ? (state) => state.vars[slot]
    : (state) => state.frame === null ? state.vars[slot] : readVariable(state, slot);
  for (const accessor of path) value = compileAccessor(unit, value, accessor);
  return value;
}

function compileAccessor(unit: Unit, owner: Value, accessor: Accessor): Value {
  switch (accessor.kind) {
    case "property":
      return compileProperty(owner, accessor.name, accessor.at);
    case "method":
      return compileMethod(unit, owner, accessor);
    case "index": {
      const key = compileValue(unit, accessor.key);
      return (state) => {
        const self = owner(state);
        if (self === null || self === undefined) return null;
        return guarded(state, accessor.at, "[…]", () => readIndex(state, self, key(state)));
      };
    }
  }
}

function compileProperty(owner: Value, name: string, at: number): Value {
  return (state) => {
    const self = owner(state);
    if (self === null || self === undefined) return null;
    if (typeof self === "object" && state.overlay === null && isPlain(self)) {
      const value = ownValue(self, name);
      if (value !== undefined) return value;
    }
    return guarded(state, at, name, () => readProperty(state, self, name));
  };
}

function compileMethod(
  unit: Unit,
  owner: Value,
  accessor: Extract<Accessor, { kind: "method" }>,
): Value {
  const { name, args, at } = accessor;
  const values = args.map((arg) => compileValue(unit, arg));
  const key = constantKey(accessor);
  return (state) => {
    const self = owner(state);
    if (self === null || self === undefined) return null;
    if (key !== undefined && typeof self === "object" && state.overlay === null && isPlain(self)) {
      return ownValue(self, key);
    }
    return guarded(
      state,
      at,
      `.${name}(…)`,
      () => invoke(state, self, name, values.map((value) => value(state))),
    );
  };
}

/** Gives a failed method its place. */
export function guarded<T>(state: RenderState, at: number, what: string, run: () => T): T {
  const before = state.at;
  state.at = at;
  try {
    const result = run();
    state.at = before;
    return result;
  } catch (error) {
    if (!(error instanceof MethodFailure)) throw error;
    const hint = "Test before with #if, or send a contact that has the data.";
    return state.fail("VTL201", `${what} ${error.message}`, hint, at);
  }
}

/** Compiles a reference to the text it prints: its value, or its own source where it is null. */
export function compileReferenceText(unit: Unit, reference: Reference): PrintText {
  return compileSimple(unit, reference) ?? compileGeneral(unit, reference);
}

/**
 * `$x.name` and `$x.get('name')` make up most of a message: one closure reads the text from a JSON
 * object. Anything else that it meets goes the general way, compiled when it is first needed.
 */
function compileSimple(unit: Unit, reference: Reference): PrintText | undefined {
  const key = simpleKey(reference);
  if (key === undefined || unit.escapesHtml) return undefined;
  const slot = unit.symbols.slot(reference.root);
  let general: PrintText | undefined;
  return (state) => {
    const self = state.frame === null ? state.vars[slot] : undefined;
    if (typeof self === "object" && self !== null && state.overlay === null && isPlain(self)) {
      const found = ownValue(self, key);
      if (typeof found === "string") return found;
    }
    general ??= compileGeneral(unit, reference);
    return general(state);
  };
}

function simpleKey({ path, escape, alternate }: Reference): string | undefined {
  if (path.length !== 1 || escape.backslashes > 0 || alternate !== undefined) return undefined;
  const accessor = path[0]!;
  if (accessor.kind === "property") return accessor.name;
  return accessor.kind === "method" ? constantKey(accessor) : undefined;
}

/** The key of `.get('key')`. */
function constantKey({ name, args }: Extract<Accessor, { kind: "method" }>): string | undefined {
  const key = args[0];
  return name === "get" && args.length === 1 && key?.kind === "text" ? key.value : undefined;
}

function compileGeneral(unit: Unit, reference: Reference): PrintText {
  const value = compileReference(unit, reference);
  const shown = unit.escapesHtml ? escapedText : plainText;
  if (reference.escape.backslashes > 0) return compileEscaped(unit, reference, value, shown);
  const missing = compileMissing(unit, reference);
  return (state) => {
    state.at = reference.at;
    const found = value(state);
    if (found === null || found === undefined) return missing(state);
    return shown(state, found) ?? missing(state);
  };
}

/** What a null reference prints: nothing where it is quiet, else its source. */
function compileMissing(unit: Unit, reference: Reference): PrintText {
  if (reference.isQuiet) return () => "";
  return compileSource(unit, reference);
}

/** A reference's source; for an argument of a macro in dialect 1.7 the text in the call. */
function compileSource(unit: Unit, reference: Reference): PrintText {
  const { source, root } = reference;
  if (unit.dialect.macroByValue || source !== `$${root}`) return () => source;
  const slot = unit.symbols.slot(root);
  return (state) => state.frame === null ? source : argumentSource(state, slot) ?? source;
}

/**
 * Backslashes: half are printed; an odd one prints the reference's source where it has a value, and
 * not the dollars between.
 */
function compileEscaped(
  unit: Unit,
  reference: Reference,
  value: Value,
  shown: (state: RenderState, value: unknown) => string | undefined,
): PrintText {
  const { backslashes, dollars } = reference.escape;
  const half = "\\".repeat(Math.floor(backslashes / 2));
  const source = compileSource(unit, reference);
  if (backslashes % 2 === 1) {
    return (state) => {
      const found = value(state);
      const isMissing = found === null || found === undefined;
      return half + (isMissing ? "\\" : "") + source(state);
    };
  }
  const missing = compileMissing(unit, reference);
  return (state) => {
    const found = value(state);
    const text = found === null || found === undefined ? undefined : shown(state, found);
    return text === undefined ? half + half + dollars + missing(state) : half + dollars + text;
  };
}

function plainText(state: RenderState, value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof DefinedBlock ? runBlock(state, value) : print(state, value);
}

function escapedText(state: RenderState, value: unknown): string | undefined {
  if (value instanceof DefinedBlock) return runBlock(state, value);
  if (value instanceof RawText) return value.text;
  return escapeHtml(state, print(state, value));
}
