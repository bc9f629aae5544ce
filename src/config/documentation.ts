import * as v from "valibot";
import { type ConditionOperator, conditionOperators } from "./condition_operator.ts";
import { wantedValue } from "./condition_value.ts";
import { configPreface } from "./documentation_preface.ts";
import { bare, leafOf, nodeKind, type ReadSchema } from "./read.ts";
import { configSchema } from "./schema.ts";
import { mappingValueSchema } from "./schema_data.ts";
import { segmentNodeSchema } from "./schema_segment.ts";

/** One line of a table of keys. */
interface Row {
  readonly key: string;
  readonly type: string;
  readonly byDefault: string;
  readonly meaning: string;
}

/** Recursive schemas, which have a chapter of their own. */
const chapters: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [segmentNodeSchema, "[condition](#conditions)"],
  [mappingValueSchema, "[value](#values-of-a-mapping)"],
]);

function meaningOf(schema: ReadSchema): string {
  const inner = schema.wrapped ?? (schema.type === "lazy" ? bare(schema) : undefined);
  return v.getDescription(schema) ?? (inner === undefined ? "" : meaningOf(inner));
}

function typeOf(schema: ReadSchema): string {
  const target = bare(schema.wrapped ?? schema);
  const chapter = chapters.get(target);
  if (chapter !== undefined) return chapter;
  if (target.options !== undefined && target.type === "union") {
    return [...new Set(target.options.map(typeOf))].join(" or ");
  }
  if (target.type === "picklist") {
    return (target.options as unknown as string[]).map((word) => `\`${word}\``).join(" ");
  }
  if (target.type === "array") return `list of ${typeOf(target.item as ReadSchema)}`;
  if (nodeKind(target) === "map") return "mapping";
  return leafOf(target)?.kind ?? "anything";
}

function defaultOf(schema: ReadSchema): string {
  if (schema.type !== "optional") return "required";
  const value = v.getDefault(schema as never) as unknown;
  const isEmpty = value === undefined || typeof value === "object" && value !== null &&
      Object.keys(value).length === 0;
  return isEmpty ? "" : `\`${String(value)}\``;
}

function exampleOf(schema: ReadSchema): string {
  const example = leafOf(bare(schema.wrapped ?? schema))?.example;
  return example === undefined ? "" : ` Example: \`${example}\``;
}

/** The mapping that a key opens, when its keys are to be listed below it. */
function mappingBelow(schema: ReadSchema): { schema: ReadSchema; suffix: string } | undefined {
  const target = bare(schema.wrapped ?? schema);
  if (chapters.has(target)) return undefined;
  if (target.type === "strict_object") return { schema: target, suffix: "" };
  if (target.type === "record") {
    const below = mappingBelow(target.value as ReadSchema);
    return below === undefined ? undefined : { ...below, suffix: `.<name>${below.suffix}` };
  }
  if (target.type === "array") {
    const below = mappingBelow(target.item as ReadSchema);
    return below === undefined ? undefined : { ...below, suffix: `[]${below.suffix}` };
  }
  const options = target.type === "union" ? target.options ?? [] : [];
  for (const option of options) {
    const below = mappingBelow(option);
    if (below !== undefined) return below;
  }
  return undefined;
}

function rowsOf(schema: ReadSchema, prefix: string): Row[] {
  return Object.entries(schema.entries ?? {}).flatMap(([key, entry]) => {
    const name = `${prefix}${key}`;
    const row: Row = {
      key: name,
      type: typeOf(entry),
      byDefault: defaultOf(entry),
      meaning: `${meaningOf(entry)}${exampleOf(entry)}`,
    };
    // `direct` and `replica` have the keys of an address again: said once is enough.
    if (key === "direct" || key === "replica") return [row];
    const below = mappingBelow(entry);
    return below === undefined ? [row] : [row, ...rowsOf(below.schema, `${name}${below.suffix}.`)];
  });
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ key, type, byDefault, meaning }) =>
    `| \`${key}\` | ${cell(type)} | ${cell(byDefault)} | ${cell(meaning)} |`
  );
  return ["| key | type | default | meaning |", "|---|---|---|---|", ...lines].join("\n");
}

function section(name: string, schema: ReadSchema): string {
  const meaning = meaningOf(schema);
  const target = bare(schema.wrapped ?? schema);
  const head = `## ${name}\n\n${meaning}`;
  const below = mappingBelow(schema);
  if (below === undefined) {
    const type = target.type === "record"
      ? `name → ${typeOf(target.value as ReadSchema)}`
      : typeOf(schema);
    const byDefault = defaultOf(schema);
    return `${head}\n\nType: ${type}.${byDefault === "" ? "" : ` Default: ${byDefault}.`}`;
  }
  const named = target.type === "record"
    ? `\n\nEach entry of \`${name}\` has a name of your choice and is a ${
      typeOf(target.value as ReadSchema)
    }:`
    : "";
  return `${head}${named}\n\n${table(rowsOf(below.schema, ""))}`;
}

function operators(): string {
  const lines = (Object.keys(conditionOperators) as ConditionOperator[]).map((name) => {
    const rule = conditionOperators[name];
    const cells = [
      rule.spellings.map((each) => `\`${each}\``).join(" "),
      rule.fits.join(", "),
      rule.meaning,
      wantedValue(name),
      rule.takesIgnoreCase ? "yes" : "",
    ];
    return `| ${cells.map(cell).join(" | ")} |`;
  });
  return [
    "| operator | columns of | holds when the column's value | wants | `ignoreCase` |",
    "|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

function recursiveChapters(): string {
  const mapping = mappingBelowUnion(mappingValueSchema);
  return [
    "## Conditions",
    "The tree below `segments.<name>.where` and `exclude`. Each node has exactly one of `all`, `any`, `none`, `source`, `contact`, `dataset`, `segment` and `sql`.",
    table(rowsOf(segmentNodeSchema as ReadSchema, "")),
    "Operators. A text operator takes `{ value: …, ignoreCase: true }` where the last column says so. Columns of `moment` are dates and timestamps.",
    operators(),
    "## Values of a mapping",
    "Where one value of an import comes from: the name of a column, or exactly one of `column`, `constant`, `cast` and `coalesce`.",
    table(rowsOf(mapping, "")),
  ].join("\n\n");
}

function mappingBelowUnion(schema: ReadSchema): ReadSchema {
  const option = schema.options?.find((each) => nodeKind(each) === "map");
  if (option === undefined) throw new Error("a mapping's value has no mapping among its forms");
  return option;
}

/** docs/configuration.md: every key with its type, default and meaning, from the schema alone. */
export function configDocumentation(): string {
  const sections = Object.entries(configSchema.entries as unknown as Record<string, ReadSchema>)
    .map(([name, schema]) => section(name, schema));
  return `${[configPreface, ...sections, recursiveChapters()].join("\n\n")}\n`;
}
