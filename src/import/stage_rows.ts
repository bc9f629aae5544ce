import { cachePhoneNumbers } from "../hub/phone_number.ts";
import { createSeenTable } from "../hub/import_apply.ts";
import {
  createStaging,
  createTextStaging,
  fillFromText,
  type StagedColumn,
  stagingCopy,
} from "../hub/import_staging.ts";
import { normalisePhone } from "../connector/contact_key.ts";
import { PerigeeError } from "../error.ts";
import type { Connection } from "../postgres/connection.ts";
import { copyBetween } from "../postgres/copy_stream.ts";
import { quoteLiteral } from "../postgres/identifier.ts";
import type { Sql } from "postgres";
import { fillsContactId } from "./apply_plan.ts";
import type { ImportPlan } from "./plan_import.ts";
import { textRead, typedRead } from "./read_sql.ts";
import type { SourceTable } from "./source_table.ts";
import type { SourceWindow } from "./source_window.ts";

/** How values travel: cast by the source, or as texts that the hub casts one by one. */
export type ReadMode = "typed" | "text";

/** The two sides of one import, each inside its transaction. */
export interface ImportSides {
  readonly source: Connection;
  readonly hubSession: Connection;
  readonly signal: AbortSignal;
}

/** What one run reads. */
export interface RowSelection {
  readonly window: SourceWindow;
  /** Keys whose rows are read although they did not change. */
  readonly keysToRetry: readonly string[];
  /** All rows of a key are read when one of them changed, to know which of them wins. */
  readonly readsWholeKeys: boolean;
  readonly maxRows: number;
}

/**
 * Streams the selected rows into `import_staging` and answers how many there were. Throws PG604
 * when they are more than `maxRows`, and the SQLSTATE of the side that refused something.
 */
export async function stageRows(
  plan: ImportPlan,
  table: SourceTable,
  selection: RowSelection,
  mode: ReadMode,
  sides: ImportSides,
): Promise<{ rows: number; bytes: number }> {
  const typed = typedRead(plan);
  const { sql } = sides.hubSession;
  const create = () => createStaging(sql, typed.staged, hubColumns(plan));
  const select = selectionSql(plan, table, selection);
  if (selection.window.kind === "changes") await expectFewRows(sides.source.sql);
  const moved = mode === "typed"
    ? await copyRows(typed.list, typed.staged, "import_staging", select, create, sides)
    : await copyText(plan, select, create, sides);
  if (moved.rows <= selection.maxRows) return moved;
  throw new PerigeeError(
    `import ${plan.name} found more rows than max_rows allows, which is ${selection.maxRows}`,
    { kind: "resource", code: "PG604", advice: "Raise max_rows, or narrow what is read." },
  );
}

/**
 * Nothing tells the planner how many rows have which `xmin`, so of more than a few ids it expects so
 * many rows that handing them on from process to process would take longer than the scan. They are
 * few; so it may scan a large table in as many processes as the server's settings allow.
 */
async function expectFewRows(source: Sql): Promise<void> {
  await source.unsafe("set local parallel_tuple_cost = 0");
}

/** Streams the keys of all rows that the source has now into `import_seen`. */
export async function stageSeenKeys(
  plan: ImportPlan,
  table: SourceTable,
  { source, hubSession, signal }: ImportSides,
): Promise<void> {
  await source.sql.unsafe("set local parallel_tuple_cost to default");
  await createSeenTable(hubSession.sql);
  const { sourceKeySql } = plan;
  await copyBetween({
    from: source,
    read: `copy (select ${sourceKeySql} from ${table.from} as t) to stdout (format binary)`,
    to: hubSession,
    write: "copy import_seen from stdin (format binary)",
    signal,
  });
}

/** Parses what the staged rows have of phone numbers that was never parsed before. */
export async function stagePhones(
  session: Sql,
  hub: Sql,
  column: "key" | "sms",
  country: string | undefined,
): Promise<void> {
  const normalise = (written: string) => normalisePhone(written, country);
  await cachePhoneNumbers(session, hub, `select ${column} from import_staging`, country, normalise);
}

/** Columns of the staging table that the hub fills itself. */
export function hubColumns(plan: ImportPlan): StagedColumn[] {
  return [
    ...(plan.identity.kind === "link" ? [{ name: "row_id", type: "bigint" }] : []),
    ...(fillsContactId(plan) ? [{ name: "contact_id", type: "bigint" }] : []),
  ];
}

async function copyText(
  plan: ImportPlan,
  selection: string,
  createTables: () => Promise<void>,
  sides: ImportSides,
): Promise<{ rows: number; bytes: number }> {
  const text = textRead(plan);
  const { sql } = sides.hubSession;
  const create = async () => {
    await createTables();
    await createTextStaging(sql, text.staged);
  };
  const moved = await copyRows(text.list, text.staged, "import_text", selection, create, sides);
  await fillFromText(sql, text.fill);
  return moved;
}

/** `createTables` runs while the source already reads. */
function copyRows(
  list: string,
  columns: readonly StagedColumn[],
  into: "import_staging" | "import_text",
  selection: string,
  createTables: () => Promise<void>,
  { source, hubSession, signal }: ImportSides,
): Promise<{ rows: number; bytes: number }> {
  const created = createTables();
  // Awaited before the first row is written; a COPY that fails before leaves it to nobody.
  created.catch(() => undefined);
  return copyBetween({
    from: source,
    read: `copy (select ${list} ${selection}) to stdout (format binary)`,
    to: hubSession,
    write: stagingCopy(into, columns),
    beforeWrite: () => created,
    signal,
  });
}

/** FROM, WHERE and LIMIT of the read; one row more than allowed tells that there are too many. */
function selectionSql(plan: ImportPlan, table: SourceTable, selection: RowSelection): string {
  const from = `from ${table.from} as t`;
  const limit = `limit ${selection.maxRows + 1}`;
  if (selection.window.kind === "full") return `${from} ${limit}`;
  const changed = `(${selection.window.condition})`;
  const key = plan.sourceKeySql;
  const retried = selection.keysToRetry.length === 0
    ? ""
    : ` or ${key} = any(array[${selection.keysToRetry.map(quoteLiteral).join(", ")}]::text[])`;
  if (!selection.readsWholeKeys) return `${from} where ${changed}${retried} ${limit}`;
  return `${from} where ${key} in (select ${key} from ${table.from} as t where ${changed}${retried})
    or (${key}) is null and ${changed} ${limit}`;
}
