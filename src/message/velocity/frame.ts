import type { RenderState } from "./state.ts";
import type { Value } from "./unit.ts";

/** An argument handed over by name: evaluated in the caller's frame at each use. */
interface NamedArgument {
  readonly value: Value;
  readonly source: string;
}

/**
 * The variables of one macro call in dialect 1.7. A `#set` inside writes here and in every frame
 * outside; a read looks here first, then at the arguments, then outside.
 */
export class MacroFrame {
  readonly parent: MacroFrame | null;
  readonly locals = new Map<number, unknown>();
  readonly args = new Map<number, NamedArgument>();
  /** What a null argument prints: its text in the call. Kept when the argument is removed. */
  readonly sources = new Map<number, string>();

  constructor(parent: MacroFrame | null) {
    this.parent = parent;
  }
}

/** Reads a variable. */
export function readVariable(state: RenderState, slot: number): unknown {
  for (let frame = state.frame; frame !== null; frame = frame.parent) {
    const local = frame.locals.get(slot);
    if (local !== undefined && local !== null) return local;
    const argument = frame.args.get(slot);
    if (argument !== undefined) return inFrame(state, frame.parent, argument.value);
  }
  return state.vars[slot];
}

function inFrame(state: RenderState, frame: MacroFrame | null, value: Value): unknown {
  const { frame: before, at } = state;
  state.charge(1);
  state.frame = frame;
  const result = value(state);
  state.frame = before;
  state.at = at;
  return result;
}

/** Writes a variable, inside macros of dialect 1.7 in all frames up to one that hides it. */
export function writeVariable(state: RenderState, slot: number, value: unknown): void {
  const hiding = state.hidden?.get(slot);
  for (let frame = state.frame; frame !== null; frame = frame.parent) {
    if (frame === hiding) return;
    frame.locals.set(slot, value);
  }
  if (hiding === undefined) state.vars[slot] = value;
}

/** Writes a variable in the frame at hand only. */
export function writeLocal(state: RenderState, slot: number, value: unknown): void {
  if (state.frame === null) state.vars[slot] = value;
  else state.frame.locals.set(slot, value);
}

/** Puts a variable back to what it was, or removes it everywhere where it was nothing. */
export function restoreVariable(state: RenderState, slot: number, before: unknown): void {
  if (before !== undefined && before !== null) {
    writeVariable(state, slot, before);
    return;
  }
  state.hidden?.delete(slot);
  for (let frame = state.frame; frame !== null; frame = frame.parent) {
    frame.locals.delete(slot);
    frame.args.delete(slot);
  }
  state.vars[slot] = undefined;
}

/** What a null `$name` prints instead of itself: the argument's text, where it is an argument. */
export function argumentSource(state: RenderState, slot: number): string | undefined {
  for (let frame = state.frame; frame !== null; frame = frame.parent) {
    const source = frame.sources.get(slot);
    if (source !== undefined) return source;
  }
  return undefined;
}
