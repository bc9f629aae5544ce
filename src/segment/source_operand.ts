import type { SourceConfig } from "../config/model.ts";
import type { ConditionConfig } from "../config/model_segment.ts";
import { PerigeeError } from "../error.ts";
import { quoteIdentifier } from "../postgres/identifier.ts";
import type { Moment } from "./moment_condition.ts";
import { columnOperand, comparedType, type Operand } from "./operand.ts";
import type { SourceTable } from "./source_catalog.ts";

/** The operand for a condition on a source's column, over the source's table under the name `t`. */
export function sourceOperand(
  source: SourceConfig,
  table: SourceTable,
  { column, place }: ConditionConfig,
  moment: Moment,
): Operand {
  const found = table.columns.get(column);
  if (found === undefined) {
    const names = [...table.columns.keys()].join(", ");
    throw new PerigeeError(
      `source ${source.name} has no column ${column}, which ${place} compares; it has ${names}`,
      { kind: "schema", code: "PG621", advice: "Correct the name of the column." },
    );
  }
  const sql = `t.${quoteIdentifier(column)}`;
  const isEnum = found.typeCategory === "E";
  const operand = columnOperand(sql, comparedType(found), isEnum, moment.zone.name);
  if (operand !== undefined) return operand;
  throw new PerigeeError(
    `column ${column} of source ${source.name} has type ${found.type}, which no operator compares (${place})`,
    {
      kind: "config",
      code: "PG620",
      advice: "Use another column, a view that casts it, or a leaf with sql.",
    },
  );
}
