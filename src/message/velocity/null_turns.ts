import type { MacroFrame } from "./frame.ts";
import type { RenderState } from "./state.ts";

/** For each loop variable that is null in the turn at hand, the frame that its loop runs in. */
export type HiddenVariables = Map<number, MacroFrame | null>;

/**
 * The turns of one loop in which the item is null. In dialect 1.7 the variable then stays null
 * whatever `#set` gives it, until a loop inside that has the same variable ends.
 */
export class NullTurns {
  private readonly slot: number;
  private isOver = false;

  constructor(slot: number) {
    this.slot = slot;
  }

  /** Runs the block with the variable hidden. */
  run(state: RenderState, body: (state: RenderState) => void): void {
    if (this.isOver) return body(state);
    const hidden = state.hidden ??= new Map();
    const outer = hidden.get(this.slot);
    hidden.set(this.slot, state.frame);
    body(state);
    this.isOver = !hidden.has(this.slot);
    if (this.isOver) return;
    if (outer !== undefined) hidden.set(this.slot, outer);
    else hidden.delete(this.slot);
    if (hidden.size === 0) state.hidden = null;
  }
}
