import { isAlias, isMap, isScalar, isSeq, type Pair, Scalar, type YAMLMap } from "yaml";
import { expandScalar } from "./expand_scalar.ts";
import type { Finding, ProblemCode } from "./problem.ts";
import { formatPlace, type Place, type SourceFile } from "./place.ts";
import { typeScalar } from "./scalar.ts";
import { looksSecret } from "./secret_name.ts";
import type { MapNode, TreeNode, TreePath } from "./tree.ts";

/** What building a tree needs besides the parsed file. */
export interface TreeContext {
  readonly file: SourceFile;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of each file that an interpolation reads. */
  readonly onFile: (path: string) => void;
  /** Texts in which `${` belongs to the template language. */
  readonly isTemplate: (path: TreePath) => boolean;
}

/** Deepest nesting: a segment's tree is the deepest thing, and people stop well below this. */
const deepestNesting = 64;
/** Most values of one file with its aliases unfolded: 50 times a very large configuration. */
const mostValues = 200_000;

const plainTags = new Set([
  "tag:yaml.org,2002:str",
  "tag:yaml.org,2002:map",
  "tag:yaml.org,2002:seq",
]);

/** Thrown within this file only, when going on would cost too much. */
class Exhausted extends Error {}

class TreeBuilder {
  readonly context: TreeContext;
  readonly findings: Finding[] = [];
  readonly anchors = new Map<string, { node: TreeNode; weight: number }>();
  readonly openAnchors = new Set<string>();
  values = 0;

  constructor(context: TreeContext) {
    this.context = context;
  }

  place(range: readonly number[] | null | undefined): Place {
    const start = range?.[0] ?? 0;
    return { file: this.context.file, start, end: range?.[1] ?? start };
  }

  report(code: ProblemCode, place: Place, message: string, related?: Place): void {
    this.findings.push({ code, place, message, related });
  }

  empty(place: Place, isBroken: boolean): TreeNode {
    const nothing = { text: "", value: null, isQuoted: false, isInterpolated: false };
    return { kind: "scalar", place, ...nothing, isBroken };
  }

  count(weight: number, place: Place): void {
    this.values += weight;
    if (this.values <= mostValues) return;
    this.report("PG103", place, `The file unfolds to more than ${mostValues} values.`);
    throw new Exhausted();
  }

  build(node: unknown, path: TreePath, isSecret: boolean, at: Place): TreeNode {
    if (isAlias(node)) return this.alias(node.source, this.place(node.range));
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return this.empty(at, false);
    const place = this.place(node.range);
    if (path.length > deepestNesting) {
      this.report("PG103", place, `The file is nested deeper than ${deepestNesting} levels.`);
      throw new Exhausted();
    }
    if (node.tag !== undefined && !plainTags.has(node.tag)) {
      this.report("PG104", place, "Tags are not supported. Write the value without its `!`.");
      return this.empty(place, true);
    }
    const before = this.values;
    this.count(1, place);
    if (node.anchor !== undefined) this.openAnchors.add(node.anchor);
    const built = isScalar(node)
      ? this.scalar(node, path, isSecret, place)
      : isMap(node)
      ? this.map(node, path, isSecret, place)
      : {
        kind: "list" as const,
        place,
        items: node.items.map((item, index) => this.build(item, [...path, index], isSecret, place)),
      };
    if (node.anchor !== undefined) {
      this.openAnchors.delete(node.anchor);
      this.anchors.set(node.anchor, { node: built, weight: this.values - before });
    }
    return built;
  }

  alias(name: string, place: Place): TreeNode {
    const anchor = this.anchors.get(name);
    if (this.openAnchors.has(name) || anchor === undefined) {
      this.report("PG103", place, "The alias leads back to what it stands in, or to no anchor.");
      return this.empty(place, true);
    }
    this.count(anchor.weight, place);
    return anchor.node;
  }

  scalar(node: Scalar, path: TreePath, isSecret: boolean, place: Place): TreeNode {
    const written = typeof node.value === "string" ? node.value : "";
    if (isSecret || written.startsWith("-----BEGIN")) this.context.file.masked.push(place);
    const isQuoted = node.type !== Scalar.PLAIN || node.tag !== undefined;
    const isLiteral = !written.includes("${") || this.context.isTemplate(path);
    if (isLiteral) {
      const value = isQuoted ? written : typeScalar(written);
      const rest = { text: written, value, isQuoted, isInterpolated: false, isBroken: false };
      return { kind: "scalar", place, ...rest };
    }
    const expanded = expandScalar(written, place, this.context);
    if ("finding" in expanded) {
      this.findings.push(expanded.finding);
      return this.empty(place, true);
    }
    const { text, isInterpolated } = expanded;
    const value = isQuoted ? text : typeScalar(text);
    return { kind: "scalar", place, text, value, isQuoted, isInterpolated, isBroken: false };
  }

  map(node: YAMLMap, path: TreePath, isSecret: boolean, place: Place): TreeNode {
    const built: MapNode = { kind: "map", place, entries: new Map() };
    const merged: { node: TreeNode; place: Place }[] = [];
    for (const pair of node.items as Pair<unknown, unknown>[]) {
      const { key } = pair;
      if (!isScalar(key) || typeof key.value !== "string") {
        const range = (key as { range?: number[] } | null)?.range;
        this.report("PG104", this.place(range ?? node.range), "A key must be a plain text.");
        continue;
      }
      const keyPlace = this.place(key.range);
      this.count(1, keyPlace);
      const at = { ...keyPlace, start: keyPlace.end };
      if (key.value === "<<" && key.type === Scalar.PLAIN) {
        merged.push({ node: this.build(pair.value, path, isSecret, at), place: keyPlace });
        continue;
      }
      const first = built.entries.get(key.value);
      if (first !== undefined) {
        const where = formatPlace(first.keyPlace);
        this.report("PG105", keyPlace, `This key is written before, at ${where}.`, first.keyPlace);
        continue;
      }
      const hides = isSecret || looksSecret(key.value) || key.value === "headers";
      const value = this.build(pair.value, [...path, key.value], hides, at);
      built.entries.set(key.value, { keyPlace, node: value });
    }
    for (const each of merged) this.merge(built, each.node, each.place);
    return built;
  }

  /** `<<`: what the mapping has itself wins, then what was merged first. */
  merge(into: MapNode, from: TreeNode, place: Place): void {
    const maps = from.kind === "list" ? from.items : [from];
    for (const map of maps) {
      if (map.kind !== "map") {
        this.report("PG104", place, "`<<` merges mappings only.");
        continue;
      }
      for (const [key, entry] of map.entries) {
        if (!into.entries.has(key)) into.entries.set(key, entry);
      }
    }
  }
}

/** A file's tree; without a root when reading it on would have cost too much. */
export interface BuiltTree {
  readonly root: TreeNode | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Turns the parser's nodes into our tree: aliases and merge keys resolved within a budget,
 * duplicate keys refused, values interpolated and typed, literal secrets marked as masked.
 */
export function buildTree(contents: unknown, context: TreeContext): BuiltTree {
  const builder = new TreeBuilder(context);
  const start = { file: context.file, start: 0, end: 0 };
  try {
    const root = builder.build(contents, [], false, start);
    return { root, findings: builder.findings };
  } catch (error) {
    if (!(error instanceof Exhausted)) throw error;
    return { root: undefined, findings: builder.findings };
  }
}
