import { allRowsQuery, truncatedInAllQuery } from "../hub/dataset_rows.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import { moveRows } from "./move_rows.ts";
import { createTableStatements, primaryKeyStatement } from "./table_ddl.ts";
import { estimateRows, rowQuery, type TableCounts, type TableRun } from "./table_run.ts";

/**
 * Makes the table and fills it: COPY FREEZE into the empty table and the primary key afterwards,
 * which takes three quarters of the time of COPY into a table that has its key. Rows come as they
 * lie in the hub: nothing here needs an order, and reading by key takes twice as long where they lie
 * in none. FREEZE needs the table to be made in the same subtransaction, so one connection writes
 * all of it. Values cross in binary, because both sides have the same types here.
 */
export async function loadTable(run: TableRun): Promise<TableCounts> {
  const { fitted, hub, target } = run;
  const query = rowQuery(fitted);
  for (const statement of createTableStatements(fitted.table)) await target.sql.unsafe(statement);
  const { dataset, columns, schema, name } = fitted.table;
  const values = columns.map(({ source }) => `w.c${dataset.columns.indexOf(source) + 1}`);
  const names = columns.map((column) => quoteIdentifier(column.name));
  run.progress.begin("copied", await estimateRows(run));
  const { rows, bytes } = await moveRows(run, {
    read: `copy (select ${values.join(", ")} from (${
      allRowsQuery(query, "as they lie")
    }) as w) to stdout (format binary)`,
    write: `copy ${quoteQualified(schema, name)} (${
      names.join(", ")
    }) from stdin (format binary, freeze)`,
  });
  run.progress.begin("indexed", undefined);
  const [[counted]] = await Promise.all([
    hub.sql.unsafe<{ truncated: string }[]>(truncatedInAllQuery(query)),
    target.sql.unsafe(primaryKeyStatement(fitted.table)),
  ]);
  return {
    read: rows,
    written: rows,
    deleted: 0,
    truncated: Number(counted?.truncated ?? 0),
    rejected: 0,
    bytes,
  };
}
