import type { Node } from "./ast.ts";

/**
 * Takes the indentation that a block adds away from what is inside it: of lines that begin with
 * `prefix` and `added`, `added` goes. `prefix` is what stands before the block's directive.
 */
export function unindent(nodes: readonly Node[], prefix: string, added: string): Node[] {
  let isAtLineStart = true;
  return nodes.map((node) => {
    if (node.kind === "plain") {
      const text = cut(node.text, prefix, added, isAtLineStart);
      isAtLineStart = node.text.endsWith("\n");
      return { ...node, text };
    }
    isAtLineStart = node.kind !== "reference";
    return unindentBlock(node, prefix, added);
  });
}

/** The same for the blocks of one statement. */
export function unindentBlock(node: Node, prefix: string, added: string): Node {
  const inside = (nodes: readonly Node[]) => unindent(nodes, prefix, added);
  switch (node.kind) {
    case "if":
      return {
        ...node,
        branches: node.branches.map((branch) => ({ ...branch, body: inside(branch.body) })),
        otherwise: node.otherwise && inside(node.otherwise),
      };
    case "foreach":
      return {
        ...node,
        body: inside(node.body),
        otherwise: node.otherwise && inside(node.otherwise),
      };
    case "define":
      return { ...node, body: inside(node.body) };
    case "call":
      return { ...node, body: node.body && inside(node.body) };
  }
  return node;
}

function cut(text: string, prefix: string, added: string, isAtLineStart: boolean): string {
  const wanted = prefix + added;
  return text.split("\n").map((line, index) =>
    (index > 0 || isAtLineStart) && line.startsWith(wanted)
      ? prefix + line.slice(wanted.length)
      : line
  ).join("\n");
}
