import * as v from "valibot";
import type { LeafAbout, Section } from "./leaf.ts";
import type { Place } from "./place.ts";
import type { Finding } from "./problem.ts";
import { shownName } from "./shown_name.ts";
import { nearest, suggestName } from "./spelling.ts";
import {
  isAbsent,
  type ListNode,
  type MapNode,
  plainOf,
  type ScalarNode,
  type TreeNode,
} from "./tree.ts";
import { readLeaf } from "./read_leaf.ts";

/** What reading needs to know beyond the schema. */
export interface ReadContext {
  /** Names that each section defines; undefined when a file could not be read, so none is judged. */
  readonly names: ReadonlyMap<Section, ReadonlySet<string>> | undefined;
  readonly findings: Finding[];
  /** Grows with everything that was found wrong, also before reading began. */
  faults: number;
}

function report(context: ReadContext, finding: Finding): void {
  context.faults++;
  context.findings.push(finding);
}

/** A value that was reported as wrong. */
export const invalid: unique symbol = Symbol("invalid");
export type Invalid = typeof invalid;

/** A schema of the configuration as the reader sees it, whatever its kind. */
export interface ReadSchema extends v.GenericSchema {
  readonly wrapped?: ReadSchema;
  readonly getter?: () => ReadSchema;
  readonly entries?: Readonly<Record<string, ReadSchema>>;
  readonly key?: ReadSchema;
  readonly value?: ReadSchema;
  readonly item?: ReadSchema;
  readonly options?: readonly ReadSchema[];
  readonly pipe?: readonly unknown[];
}

/** Takes the lazy layers off a schema. */
export function bare(schema: ReadSchema): ReadSchema {
  return schema.type === "lazy" && schema.getter !== undefined ? bare(schema.getter()) : schema;
}

/** What the schema's source says of a leaf; undefined for mappings and lists. */
export function leafOf(schema: ReadSchema): LeafAbout | undefined {
  return (v.getMetadata(schema) as { leaf?: LeafAbout }).leaf;
}

/** Which kind of node a schema describes. */
export function nodeKind(schema: ReadSchema): TreeNode["kind"] | "anything" {
  const { type } = bare(schema);
  if (type === "strict_object" || type === "record") return "map";
  if (type === "array") return "list";
  return type === "unknown" ? "anything" : "scalar";
}

const kindNames = {
  map: "a mapping",
  list: "a list",
  scalar: "a single value",
  anything: "a value",
};

function mismatch(schema: ReadSchema, node: TreeNode, label: string): Finding {
  const leaf = leafOf(schema);
  const wanted = schema.options === undefined
    ? leaf?.wanted ?? kindNames[nodeKind(schema)]
    : schema.options.map((option) => leafOf(option)?.wanted ?? kindNames[nodeKind(option)])
      .join(", or ");
  const found = node.kind === "scalar" ? "a single value" : kindNames[node.kind];
  return {
    code: "PG122",
    place: node.place,
    message: `\`${label}\` wants ${wanted}; found ${found}.`,
  };
}

/** Reports every key that the schema does not know; answers the keys that were probably meant. */
function reportUnknownKeys(
  known: readonly string[],
  node: MapNode,
  label: string,
  context: ReadContext,
): Set<string> {
  const meant = new Set<string>();
  for (const [key, entry] of node.entries) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    if (near !== undefined) meant.add(near);
    report(context, {
      code: "PG120",
      place: entry.keyPlace,
      message: `\`${label}\` has no key \`${shownName(key)}\`.`,
      suggestion: suggestName(key, known),
    });
  }
  return meant;
}

function readMapping(schema: ReadSchema, node: MapNode, label: string, context: ReadContext) {
  const entries = schema.entries ?? {};
  const value: Record<string, unknown> = Object.create(null);
  const meant = reportUnknownKeys(Object.keys(entries), node, label, context);
  let isValid = true;
  for (const [key, entrySchema] of Object.entries(entries)) {
    const entry = node.entries.get(key);
    const isOptional = entrySchema.type === "optional";
    if (entry !== undefined && !isAbsent(entry.node)) {
      const child = read(entrySchema, entry.node, `${label}.${key}`, context);
      // A wrong optional value was reported; going on as without it finds what else is wrong.
      if (child !== invalid) value[key] = child;
      else if (isOptional) value[key] = defaultOf(entrySchema);
      else isValid = false;
    } else if (isOptional) {
      // A null that was written says more than a key that was not: `{ constant: null }`.
      const isNull = entry !== undefined && bareOptional(entrySchema).type === "unknown";
      value[key] = isNull ? null : defaultOf(entrySchema);
    } else {
      isValid = false;
      if (!meant.has(key)) {
        reportMissing(entrySchema, key, label, entry?.keyPlace ?? node.place, context);
      }
    }
    if (value[key] === undefined) delete value[key];
  }
  return isValid ? value : invalid;
}

/** Keeps a literal secret out of excerpts; of a URL they show what `excerpt.ts` leaves of it. */
function maskLiteral(node: ScalarNode, leaf: LeafAbout): void {
  const isShown = leaf.kind !== "secret text" || /:\/\/|^embedded:|^\$\{[^:}]*\}$/.test(node.text);
  if (!isShown && !node.isInterpolated) node.place.file.masked.push(node.place);
}

function bareOptional(schema: ReadSchema): ReadSchema {
  return schema.type === "optional" && schema.wrapped !== undefined
    ? bare(schema.wrapped)
    : bare(schema);
}

/** The default of an optional key. One that does not parse is a fault of the schema and throws. */
function defaultOf(schema: ReadSchema): unknown {
  const isGiven = v.getDefault(schema as never) !== undefined;
  return isGiven ? v.parse(schema as v.GenericSchema, undefined) : undefined;
}

function reportMissing(
  schema: ReadSchema,
  key: string,
  label: string,
  place: Place,
  context: ReadContext,
): void {
  const leaf = leafOf(schema);
  const isShown = leaf?.example !== undefined && !leaf.isSecret;
  const suggestion = isShown ? `For example \`${key}: ${leaf.example}\`.` : undefined;
  const message = `\`${label}\` needs the key \`${key}\`.`;
  report(context, { code: "PG121", place, message, suggestion });
}

/** The good entries of a record; `onDamage` hears the names of those that have a fault. */
function readRecord(
  schema: ReadSchema,
  node: MapNode,
  label: string,
  context: ReadContext,
  onDamage: (name: string) => void = () => {},
): Record<string, unknown> {
  const value: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of node.entries) {
    const before = context.faults;
    const keyNode = { ...keyScalar, place: entry.keyPlace, text: key, value: key };
    const name = schema.key === undefined ? key : read(schema.key, keyNode, label, context);
    const entryLabel = `${label}.${shownName(key)}`;
    const child = readEntry(schema.value as ReadSchema, entry, entryLabel, context);
    if (name !== invalid && child !== invalid) value[key] = child;
    if (context.faults > before) onDamage(key);
  }
  return value;
}

const keyScalar = {
  kind: "scalar",
  isQuoted: true,
  isInterpolated: false,
  isBroken: false,
} as const;

/** An entry of a record whose value is empty: nothing for anything, `{}` where a mapping may be. */
function readEntry(
  schema: ReadSchema,
  entry: { readonly keyPlace: Place; readonly node: TreeNode },
  label: string,
  context: ReadContext,
): unknown {
  if (!isAbsent(entry.node) || bare(schema).type === "unknown") {
    return read(schema, entry.node, label, context);
  }
  const empty: MapNode = { kind: "map", place: entry.keyPlace, entries: new Map() };
  if (bare(schema).type === "strict_object") return read(schema, empty, label, context);
  report(context, {
    code: "PG121",
    place: entry.keyPlace,
    message: `\`${label}\` is empty; wanted ${
      leafOf(schema)?.wanted ?? kindNames[nodeKind(schema)]
    }.`,
  });
  return invalid;
}

function readList(schema: ReadSchema, node: ListNode, label: string, context: ReadContext) {
  const item = schema.item as ReadSchema;
  // `- ${TOKEN:-}` that came to nothing is no token, least of all an empty one.
  const present = node.items.filter((each) =>
    !(isAbsent(each) && each.kind === "scalar" && each.isInterpolated)
  );
  const values = present.map((each, index) => read(item, each, `${label}[${index}]`, context));
  if (values.includes(invalid)) return invalid;
  const least = schema.pipe?.find((each) => (each as { type?: unknown }).type === "min_length");
  if (least !== undefined && values.length === 0) {
    const message = `\`${label}\` is empty; wanted at least one.`;
    report(context, { code: "PG124", place: node.place, message });
    return invalid;
  }
  return values;
}

/**
 * Reads a node by a schema of configSchema: reports every unknown key, missing key, wrong value and
 * dangling reference below it, and answers the value, or `invalid` when it is not usable. What is
 * wrong in an optional part does not make the whole unusable, so that later stages still find what
 * else is wrong; any fault keeps the configuration from being used.
 */
export function read(
  schema: ReadSchema,
  node: TreeNode,
  label: string,
  context: ReadContext,
): unknown {
  const target = bareOptional(schema);
  if (node.kind === "scalar" && node.isBroken) {
    context.faults++;
    return invalid;
  }
  if (target.type === "unknown") return plainOf(node);
  if (target.type === "union") {
    const option = target.options?.find((each) =>
      nodeKind(each) === node.kind || nodeKind(each) === "anything"
    );
    if (option !== undefined) return read(option, node, label, context);
    report(context, mismatch(target, node, label));
    return invalid;
  }
  if (nodeKind(target) !== node.kind) {
    report(context, mismatch(target, node, label));
    return invalid;
  }
  if (node.kind === "list") return readList(target, node, label, context);
  if (node.kind === "scalar") {
    const about = leafOf(target);
    if (about?.isSecret === true) maskLiteral(node, about);
    const leaf = readLeaf(target, about, node, label, context.names);
    if (leaf.finding === undefined) return leaf.value;
    report(context, leaf.finding);
    return leaf.isUsable === true ? leaf.value : invalid;
  }
  if (target.type === "strict_object") return readMapping(target, node, label, context);
  return readRecord(target, node, label, context);
}

/**
 * A top-level section of named things: the usable entries, and the names of those in which
 * something was found wrong, usable or not.
 */
export function readSection(
  schema: ReadSchema,
  node: TreeNode,
  label: string,
  context: ReadContext,
): { value: Record<string, unknown>; damaged: ReadonlySet<string> } {
  const target = bareOptional(schema);
  const damaged = new Set<string>();
  if (node.kind === "map") {
    const onDamage = (name: string) => damaged.add(name);
    return { value: readRecord(target, node, label, context, onDamage), damaged };
  }
  if (node.kind !== "scalar" || !node.isBroken) report(context, mismatch(target, node, label));
  return { value: {}, damaged };
}
