import { formatPlace, type Place } from "./place.ts";
import type { Finding } from "./problem.ts";
import type { ListNode, MapNode, TreeNode } from "./tree.ts";
import { shownName } from "./shown_name.ts";

interface Entry {
  readonly keyPlace: Place;
  readonly node: TreeNode;
}

function twice(path: string, entry: Entry, first: Entry): Finding {
  return {
    code: "PG106",
    place: entry.keyPlace,
    message: `\`${shownName(path)}\` is defined twice; first at ${formatPlace(first.keyPlace)}.`,
    related: first.keyPlace,
  };
}

/** Sections hold names and lists grow; anything deeper belongs to one file alone. */
function mergeSection(name: string, first: Entry, next: Entry, findings: Finding[]): Entry {
  if (first.node.kind === "list" && next.node.kind === "list") {
    const items = [...first.node.items, ...next.node.items];
    const node: ListNode = { kind: "list", place: first.node.place, items };
    return { keyPlace: first.keyPlace, node };
  }
  if (first.node.kind !== "map" || next.node.kind !== "map") {
    findings.push(twice(name, next, first));
    return first;
  }
  const entries = new Map(first.node.entries);
  for (const [key, entry] of next.node.entries) {
    const before = entries.get(key);
    if (before === undefined) entries.set(key, entry);
    else findings.push(twice(`${name}.${key}`, entry, before));
  }
  const node: MapNode = { kind: "map", place: first.node.place, entries };
  return { keyPlace: first.keyPlace, node };
}

/** An empty section (`connectors:` with nothing under it) takes part in no conflict. */
function isEmpty(entry: Entry): boolean {
  return entry.node.kind === "scalar" && entry.node.value === null;
}

/**
 * Puts the files' top-level mappings together, in the order given: sections are merged by name,
 * lists one after the other. What two files define is reported with both places.
 */
export function mergeTrees(roots: readonly MapNode[], place: Place): {
  root: MapNode;
  findings: Finding[];
} {
  const findings: Finding[] = [];
  const entries = new Map<string, Entry>();
  for (const root of roots) {
    for (const [name, entry] of root.entries) {
      const first = entries.get(name);
      if (first === undefined || isEmpty(first)) entries.set(name, entry);
      else if (!isEmpty(entry)) entries.set(name, mergeSection(name, first, entry, findings));
    }
  }
  return { root: { kind: "map", place, entries }, findings };
}
