import { quoteQualified } from "../postgres/identifier.ts";
import { rejectsName } from "./status_ddl.ts";
import type { TableRun } from "./table_run.ts";
import { keyAsJson, type RowSet, unholdableStatement } from "./write_statements.ts";

/** Class "data exception": the column would hold another value than the hub has. */
export const unholdableState = "22000";

/** A row that the customer's table refused. */
export interface Reject {
  /** The key's values as the text of a JSON array, made by the hub. */
  readonly key: string;
  readonly sqlstate: string;
  readonly column: string | undefined;
  readonly isDelete: boolean;
}

/** Forgets what was refused of the whole table, before it is compared in full. */
export async function clearAllRejects(run: TableRun): Promise<void> {
  if (!run.hasRejects) return;
  await run.target.sql.unsafe(`delete from ${rejects(run)} where table_name = $1`, [
    run.fitted.table.name,
  ]);
}

/** Forgets what was refused of the rows of a row set, because they are tried again now. */
export async function clearTouchedRejects(
  run: TableRun,
  rows: RowSet,
  parameters: readonly string[],
): Promise<void> {
  if (!run.hasRejects) return;
  const name = `$${parameters.length + 1}`;
  await run.target.sql.unsafe(
    `delete from ${rejects(run)} where table_name = ${name}
    and key in (select ${keyAsJson(run.fitted)} from ${rows.from})`,
    [...parameters, run.fitted.table.name],
  );
}

/** Notes the rows of a row set that were left out because a column cannot hold a value unchanged. */
export async function noteUnholdable(
  run: TableRun,
  rows: RowSet,
  parameters: readonly string[],
): Promise<number> {
  const found = unholdableStatement(run.fitted, rows);
  if (found === undefined) return 0;
  if (!run.notesRejects) {
    return (await run.target.sql.unsafe(found, [...parameters])).count;
  }
  const [name, dataset] = [parameters.length + 1, parameters.length + 2];
  const noted = await run.target.sql.unsafe(
    `insert into ${rejects(run)} as r (table_name, dataset, key, sqlstate, column_name)
    select $${name}, $${dataset}, u.key::jsonb, '${unholdableState}', u.column_name
    from (${found}) as u on conflict (table_name, key) do update
      set sqlstate = excluded.sqlstate, column_name = excluded.column_name, is_delete = false,
        rejected_at = now()`,
    [...parameters, run.fitted.table.name, run.fitted.table.dataset.name],
  );
  return noted.count;
}

/** Notes one refused row. Safe to repeat: a key is noted once, with what was found last. */
export async function noteReject(run: TableRun, reject: Reject): Promise<void> {
  if (!run.notesRejects) return;
  const { table } = run.fitted;
  const values = table.key.map((column, index) =>
    `${quoteText(column.name)}, $5::text::jsonb -> ${index}`
  );
  const isPlain = run.targetEncoding === "UTF8" || /^[\0-\x7f]*$/.test(reject.key);
  const key = isPlain ? `jsonb_build_object(${values.join(", ")})` : "to_jsonb($5::text)";
  await run.target.sql.unsafe(
    `insert into ${rejects(run)} (table_name, dataset, sqlstate, column_name, key, is_delete)
    values ($1, $2, $3, $4, ${key}, $6::text::boolean) on conflict (table_name, key) do update
      set sqlstate = excluded.sqlstate, column_name = excluded.column_name,
        is_delete = excluded.is_delete, rejected_at = now()`,
    [
      table.name,
      table.dataset.name,
      reject.sqlstate,
      reject.column ?? null,
      isPlain ? reject.key : escapeNonAscii(reject.key),
      String(reject.isDelete),
    ],
  );
}

/** How many rows of the table stand refused now. */
export async function countRejects(run: TableRun): Promise<string> {
  if (!run.notesRejects) return "0";
  const [row] = await run.target.sql.unsafe<{ count: string }[]>(
    `select count(*)::text as count from ${rejects(run)} where table_name = $1`,
    [run.fitted.table.name],
  );
  return row?.count ?? "0";
}

function rejects(run: TableRun): string {
  return quoteQualified(run.fitted.table.schema, rejectsName);
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A database that is not UTF-8 cannot even store the key of the row that it refused. */
function escapeNonAscii(text: string): string {
  return text.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
