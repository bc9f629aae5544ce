import type { Expression, MacroCall, MacroDefinition } from "./ast.ts";
import { compileValue } from "./compile_expression.ts";
import { compileNodes } from "./compile_nodes.ts";
import { MacroFrame } from "./frame.ts";
import { DefinedBlock } from "./loop_scope.ts";
import type { RenderState } from "./state.ts";
import type { CompiledMacro, Run, Unit, Value } from "./unit.ts";

/** Makes a macro ready; calls find it when they run, so it may stand after them. */
export function compileMacro(unit: Unit, macro: MacroDefinition): CompiledMacro {
  const parameters = macro.parameters.map(({ name, fallback }) => ({
    slot: unit.symbols.slot(name),
    fallback: fallback && compileValue(unit, fallback),
  }));
  return { unit, name: macro.name, parameters, run: compileNodes(unit, macro.body) };
}

/** One argument of a call, in the forms that both dialects need. */
interface Argument {
  readonly value: Value;
  readonly source: string;
  /** Numbers and booleans are handed over by value even in 1.7. */
  readonly isConstant: boolean;
}

/** Compiles `#name(…)`; where no macro has the name it prints itself. */
export function compileCall(unit: Unit, node: MacroCall): Run {
  const args = node.args.map((arg): Argument => ({
    value: compileValue(unit, arg),
    source: "source" in arg ? (arg as Extract<Expression, { source: string }>).source : "",
    isConstant: arg.kind === "number" || arg.kind === "boolean",
  }));
  const body = node.body && compileNodes(unit, node.body);
  const bodySlot = unit.symbols.slot("bodyContent");
  const literal = compileLiteral(unit, node);
  return (state) => {
    const macro = state.macros?.get(node.name) ?? unit.macros.get(node.name);
    if (macro === undefined) return literal(state);
    state.at = node.at;
    if (node.badArgument !== undefined) {
      const hint = `Write $${node.badArgument} or "${node.badArgument}".`;
      state.fail("VTL203", `#${node.name} was given the bare word '${node.badArgument}'`, hint);
    }
    const block = body && new DefinedBlock("bodyContent", body);
    enter(state, macro, () => {
      if (state.dialect.macroByValue) callByValue(state, macro, args, block, bodySlot);
      else callByName(state, macro, args, block, bodySlot);
    });
  };
}

/** An unknown macro prints its source; a block of one is text around what the block renders. */
function compileLiteral(unit: Unit, node: MacroCall): Run {
  const parts = [{ kind: "plain", text: node.prefix + node.source } as const];
  return compileNodes(unit, parts);
}

/** Counts the call, and swaps in the text that the macro's offsets belong to. */
function enter(state: RenderState, macro: CompiledMacro, call: () => void): void {
  const { unit, at } = state;
  if (state.macroDepth >= state.limits.macroDepth) {
    const hint = "End the recursion with #if, or raise the limit.";
    state.fail("VTL304", `macro calls are nested more than ${state.limits.macroDepth} deep`, hint);
  }
  state.charge(1);
  state.macroDepth++;
  state.unit = macro.unit;
  call();
  state.unit = unit;
  state.at = at;
  state.macroDepth--;
  if (state.halt !== null && state.halt.scope === null) state.halt = null;
}

function callByName(
  state: RenderState,
  macro: CompiledMacro,
  args: readonly Argument[],
  block: DefinedBlock | undefined,
  bodySlot: number,
): void {
  const outer = state.frame;
  const frame = new MacroFrame(outer);
  for (let i = 0; i < Math.min(macro.parameters.length, args.length); i++) {
    const { slot } = macro.parameters[i]!;
    const { value, source, isConstant } = args[i]!;
    if (isConstant) {
      frame.locals.set(slot, value(state));
    } else {
      frame.args.set(slot, { value, source });
      frame.sources.set(slot, source);
    }
  }
  if (block !== undefined) frame.locals.set(bodySlot, block);
  state.frame = frame;
  macro.run(state);
  state.frame = outer;
}

/**
 * Arguments are variables of the whole template for the time of the call, unless it sets them. One that
 * is not given has its default value, else null.
 */
function callByValue(
  state: RenderState,
  macro: CompiledMacro,
  args: readonly Argument[],
  block: DefinedBlock | undefined,
  bodySlot: number,
): void {
  const restore: { slot: number; before: unknown; given: unknown }[] = [];
  const assign = (slot: number, given: unknown) => {
    restore.push({ slot, before: state.vars[slot], given });
    state.vars[slot] = given;
  };
  if (block !== undefined) assign(bodySlot, block);
  for (let i = 0; i < macro.parameters.length; i++) {
    const { slot, fallback } = macro.parameters[i]!;
    const value = args[i]?.value ?? fallback;
    assign(slot, value === undefined ? null : value(state));
  }
  macro.run(state);
  for (const { slot, before, given } of restore) {
    if (state.vars[slot] === given) state.vars[slot] = before;
  }
}
