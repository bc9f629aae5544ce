import type { Accessor, Node } from "./ast.ts";
import { isMap } from "./collection.ts";
import { compileValue } from "./compile_expression.ts";
import { compilePath, guarded } from "./compile_reference.ts";
import { writeVariable } from "./frame.ts";
import { methodsOfList } from "./list_methods.ts";
import { LoopScope } from "./loop_scope.ts";
import { put } from "./map_methods.ts";
import { callConverting } from "./convert_arguments.ts";
import { callMethod, noMethod } from "./method_table.ts";
import { placeIn } from "./receiver.ts";
import type { RenderState } from "./state.ts";
import type { Run, Unit } from "./unit.ts";
import { itemsOf } from "./collection.ts";

/** Compiles #set of a variable, a map's entry or a list's place. */
export function compileSet(unit: Unit, node: Extract<Node, { kind: "set" }>): Run {
  const { target } = node;
  const value = compileValue(unit, node.value);
  const write = target.path.length === 0 ? compileVariable(unit, node) : compileMember(unit, node);
  const { setsNull } = unit.dialect;
  return (state) => {
    state.at = node.at;
    const found = value(state);
    if (state.halt !== null) return;
    if (found === undefined || found === null) {
      if (setsNull) write(state, null);
    } else {
      write(state, found);
    }
  };
}

type Write = (state: RenderState, value: unknown) => void;

function compileVariable(unit: Unit, { target }: Extract<Node, { kind: "set" }>): Write {
  if ((target.isFormal || target.isQuiet) && !unit.dialect.setsFormal) return () => {};
  const slot = unit.symbols.slot(target.root);
  if (unit.dialect.macroByValue) return (state, value) => void (state.vars[slot] = value);
  return (state, value) => writeVariable(state, slot, value);
}

function compileMember(unit: Unit, { target, at }: Extract<Node, { kind: "set" }>): Write {
  const owner = compilePath(unit, target, target.path.slice(0, -1));
  const last: Accessor = target.path[target.path.length - 1]!;
  if (last.kind === "method") return () => {};
  if (last.kind === "property") {
    return (state, value) => {
      const self = owner(state);
      if (typeof self === "object" && self !== null) writeEntry(state, self, last.name, value);
    };
  }
  const key = compileValue(unit, last.key);
  return (state, value) => {
    const self = owner(state);
    if (typeof self !== "object" || self === null) return;
    guarded(state, at, "[…]", () => writePlace(state, self, key(state), value));
  };
}

function writeEntry(state: RenderState, self: object, key: unknown, value: unknown): void {
  if (self instanceof LoopScope) put(state, self.own, key, value);
  else if (isMap(state.resolve(self))) put(state, self, key, value);
}

function writePlace(state: RenderState, self: object, key: unknown, value: unknown): void {
  if (itemsOf(state, self) === undefined) return writeEntry(state, self, key, value);
  const table = methodsOfList(state.resolve(self));
  const args = [placeIn(state, self, key), value];
  const result = callMethod(table, "set", self, args, state);
  if (result !== noMethod || !state.dialect.convertsArguments) return;
  callConverting(table, "set", self, args, state);
}
