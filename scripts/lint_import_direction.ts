/**
 * A Deno lint plugin: imports point one way, from the command line down to the ground (see
 * docs/architecture.md). A file may import from its own folder and from the folders below it.
 */

/** Folders and files of src from the ground up; those on one line never import one another. */
const layers: readonly (readonly string[])[] = [
  ["error"],
  ["clock", "runtime", "version"],
  ["dataset"],
  ["postgres"],
  ["config"],
  ["observe"],
  ["hub"],
  ["connector"],
  ["import", "segment", "event", "message", "export"],
  ["trigger"],
  ["embedded"],
  ["schedule"],
  ["alert"],
  ["check"],
  ["http"],
  ["sample"],
  ["open_hub"],
  ["generation"],
  ["retired_generations"],
  ["reload"],
  ["drain"],
  ["edge", "daemon"],
  ["cli"],
  ["main"],
];

/** The parts that a trigger is made of; the other parts of that layer are not for it. */
const triggerParts = new Set(["segment", "event"]);

const rank = new Map(layers.flatMap((names, index) => names.map((name) => [name, index] as const)));

/** `…/src/export/plan.ts` → `export`; `…/src/main.ts` → `main`; undefined outside src. */
function partOf(path: string): string | undefined {
  const match = /(?:^|\/)src\/([^/]+)/.exec(path);
  return match?.[1]?.replace(/\.ts$/, "");
}

/** Says what is wrong with an import of `to` in `from`, or undefined. Both are paths below src. */
export function findDirectionFault(from: string, to: string): string | undefined {
  const [source, target] = [partOf(from), partOf(to)];
  if (source === undefined || target === undefined || source === target) return undefined;
  const [sourceRank, targetRank] = [rank.get(source), rank.get(target)];
  if (sourceRank === undefined || targetRank === undefined) {
    return `src/${sourceRank === undefined ? source : target} has no place among the layers`;
  }
  const isForeignPart = source === "trigger" && targetRank === rank.get("export") &&
    !triggerParts.has(target);
  if (targetRank < sourceRank && !isForeignPart) return undefined;
  return `${source} may not import ${target}: imports point from the command line to the ground`;
}

/** Where a relative specifier leads, as a path with `/`; undefined for packages and builtins. */
export function resolveSpecifier(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, `file://${from.replaceAll("\\", "/")}`).pathname;
}

interface ImportNode {
  readonly source: { readonly value: unknown } | null;
}

interface LintContext {
  readonly filename: string;
  report(problem: { node: unknown; message: string; hint: string }): void;
}

function checkImport(context: LintContext, node: ImportNode): void {
  const specifier = node.source?.value;
  if (typeof specifier !== "string") return;
  const target = resolveSpecifier(context.filename, specifier);
  const fault = target === undefined ? undefined : findDirectionFault(context.filename, target);
  if (fault !== undefined) {
    context.report({ node, message: fault, hint: "See docs/architecture.md." });
  }
  const isInVelocity = context.filename.includes("/src/message/velocity/");
  if (isInVelocity && target !== undefined && !target.includes("/src/message/velocity/")) {
    context.report({
      node,
      message: "the template engine imports nothing from the rest of the project",
      hint: "Hand the value in.",
    });
  }
}

export default {
  name: "perigee",
  rules: {
    "import-direction": {
      create(context: LintContext) {
        const check = (node: ImportNode) => checkImport(context, node);
        return {
          ImportDeclaration: check,
          ImportExpression: check,
          ExportNamedDeclaration: check,
          ExportAllDeclaration: check,
        };
      },
    },
  },
};
