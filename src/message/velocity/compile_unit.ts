import type { Tree } from "./ast.ts";
import { compileMacro } from "./compile_call.ts";
import { compileNodes } from "./compile_nodes.ts";
import { parseInner } from "./parse_template.ts";
import type { Run, Unit } from "./unit.ts";

/**
 * Parses and compiles a unit's source. Its macros and names are added to the unit's own tables.
 * Throws VelocityError where the source does not parse.
 */
export function compileUnit(
  unit: Unit,
  tree: Tree = parseInner(unit),
): { unit: Unit; run: Run } {
  for (const name of tree.names) unit.symbols.slot(name);
  for (const macro of tree.macros.values()) {
    unit.macros.set(macro.name, compileMacro(unit, macro));
  }
  return { unit, run: compileNodes(unit, tree.nodes) };
}
