import type { FittedTable } from "./fit_table.ts";
import {
  addColumnsStatement,
  createTableStatements,
  primaryKeyStatement,
  widenColumnsStatement,
} from "./table_ddl.ts";

/** The DDL that a run executes for a table, in this order; the plan shows the same. */
export function tableStatements(fitted: FittedTable): string[] {
  if (fitted.exists) return alterationStatements(fitted);
  return [...createTableStatements(fitted.table), primaryKeyStatement(fitted.table)];
}

/** What an existing table still needs: documented columns that it lacks, limits that are lifted. */
export function alterationStatements({ table, added, widened }: FittedTable): string[] {
  return [
    ...added.length > 0 ? [addColumnsStatement(table, added)] : [],
    ...widened.length > 0 ? [widenColumnsStatement(table, widened)] : [],
  ];
}
