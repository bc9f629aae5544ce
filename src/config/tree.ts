import type { Place } from "./place.ts";

/** A value that YAML can type: text unless it is written plainly and reads as something else. */
export type ScalarValue = string | number | boolean | null;

/** One scalar. `text` is what was written (after interpolation), `value` what YAML makes of it. */
export interface ScalarNode {
  readonly kind: "scalar";
  readonly place: Place;
  readonly text: string;
  readonly value: ScalarValue;
  readonly isQuoted: boolean;
  /** Came from the environment or a file, wholly or in part: never shown. */
  readonly isInterpolated: boolean;
  /** Something about it was reported already: no more is to be said of it. */
  readonly isBroken: boolean;
}

/** A mapping in the order of the file. */
export interface MapNode {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: Map<string, { readonly keyPlace: Place; readonly node: TreeNode }>;
}

/** A sequence. */
export interface ListNode {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly TreeNode[];
}

/** The parsed configuration with the place of everything in it. May share nodes (YAML aliases). */
export type TreeNode = ScalarNode | MapNode | ListNode;

/** Names and indexes from the root to a node. */
export type TreePath = readonly (string | number)[];

/** Is there nothing here: an empty or null scalar, or one that was interpolated to nothing? */
export function isAbsent(node: TreeNode | undefined): boolean {
  if (node === undefined) return true;
  return node.kind === "scalar" && !node.isBroken &&
    (node.value === null || node.isInterpolated && node.text === "");
}

/** The node at a path; undefined when the path leads nowhere. */
export function findNode(root: TreeNode | undefined, path: TreePath): TreeNode | undefined {
  let node = root;
  for (const step of path) {
    if (node?.kind === "map") node = node.entries.get(String(step))?.node;
    else if (node?.kind === "list") node = node.items[Number(step)];
    else return undefined;
  }
  return node;
}

/** The place of the key that ends the path, else of the nearest thing above it that exists. */
export function keyPlaceAt(root: TreeNode, path: TreePath): Place {
  for (let length = path.length; length > 0; length--) {
    const parent = findNode(root, path.slice(0, length - 1));
    const step = path[length - 1];
    if (parent?.kind === "map") {
      const entry = parent.entries.get(String(step));
      if (entry !== undefined) return entry.keyPlace;
    }
    if (parent?.kind === "list") {
      const item = parent.items[Number(step)];
      if (item !== undefined) return item.place;
    }
  }
  return root.place;
}

/** The place of the value at the path, else of the nearest thing above it that exists. */
export function placeAt(root: TreeNode, path: TreePath): Place {
  return findNode(root, path)?.place ?? keyPlaceAt(root, path);
}

/** The node as plain data; mappings become objects without a prototype, so no key is special. */
export function plainOf(node: TreeNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainOf);
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of node.entries) object[key] = plainOf(entry.node);
  return object;
}
