import { datasets } from "../dataset/datasets.ts";
import type { ExportConfig, ImportConfig, SourceConfig } from "./model.ts";
import { resolveMapping } from "./resolve_mapping.ts";
import type { ResolveContext } from "./resolve_context.ts";
import { resolveSchedule, warnUnlessStarted } from "./resolve_schedule.ts";
import type { ConfigInput } from "./schema.ts";
import type { TreePath } from "./tree.ts";
import { shownName } from "./shown_name.ts";

function warnQualified(table: string, schemaKey: boolean, path: TreePath, context: ResolveContext) {
  if (schemaKey || !table.includes(".") || context.isInterpolated([...path, "table"])) return;
  const [schema, ...rest] = table.split(".");
  context.warn(
    "PG173",
    context.value([...path, "table"]),
    "The dot is taken as part of the table's name.",
    `Did you mean \`schema: ${shownName(schema ?? "")}\` and \`table: ${
      shownName(rest.join("."))
    }\`?`,
  );
}

function orderOf(written: { column: string; descending: boolean } | string) {
  if (typeof written !== "string") {
    return { column: written.column, isDescending: written.descending };
  }
  const found = /^(.+?)\s+(asc|desc)$/i.exec(written.trim());
  if (found === null) return { column: written.trim(), isDescending: false };
  return { column: found[1] ?? "", isDescending: found[2]?.toLowerCase() === "desc" };
}

/** One external table or view. */
export function resolveSource(
  name: string,
  input: ConfigInput["sources"][string],
  context: ResolveContext,
): SourceConfig {
  const path = ["sources", name];
  warnQualified(input.table, context.has([...path, "schema"]), path, context);
  return {
    name,
    id: input.id,
    connector: input.connector,
    schema: input.schema,
    table: input.table,
    columns: input.columns,
    orderBy: (input.order_by ?? []).map(orderOf),
    limit: input.limit,
    maxValueBytes: input.max_value,
    maxContactBytes: input.max_rows_size,
    values: input.values,
  };
}

type ImportInput = ConfigInput["imports"][string];

function fromOf(input: ImportInput, path: TreePath, context: ResolveContext): ImportConfig["from"] {
  const { table, query } = input;
  if (table === undefined && query === undefined) {
    context.error("PG153", context.key(path), "An import needs `table` or `query`.");
  }
  if (query === undefined) {
    warnQualified(table ?? "", input.schema !== undefined, path, context);
    return { kind: "table", schema: input.schema ?? "public", table: table ?? "" };
  }
  for (const key of ["table", "schema"] as const) {
    if (input[key] === undefined) continue;
    context.error("PG152", context.key([...path, key]), `\`${key}\` stands beside \`query\`.`);
  }
  return { kind: "query", sql: query };
}

function cursorOf(input: ImportInput): ImportConfig["cursor"] {
  const { cursor } = input;
  if (cursor === undefined) return undefined;
  if (typeof cursor === "string") return { column: cursor, lookbackMs: 3_600_000 };
  return { column: cursor.column, lookbackMs: cursor.lookback };
}

/** What is read into one dataset of the hub. */
export function resolveImport(
  name: string,
  input: ImportInput,
  context: ResolveContext,
): ImportConfig {
  const path = ["imports", name];
  const from = fromOf(input, path, context);
  const schedule = resolveSchedule(input, path, context);
  warnUnlessStarted(schedule, input.listen !== undefined, path, context);
  if (input.on_missing === "unsubscribe" && input.dataset !== "contacts") {
    context.error(
      "PG152",
      context.value([...path, "on_missing"]),
      "Only contacts can be unsubscribed.",
    );
  }
  return {
    name,
    connector: input.connector,
    from,
    dataset: input.dataset,
    mapping: resolveMapping(input, path, context),
    schedule,
    listen: input.listen,
    mode: input.mode,
    cursor: cursorOf(input),
    onMissing: input.on_missing,
    maxRows: input.max_rows,
    defaultCountry: input.default_country,
    maxStalenessMs: input.max_staleness,
  };
}

/** What is written into a customer's database. */
export function resolveExport(
  name: string,
  input: ConfigInput["exports"][string],
  context: ResolveContext,
): ExportConfig {
  const path = ["exports", name];
  const schedule = resolveSchedule(input, path, context);
  warnUnlessStarted(schedule, input.on_change, path, context);
  const chosen = new Set(input.datasets ?? datasets.keys());
  return {
    name,
    connector: input.connector,
    schema: input.schema,
    datasets: [...datasets.keys()].filter((dataset) => chosen.has(dataset)),
    schedule,
    onChange: input.on_change,
    debounceMs: input.debounce,
    naming: input.naming,
    deprecatedColumns: input.deprecated_columns,
    longValues: input.long_values,
    deletes: input.deletes,
    statusTables: input.status_tables,
    maxStalenessMs: input.max_staleness,
  };
}
