import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { describeFailure } from "../postgres/failure.ts";
import { quoteQualified } from "../postgres/identifier.ts";
import { describeTable } from "./export_table.ts";
import type { ExportDeps } from "./run_export.ts";
import { cursorsName } from "./status_ddl.ts";

/**
 * Asks for a comparison in full of these tables: the next run merges what differs, and drops
 * nothing. Tables that an export of another name kept are taken over. Answers the tables that were
 * marked; one without a cursor is loaded in full anyway. One statement: a run that is at work
 * finishes first, and cannot move a cursor on over the mark.
 */
export async function resyncExport(
  config: ExportConfig,
  deps: Pick<ExportDeps, "connectors">,
  datasets: readonly DatasetName[] = config.datasets,
): Promise<string[]> {
  const target = await deps.connectors.connect(config.connector, "write");
  const cursors = quoteQualified(config.schema, cursorsName);
  try {
    const [table] = await target.sql.unsafe<{ exists: boolean }[]>(
      "select to_regclass($1) is not null as exists",
      [cursors],
    );
    if (table?.exists !== true) return [];
    const names = datasets.map((dataset) => describeTable(dataset, config).name);
    const marked = await target.sql.unsafe<{ name: string }[]>(
      `update ${cursors} set snapshot = null, export_name = $1
      where table_name in (select json_array_elements_text($2::text::json))
      returning table_name as name`,
      [config.name, JSON.stringify(names)],
    );
    return marked.map(({ name }) => name);
  } catch (error) {
    const doing = `mark the cursors of export ${config.name}`;
    throw describeFailure(error, { doing, target: target.target });
  } finally {
    await target.end();
  }
}
