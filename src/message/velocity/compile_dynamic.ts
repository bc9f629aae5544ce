import type { Expression, Node } from "./ast.ts";
import { compileValue } from "./compile_expression.ts";
import { compileUnit } from "./compile_unit.ts";
import { ownValue } from "./collection.ts";
import { print } from "./print.ts";
import type { RenderState } from "./state.ts";
import { SymbolTable } from "./unit.ts";
import type { Run, Unit } from "./unit.ts";

/** Texts inside texts beyond this are refused: a template that evaluates or includes itself. */
const maxDepth = 20;

/** Compiles #evaluate: the value's text is a template over the same variables. */
export function compileEvaluate(unit: Unit, node: Extract<Node, { kind: "evaluate" }>): Run {
  const value = compileValue(unit, node.text);
  return (state) => {
    state.at = node.at;
    const found = value(state);
    if (found === null || found === undefined || state.halt !== null) return;
    const text = print(state, found);
    const run = compileNow(state, `${unit.name}#evaluate`, text);
    enter(state, run.unit, run.run);
    endHere(state);
  };
}

/** #break inside an evaluated text ends that text; #stop too, or everything, as the dialect has it. */
function endHere(state: RenderState): void {
  const scope = state.halt?.scope;
  if (scope === null || (scope === "all" && !state.dialect.stopEndsAll)) state.halt = null;
}

/** Compiles #parse: a name that stands as text is compiled with the template, others when met. */
export function compileParse(unit: Unit, node: Extract<Node, { kind: "parse" }>): Run {
  const value = compileValue(unit, node.name);
  if (node.name.kind === "text") includeNow(unit, node.name.value);
  return (state) => {
    state.at = node.at;
    const name = nameOf(state, value(state), "#parse");
    const known = unit.included.get(name);
    const { unit: target, run } = known ?? compileNow(state, name, sourceOf(state, name));
    enter(state, target, run);
    if (state.halt !== null && state.halt.scope === null) state.halt = null;
  };
}

/** Compiles #include: the named texts as they are. */
export function compileInclude(unit: Unit, node: Extract<Node, { kind: "include" }>): Run {
  const values = node.names.map((name: Expression) => compileValue(unit, name));
  return (state) => {
    state.at = node.at;
    for (const value of values) {
      const text = sourceOf(state, nameOf(state, value(state), "#include"));
      state.claimChars(state.out.length + text.length);
      state.out += text;
    }
  };
}

/** Compiles an included template once; one that includes itself finds its own entry. */
function includeNow(unit: Unit, name: string): void {
  if (unit.included.has(name)) return;
  const source = unit.includes(name);
  if (source === undefined) return;
  const holder: { unit: Unit; run: Run } = { unit, run: () => {} };
  unit.included.set(name, holder);
  const compiled = compileUnit({ ...unit, name, source });
  holder.unit = compiled.unit;
  holder.run = compiled.run;
}

function nameOf(state: RenderState, value: unknown, directive: string): string {
  if (typeof value === "string") return value;
  return state.fail("VTL203", `${directive} was given something that is no name`, "Give it text.");
}

function sourceOf(state: RenderState, name: string): string {
  const source = state.unit.includes(name);
  if (source !== undefined) return source;
  return state.fail(
    "VTL203",
    `there is no template '${name}'`,
    "Name one of the configured templates.",
  );
}

/** Compiles text while rendering. Its names and macros belong to this render alone. */
function compileNow(state: RenderState, name: string, source: string): { unit: Unit; run: Run } {
  state.charge(source.length >> 2);
  state.symbols ??= new SymbolTable(state.unit.symbols.names);
  const macros = state.macros ??= new Map(state.unit.macros);
  const unit = { ...state.unit, name, source, symbols: state.symbols, macros };
  const compiled = compileUnit(unit);
  const { names } = state.symbols;
  for (let slot = state.vars.length; slot < names.length; slot++) {
    state.vars[slot] = ownValue(state.context, names[slot]!);
  }
  return compiled;
}

function enter(state: RenderState, unit: Unit, run: Run): void {
  const { unit: before, at } = state;
  if (state.evaluateDepth >= maxDepth) {
    state.fail("VTL304", `#evaluate and #parse are nested more than ${maxDepth} deep`);
  }
  state.charge(1);
  state.evaluateDepth++;
  state.unit = unit;
  run(state);
  state.unit = before;
  state.at = at;
  state.evaluateDepth--;
}
