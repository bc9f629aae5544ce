import type { ConditionConfig, SegmentNode } from "../config/model_segment.ts";
import { type Dataset, requireDataset } from "../dataset/datasets.ts";
import { PerigeeError } from "../error.ts";
import { quoteIdentifier, quoteLiteral } from "../postgres/identifier.ts";
import { acceptsZero, compareNumberSql, conditionSql } from "./condition_sql.ts";
import type { Moment } from "./moment_condition.ts";
import { columnOperand, fieldOperand, type Operand } from "./operand.ts";

type ContactNode = Extract<SegmentNode, { kind: "contact" }>;
type DatasetNode = Extract<SegmentNode, { kind: "dataset" }>;

/** SELECT of the contacts whose fields meet all conditions. */
export function contactLeafSql(node: ContactNode, moment: Moment): string {
  const contacts = requireDataset("contacts");
  const sql = node.conditions.map((condition) =>
    conditionSql(condition, contactOperand(contacts, condition, moment), moment)
  );
  return `select c.contact_id from perigee.contacts as c${whereAll(sql)}`;
}

function contactOperand(contacts: Dataset, condition: ConditionConfig, moment: Moment): Operand {
  return findDatasetOperand(contacts, "c", condition.column, moment) ??
    fieldOperand(`(c.fields -> ${quoteLiteral(condition.column)})`, condition, moment.zone.name);
}

/**
 * SELECT of the contacts with rows in a dataset that meet all conditions, in the number and with the
 * sum that the leaf asks for. Contacts without such rows have number and sum 0.
 */
export function datasetLeafSql(node: DatasetNode, moment: Moment): string {
  const dataset = requireDataset(node.dataset);
  const conditions = node.conditions.map((condition) =>
    conditionSql(condition, datasetOperand(dataset, condition, moment), moment)
  );
  const rows = `${rowsOf(dataset, node)}${whereAll(conditions)}`;
  const { count, sum } = node;
  if (count === undefined && sum === undefined) return contactsWith(rows);
  const having = [
    ...(count === undefined ? [] : [compareNumberSql("count(*)", count)]),
    ...(sum === undefined ? [] : [
      compareNumberSql(`coalesce(sum(${sumOperand(dataset, node, moment)}), 0)`, sum.compare),
    ]),
  ].join(" and ");
  const takesNone = [count, sum?.compare].every((each) => each === undefined || acceptsZero(each));
  const group = (condition: string) => contactsWith(`${rows} group by 1 having ${condition}`);
  if (!takesNone) return group(having);
  return `select contact_id from perigee.contacts except (${group(`not (${having})`)})`;
}

function contactsWith(rows: string): string {
  return `select c.contact_id from perigee.contacts as c where c.contact_id in (${rows})`;
}

function rowsOf(dataset: Dataset, node: DatasetNode): string {
  const table = `perigee.${quoteIdentifier(dataset.hubTable)}`;
  if (dataset.columns.some(({ hubColumn }) => hubColumn === "contact_id")) {
    return `select d.contact_id from ${table} as d`;
  }
  if (dataset.name === "orderItems") {
    return `select o.contact_id from ${table} as d join perigee.orders as o on o.order_id = d.order_id`;
  }
  throw new PerigeeError(`rows of ${dataset.name} belong to no contact (${node.place})`, {
    kind: "config",
    code: "PG622",
    advice: "Use contactActivities, which says what happened to a message for each contact.",
  });
}

function sumOperand(dataset: Dataset, node: DatasetNode, moment: Moment): string {
  const column = node.sum?.column ?? "";
  const operand = requireDatasetOperand(dataset, column, node.place, moment);
  if (operand.family === "number") return operand.sql;
  throw new PerigeeError(`sum needs a number, and ${column} at ${node.place} is none`, {
    kind: "config",
    code: "PG620",
    advice: "Name a numeric column of the dataset.",
  });
}

function datasetOperand(dataset: Dataset, condition: ConditionConfig, moment: Moment): Operand {
  return requireDatasetOperand(dataset, condition.column, condition.place, moment);
}

function requireDatasetOperand(
  dataset: Dataset,
  column: string,
  place: string,
  moment: Moment,
): Operand {
  const operand = findDatasetOperand(dataset, "d", column, moment);
  if (operand !== undefined) return operand;
  throw new PerigeeError(`dataset ${dataset.name} has no column ${column} (${place})`, {
    kind: "config",
    code: "PG621",
    advice: "docs/datasets.md lists the columns.",
  });
}

function findDatasetOperand(
  dataset: Dataset,
  alias: string,
  parameter: string,
  moment: Moment,
): Operand | undefined {
  const column = dataset.columns.find((each) => each.parameter === parameter);
  if (column === undefined) return undefined;
  const sql = `${alias}.${quoteIdentifier(column.hubColumn)}`;
  return columnOperand(sql, column.hubType, false, moment.zone.name);
}

function whereAll(conditions: readonly string[]): string {
  return conditions.length === 0
    ? ""
    : ` where ${conditions.map((sql) => `(${sql})`).join(" and ")}`;
}
