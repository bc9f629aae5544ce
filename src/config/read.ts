import * as v from "valibot";
import type { LeafAbout, Section } from "./leaf.ts";
import type { Place } from "./place.ts";
import type { Finding } from "./problem.ts";
import { suggestName } from "./spelling.ts";
import { isAbsent, type ListNode, type MapNode, plainOf, type TreeNode } from "./tree.ts";
import { readLeaf } from "./read_leaf.ts";

/** What reading needs to know beyond the schema. */
export interface ReadContext {
  /** Names that each section defines; undefined when a file could not be read, so none is judged. */
  readonly names: ReadonlyMap<Section, ReadonlySet<string>> | undefined;
  readonly findings: Finding[];
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

function readMapping(schema: ReadSchema, node: MapNode, label: string, context: ReadContext) {
  const entries = schema.entries ?? {};
  const value: Record<string, unknown> = Object.create(null);
  let isValid = true;
  for (const [key, entry] of node.entries) {
    if (Object.hasOwn(entries, key)) continue;
    context.findings.push({
      code: "PG120",
      place: entry.keyPlace,
      message: label === "" ? `There is no section of this name.` : `\`${label}\` has no such key.`,
      suggestion: suggestName(key, Object.keys(entries)),
    });
  }
  for (const [key, entrySchema] of Object.entries(entries)) {
    const entry = node.entries.get(key);
    if (entry === undefined || isAbsent(entry.node)) {
      const missing = readMissing(entrySchema, key, label, entry?.keyPlace ?? node.place, context);
      // A null that was written says more than a key that was not: `{ constant: null }`.
      if (entry !== undefined && bareOptional(entrySchema).type === "unknown") value[key] = null;
      else if (missing === invalid) isValid = false;
      else if (missing !== undefined) value[key] = missing;
      continue;
    }
    const child = read(entrySchema, entry.node, label === "" ? key : `${label}.${key}`, context);
    if (child === invalid) isValid = false;
    else value[key] = child;
  }
  return isValid ? value : invalid;
}

function bareOptional(schema: ReadSchema): ReadSchema {
  return schema.type === "optional" && schema.wrapped !== undefined
    ? bare(schema.wrapped)
    : bare(schema);
}

/** The default of an absent key; a finding where there is none and one is needed. */
function readMissing(
  schema: ReadSchema,
  key: string,
  label: string,
  place: Place,
  context: ReadContext,
): unknown {
  if (schema.type !== "optional") {
    const leaf = leafOf(schema);
    const example = leaf?.example === undefined || leaf.isSecret
      ? ""
      : ` For example \`${key}: ${leaf.example}\`.`;
    context.findings.push({
      code: "PG121",
      place,
      message: `\`${label}\` needs the key \`${key}\`.${example}`,
    });
    return invalid;
  }
  // Defaults are part of the schema, so that one that does not parse is our fault and throws.
  return v.getDefault(schema as never) === undefined
    ? undefined
    : v.parse(schema as v.GenericSchema, undefined);
}

function readRecord(schema: ReadSchema, node: MapNode, label: string, context: ReadContext) {
  const value: Record<string, unknown> = Object.create(null);
  let isValid = true;
  for (const [key, entry] of node.entries) {
    const keyLabel = `${label}.${key.length > 80 ? `${key.slice(0, 80)}…` : key}`;
    const keyNode = {
      kind: "scalar" as const,
      place: entry.keyPlace,
      text: key,
      value: key,
      isQuoted: true,
      isInterpolated: false,
      isBroken: false,
    };
    const keyValue = schema.key === undefined ? key : read(schema.key, keyNode, label, context);
    const child = readEntry(schema.value as ReadSchema, entry, keyLabel, context);
    if (keyValue === invalid || child === invalid) isValid = false;
    else value[key] = child;
  }
  return { value, isValid };
}

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
  context.findings.push({
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
    context.findings.push({ code: "PG124", place: node.place, message });
    return invalid;
  }
  return values;
}

/**
 * Reads a node by a schema of configSchema: reports every unknown key, missing key, wrong value and
 * dangling reference below it, and answers the value, or `invalid` when something in it is not
 * usable. Unknown keys alone leave the rest usable. Entries of a top-level section stand alone:
 * `readSections` keeps the good ones.
 */
export function read(
  schema: ReadSchema,
  node: TreeNode,
  label: string,
  context: ReadContext,
): unknown {
  const target = bareOptional(schema);
  if (node.kind === "scalar" && node.isBroken) return invalid;
  if (target.type === "unknown") return plainOf(node);
  if (target.type === "union") {
    const option = target.options?.find((each) =>
      nodeKind(each) === node.kind || nodeKind(each) === "anything"
    );
    if (option !== undefined) return read(option, node, label, context);
    context.findings.push(mismatch(target, node, label));
    return invalid;
  }
  if (nodeKind(target) !== node.kind) {
    context.findings.push(mismatch(target, node, label));
    return invalid;
  }
  if (node.kind === "list") return readList(target, node, label, context);
  if (node.kind === "scalar") {
    const leaf = readLeaf(target, leafOf(target), node, label, context.names);
    if (leaf.finding === undefined) return leaf.value;
    context.findings.push(leaf.finding);
    return invalid;
  }
  if (target.type === "strict_object") return readMapping(target, node, label, context);
  const record = readRecord(target, node, label, context);
  return record.isValid ? record.value : invalid;
}

/** The good entries of a top-level section, and whether all were good. */
export function readSection(
  schema: ReadSchema,
  node: TreeNode,
  label: string,
  context: ReadContext,
): Record<string, unknown> {
  const target = bareOptional(schema);
  if (node.kind === "map") return readRecord(target, node, label, context).value;
  context.findings.push(mismatch(target, node, label));
  return {};
}
