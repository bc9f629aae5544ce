import type { Foreach } from "./ast.ts";
import { compileValue } from "./compile_expression.ts";
import { compileNodes } from "./compile_nodes.ts";
import { readVariable, restoreVariable, writeLocal, writeVariable } from "./frame.ts";
import { LoopScope } from "./loop_scope.ts";
import { type LoopSource, openSource } from "./loop_source.ts";
import { NullTurns } from "./null_turns.ts";
import type { RenderState } from "./state.ts";
import type { Run, Unit } from "./unit.ts";

/** Compiles a loop over a list, a map's values or an iterator; over anything else it does nothing. */
export function compileForeach(unit: Unit, node: Foreach): Run {
  const source = compileValue(unit, node.items);
  const body = compileNodes(unit, node.body);
  const otherwise = node.otherwise && compileNodes(unit, node.otherwise);
  const slot = unit.symbols.slot(node.variable);
  const extras = compileExtras(unit);
  return (state) => {
    state.at = node.at;
    const value = source(state);
    if (state.halt !== null) return;
    const items = openSource(state, value);
    if (items === undefined || items.first.length === 0) return otherwise?.(state);
    const before = readVariable(state, slot);
    const scope = extras.open(state);
    runLoop(state, { items, slot, scope, body, extras, at: node.at });
    restoreVariable(state, slot, before);
    extras.close(state, scope);
  };
}

interface Loop {
  readonly items: LoopSource;
  readonly slot: number;
  readonly scope: OpenScope;
  readonly body: Run;
  readonly extras: Extras;
  readonly at: number;
}

function runLoop(state: RenderState, loop: Loop): void {
  const { slot, scope, body, extras } = loop;
  const nullTurns = state.dialect.setsNullItems ? null : new NullTurns(slot);
  let items = loop.items.first;
  for (let i = 0; i < items.length; i++) {
    state.at = loop.at;
    state.charge(1);
    const item = items[i];
    if (state.frame === null && state.hidden === null) state.vars[slot] = item;
    else writeVariable(state, slot, item);
    extras.turn(state, scope, i, items.length);
    if (nullTurns !== null && (item === null || item === undefined)) nullTurns.run(state, body);
    else body(state);
    const { halt } = state;
    if (halt !== null) {
      if (halt.scope === null || halt.scope === scope.loop) state.halt = null;
      return;
    }
    if (state.hasWritten) items = itemsAfter(state, loop, i + 1);
  }
}

/** The items as the block has left them. */
function itemsAfter(state: RenderState, { items, at }: Loop, turns: number): readonly unknown[] {
  const found = items.after(state, turns);
  if (found !== undefined) return found;
  const hint = "Gather changes in another list and apply them after #end.";
  return state.fail("VTL201", "#foreach loops over a list that its block changes", hint, at);
}

/** What a loop leaves to put back when it ends. */
interface OpenScope {
  readonly loop: LoopScope | null;
  readonly count: unknown;
  readonly hasNext: unknown;
}

/** `$foreach` and the counters of 1.7, kept up only where the template mentions them. */
interface Extras {
  open(state: RenderState): OpenScope;
  turn(state: RenderState, scope: OpenScope, index: number, length: number): void;
  close(state: RenderState, scope: OpenScope): void;
}

const nothing: OpenScope = { loop: null, count: undefined, hasNext: undefined };

function compileExtras(unit: Unit): Extras {
  const { symbols, dialect } = unit;
  const scopeSlot = symbols.find("foreach");
  const countSlot = dialect.velocityCount ? symbols.find("velocityCount") : undefined;
  const hasNextSlot = dialect.velocityCount ? symbols.find("velocityHasNext") : undefined;
  if (scopeSlot === undefined && countSlot === undefined && hasNextSlot === undefined) {
    return { open: () => nothing, turn: () => {}, close: () => {} };
  }
  const slots = { scopeSlot, countSlot, hasNextSlot };
  return {
    open: (state) => openScope(state, slots),
    turn: (state, scope, index, length) => {
      if (scope.loop !== null) {
        scope.loop.index = index;
        scope.loop.hasNext = index + 1 < length;
      }
      if (countSlot !== undefined) writeLocal(state, countSlot, index + 1);
      if (hasNextSlot !== undefined) writeLocal(state, hasNextSlot, index + 1 < length);
    },
    close: (state, scope) => closeScope(state, scope, slots),
  };
}

interface Slots {
  readonly scopeSlot: number | undefined;
  readonly countSlot: number | undefined;
  readonly hasNextSlot: number | undefined;
}

function openScope(state: RenderState, slots: Slots): OpenScope {
  const read = (slot: number | undefined) =>
    slot === undefined ? undefined : readVariable(state, slot);
  const count = read(slots.countSlot);
  const hasNext = read(slots.hasNextSlot);
  if (slots.scopeSlot === undefined) return { loop: null, count, hasNext };
  const loop = new LoopScope(read(slots.scopeSlot));
  writeVariable(state, slots.scopeSlot, loop);
  return { loop, count, hasNext };
}

/** A `$foreach` that the template has overwritten stays as it is, as in Velocity. */
function closeScope(state: RenderState, scope: OpenScope, slots: Slots): void {
  if (slots.countSlot !== undefined) restoreVariable(state, slots.countSlot, scope.count);
  if (slots.hasNextSlot !== undefined) restoreVariable(state, slots.hasNextSlot, scope.hasNext);
  if (slots.scopeSlot === undefined || scope.loop === null) return;
  if (readVariable(state, slots.scopeSlot) !== scope.loop) return;
  restoreVariable(state, slots.scopeSlot, scope.loop.replaced);
}
