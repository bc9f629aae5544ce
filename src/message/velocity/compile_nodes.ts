import type { Node } from "./ast.ts";
import { compileReferenceText } from "./compile_reference.ts";
import type { PrintText } from "./compile_reference.ts";
import { compileDirective } from "./compile_directive.ts";
import type { RenderState } from "./state.ts";
import type { Run, Unit } from "./unit.ts";

/**
 * Compiles statements. Runs of text and references become one loop over two arrays, which is where
 * most of a message's time goes; everything else is a call each.
 */
export function compileNodes(unit: Unit, nodes: readonly Node[]): Run {
  const runs: Run[] = [];
  for (let i = 0; i < nodes.length;) {
    const end = segmentEnd(unit, nodes, i);
    if (end > i) {
      runs.push(compileSegment(unit, nodes.slice(i, end)));
      i = end;
    } else {
      runs.push(compileDirective(unit, nodes[i++]!));
    }
  }
  return sequence(runs, nodes.length);
}

function segmentEnd(unit: Unit, nodes: readonly Node[], start: number): number {
  let end = start;
  for (; end < nodes.length; end++) {
    const node = nodes[end]!;
    if (node.kind !== "reference" && plainText(unit, node) === undefined) break;
  }
  return end;
}

/**
 * What a node prints whatever the data: text, and a `#word` that is no macro and cannot become one,
 * such as each colour in a style sheet.
 */
function plainText(unit: Unit, node: Node): string | undefined {
  if (node.kind === "plain") return node.text;
  if (node.kind !== "call" || unit.macroNames === undefined) return undefined;
  return unit.macroNames.has(node.name) ? undefined : node.prefix + node.source;
}

function sequence(runs: readonly Run[], cost: number): Run {
  if (runs.length === 0) return () => {};
  if (runs.length === 1) {
    const [only] = runs;
    return (state) => {
      state.charge(cost);
      only!(state);
    };
  }
  return (state) => {
    state.charge(cost);
    for (let i = 0; i < runs.length; i++) {
      runs[i]!(state);
      if (state.halt !== null) return;
    }
  };
}

/** `texts[0] references[0] texts[1] … texts[n]`, gathered in a local and added to the output once. */
function compileSegment(unit: Unit, nodes: readonly Node[]): Run {
  const texts: string[] = [""];
  const references: PrintText[] = [];
  for (const node of nodes) {
    if (node.kind === "reference") {
      references.push(compileReferenceText(unit, node));
      texts.push("");
    } else {
      texts[texts.length - 1] += plainText(unit, node) ?? "";
    }
  }
  if (references.length === 0) return printText(texts[0]!);
  return (state) => {
    const before = state.out;
    const max = state.maxChars - before.length;
    let text = texts[0]!;
    for (let i = 0; i < references.length; i++) {
      text += references[i]!(state);
      if (text.length > max || state.halt !== null) {
        if (text.length > max) state.failChars();
        break;
      }
      text += texts[i + 1]!;
    }
    state.out = before + text;
    if (state.out.length > state.maxChars) state.failChars();
  };
}

function printText(text: string): Run {
  return (state: RenderState) => {
    state.out += text;
    if (state.out.length > state.maxChars) state.failChars();
  };
}
