import type { Node } from "./ast.ts";
import { compileCall } from "./compile_call.ts";
import { compileEvaluate, compileInclude, compileParse } from "./compile_dynamic.ts";
import { compileTest, compileValue } from "./compile_expression.ts";
import { compileForeach } from "./compile_foreach.ts";
import { compileNodes } from "./compile_nodes.ts";
import { compileSet } from "./compile_set.ts";
import { writeVariable } from "./frame.ts";
import { DefinedBlock, LoopScope } from "./loop_scope.ts";
import { itemsOf, ownValue } from "./collection.ts";
import type { Run, Unit } from "./unit.ts";

/** Compiles one directive. */
export function compileDirective(unit: Unit, node: Node): Run {
  switch (node.kind) {
    case "set":
      return compileSet(unit, node);
    case "if":
      return compileIf(unit, node);
    case "foreach":
      return compileForeach(unit, node);
    case "call":
      return compileCall(unit, node);
    case "define":
      return compileDefine(unit, node);
    case "evaluate":
      return compileEvaluate(unit, node);
    case "parse":
      return compileParse(unit, node);
    case "include":
      return compileInclude(unit, node);
    case "break":
      return compileBreak(unit, node);
    case "stop":
      return (state) => void (state.halt = { scope: "all" });
    case "require":
      return compileRequire(node);
    default:
      return compileNodes(unit, [node]);
  }
}

function compileIf(unit: Unit, node: Extract<Node, { kind: "if" }>): Run {
  const tests = node.branches.map(({ condition }) => compileTest(unit, condition));
  const bodies = node.branches.map(({ body }) => compileNodes(unit, body));
  const places = node.branches.map(({ condition }) => condition.at);
  const otherwise = node.otherwise && compileNodes(unit, node.otherwise);
  return (state) => {
    for (let i = 0; i < tests.length; i++) {
      state.at = places[i]!;
      const isMet = tests[i]!(state);
      if (state.halt !== null) return;
      if (isMet) return bodies[i]!(state);
    }
    otherwise?.(state);
  };
}

function compileDefine(unit: Unit, node: Extract<Node, { kind: "define" }>): Run {
  const slot = unit.symbols.slot(node.name);
  const body = compileNodes(unit, node.body);
  return (state) => writeVariable(state, slot, new DefinedBlock(node.name, body));
}

function compileBreak(unit: Unit, node: Extract<Node, { kind: "break" }>): Run {
  if (node.scope === undefined) return (state) => void (state.halt = { scope: null });
  const value = compileValue(unit, node.scope);
  return (state) => {
    const scope = value(state);
    if (!(scope instanceof LoopScope)) {
      const hint = "Give it $foreach.";
      return state.fail("VTL203", "#break was given something that is no loop", hint, node.at);
    }
    state.halt = { scope };
  };
}

/** Looks at the context's `data` itself, so that no #set in the template can satisfy it. */
function compileRequire({ source, at }: Extract<Node, { kind: "require" }>): Run {
  return (state) => {
    const data = ownValue(state.context, "data");
    const rows = typeof data === "object" && data !== null
      ? ownValue(data as Record<string, unknown>, source)
      : undefined;
    if ((itemsOf(state, rows)?.length ?? 0) > 0) return;
    const hint = "The message is not sent.";
    state.fail("VTL401", `the required source '${source}' has no rows`, hint, at);
  };
}
