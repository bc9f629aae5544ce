import type { Accessor, Expression, Node, Reference, Tree } from "./ast.ts";
import { positionFinder } from "./error.ts";
import type { Position } from "./error.ts";
import { isKnownMethod } from "./known_method.ts";

/** A name that a template mentions, at its first place. */
export interface Mention extends Position {
  readonly name: string;
}

/** A column that is read from a source's rows. */
export interface ColumnMention extends Mention {
  readonly source: string;
}

/** A method that is called on anything. */
export interface MethodMention extends Mention {
  /** Whether any type has a method of the name. */
  readonly isKnown: boolean;
}

/** What a template refers to. Each name once, at its first place, in the order of the text. */
export interface TemplateReferences {
  /** Root names that come from the context: not those that #set, #foreach or #macro make first. */
  readonly roots: readonly Mention[];
  /** Keys read from `$data`, as `$data.get('x')`, `$data.x` or `$data['x']`. */
  readonly sources: readonly Mention[];
  /** Columns read from the rows of a source, followed through #foreach and #set. */
  readonly columns: readonly ColumnMention[];
  readonly methods: readonly MethodMention[];
  /** Sources that must have rows. */
  readonly required: readonly Mention[];
}

/** What a variable or a part of a reference holds, as far as the template tells. */
type Shape =
  | { readonly kind: "data" }
  | { readonly kind: "rows"; readonly source: string }
  | { readonly kind: "row"; readonly source: string };

const elementMethods = new Set(["get", "next", "getOrDefault"]);

/** Walks the tree once, as text order goes; branches are all taken. */
export function findReferences(tree: Tree, source: string): TemplateReferences {
  const finder = new Finder(source);
  for (const macro of tree.macros.values()) {
    for (const { name } of macro.parameters) finder.made.add(name);
  }
  for (const macro of tree.macros.values()) finder.walk(macro.body);
  finder.walk(tree.nodes);
  return finder.result();
}

class Finder {
  readonly made = new Set(["foreach", "velocityCount", "velocityHasNext", "bodyContent"]);
  private readonly source: string;
  private readonly shapes = new Map<string, Shape>([["data", { kind: "data" }]]);
  private readonly found: Record<string, Map<string, Mention & { source?: string; at: number }>> = {
    roots: new Map(),
    sources: new Map(),
    columns: new Map(),
    methods: new Map(),
    required: new Map(),
  };

  constructor(source: string) {
    this.source = source;
  }

  result(): TemplateReferences {
    const place = positionFinder(this.source);
    const list = (kind: string) =>
      [...this.found[kind]!.values()].sort((a, b) => a.at - b.at).map(({ at, ...mention }) => ({
        ...mention,
        ...place(at),
      }));
    return {
      roots: list("roots"),
      sources: list("sources"),
      columns: list("columns") as unknown as ColumnMention[],
      methods: list("methods").map((mention) => ({
        ...mention,
        isKnown: isKnownMethod(mention.name),
      })),
      required: list("required"),
    };
  }

  private note(kind: string, name: string, at: number, source?: string): void {
    const key = source === undefined ? name : `${source}\n${name}`;
    const known = this.found[kind]!.get(key);
    if (known !== undefined && known.at <= at) return;
    const mention = { name, at, line: 0, column: 0 };
    this.found[kind]!.set(key, source === undefined ? mention : { ...mention, source });
  }

  walk(nodes: readonly Node[]): void {
    for (const node of nodes) this.visit(node);
  }

  private visit(node: Node): void {
    switch (node.kind) {
      case "reference":
        this.shapeOf(node);
        return;
      case "set":
        return this.visitSet(node);
      case "if":
        for (const { condition, body } of node.branches) {
          this.shapeOf(condition);
          this.walk(body);
        }
        return this.walk(node.otherwise ?? []);
      case "foreach": {
        const shape = this.shapeOf(node.items);
        this.assign(
          node.variable,
          shape?.kind === "rows" ? { kind: "row", source: shape.source } : undefined,
        );
        this.walk(node.body);
        return this.walk(node.otherwise ?? []);
      }
      case "call":
        for (const arg of node.args) this.shapeOf(arg);
        return this.walk(node.body ?? []);
      case "define":
        this.assign(node.name, undefined);
        return this.walk(node.body);
      case "evaluate":
        return void this.shapeOf(node.text);
      case "parse":
        return void this.shapeOf(node.name);
      case "include":
        for (const name of node.names) this.shapeOf(name);
        return;
      case "require":
        this.note("sources", node.source, node.at);
        return this.note("required", node.source, node.at);
    }
  }

  private visitSet({ target, value }: Extract<Node, { kind: "set" }>): void {
    const shape = this.shapeOf(value);
    if (target.path.length === 0) this.assign(target.root, shape);
    else this.shapeOf({ ...target, path: target.path.slice(0, -1) });
  }

  private assign(name: string, shape: Shape | undefined): void {
    this.made.add(name);
    if (shape === undefined) this.shapes.delete(name);
    else this.shapes.set(name, shape);
  }

  /** Notes everything inside an expression and answers what it holds. */
  private shapeOf(node: Expression): Shape | undefined {
    switch (node.kind) {
      case "reference":
        return this.shapeOfReference(node);
      case "template":
        this.walk(node.nodes);
        return undefined;
      case "list":
        for (const item of node.items) this.shapeOf(item);
        return undefined;
      case "map":
        for (const [key, value] of node.entries) {
          this.shapeOf(key);
          this.shapeOf(value);
        }
        return undefined;
      case "range":
        this.shapeOf(node.from);
        this.shapeOf(node.to);
        return undefined;
      case "group":
        return this.shapeOf(node.inner);
      case "not":
      case "negate":
        this.shapeOf(node.operand);
        return undefined;
      case "binary":
        this.shapeOf(node.left);
        this.shapeOf(node.right);
        return undefined;
    }
    return undefined;
  }

  private shapeOfReference(node: Reference): Shape | undefined {
    if (!this.made.has(node.root)) this.note("roots", node.root, node.at);
    let shape = this.shapes.get(node.root);
    for (const accessor of node.path) shape = this.step(shape, accessor);
    if (node.alternate !== undefined) this.shapeOf(node.alternate);
    return shape;
  }

  private step(shape: Shape | undefined, accessor: Accessor): Shape | undefined {
    if (accessor.kind === "method") {
      this.note("methods", accessor.name, accessor.at);
      for (const arg of accessor.args) this.shapeOf(arg);
    } else if (accessor.kind === "index") {
      this.shapeOf(accessor.key);
    }
    if (shape === undefined) return undefined;
    const key = keyOf(accessor);
    switch (shape.kind) {
      case "data":
        if (key === undefined) return undefined;
        this.note("sources", key, accessor.at);
        return { kind: "rows", source: key };
      case "rows":
        return readsElement(accessor)
          ? { kind: "row", source: shape.source }
          : sameRows(shape, accessor);
      case "row":
        if (key !== undefined) this.note("columns", key, accessor.at, shape.source);
        return undefined;
    }
  }
}

/** The constant key that an accessor reads; undefined where it is none or a method of its own. */
function keyOf(accessor: Accessor): string | undefined {
  if (accessor.kind === "property") return accessor.name;
  const key = accessor.kind === "index" ? accessor.key : accessor.args[0];
  if (accessor.kind === "method" && !elementMethods.has(accessor.name)) return undefined;
  return key?.kind === "text" ? key.value : undefined;
}

function readsElement(accessor: Accessor): boolean {
  if (accessor.kind === "index") return true;
  return accessor.kind === "method" && (accessor.name === "get" || accessor.name === "next");
}

function sameRows(shape: Shape, accessor: Accessor): Shape | undefined {
  const keeps = accessor.kind === "method" &&
    /^(?:subList|iterator|listIterator)$/.test(accessor.name);
  return keeps ? shape : undefined;
}
