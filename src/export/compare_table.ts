import { allRowsQuery } from "../hub/dataset_rows.ts";
import { clearAllRejects, noteUnholdable } from "./rejects.ts";
import { moveRows } from "./move_rows.ts";
import { estimateRows, rowQuery, type TableCounts, type TableRun } from "./table_run.ts";
import {
  deleteMissingStatement,
  exceptStatement,
  hasMerge,
  mergeStatement,
  stagingTable,
  surveyStatement,
} from "./write_statements.ts";

/**
 * Makes an existing table equal to the whole dataset: stages all rows, writes those that differ,
 * and deletes what the hub does not have where deletes are propagated. Nothing is dropped, and
 * rows that are equal are not touched. The statistics of the staging table decide the join here,
 * so this, unlike the window, analyses it.
 */
export async function compareTable(run: TableRun): Promise<TableCounts> {
  const { fitted, target } = run;
  const query = rowQuery(fitted);
  const staging = stagingTable(fitted);
  await clearAllRejects(run);
  await target.sql.unsafe(staging.create);
  run.progress.begin("copied", await estimateRows(run));
  const { rows: read, bytes } = await moveRows(run, {
    read: `copy (${allRowsQuery(query)}) to stdout (format binary)`,
    write: `copy ${staging.name} from stdin (format binary)`,
  });
  run.progress.begin("written", undefined);
  await target.sql.unsafe(
    `analyze ${staging.name}; set local work_mem = '128MB';
    set local enable_hashjoin = on; set local enable_mergejoin = on`,
  );
  // First what is gone: a new row may take over a value that the customer wants to be unique.
  const deleted = run.propagatesDeletes
    ? (await target.sql.unsafe(deleteMissingStatement(fitted, staging.rowSet))).count
    : 0;
  const write = hasMerge(run.targetVersion) ? mergeStatement : exceptStatement;
  const written = await target.sql.unsafe(write(fitted, staging.rowSet));
  const [counted] = await target.sql.unsafe<{ truncated: string }[]>(
    surveyStatement(staging.rowSet),
  );
  const rejected = await noteUnholdable(run, staging.rowSet, []);
  await target.sql.unsafe(`drop table ${staging.name}; set local work_mem to default`);
  return {
    read,
    written: written.count,
    deleted,
    truncated: Number(counted?.truncated ?? 0),
    rejected,
    bytes,
  };
}
