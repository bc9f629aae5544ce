import { type DatasetName, requireDataset } from "../dataset/datasets.ts";
import {
  type ColumnFamily,
  columnFamily,
  type ConditionOperator,
  conditionOperators,
  findOperator,
  operatorSpellings,
} from "./condition_operator.ts";
import { parseConditionValue } from "./condition_value.ts";
import type { ConditionConfig, CountConfig } from "./model_segment.ts";
import { formatPlace } from "./place.ts";
import type { ResolveContext } from "./resolve_context.ts";
import { shownName } from "./shown_name.ts";
import { suggestName } from "./spelling.ts";
import { plainOf, type TreeNode, type TreePath } from "./tree.ts";

/** Type families of a dataset's columns, which are known without a database. */
function familyIn(dataset: DatasetName, column: string): ColumnFamily | undefined {
  const found = requireDataset(dataset).columns.find((each) => each.parameter === column);
  return found === undefined ? undefined : columnFamily(found.hubType);
}

function isKnown(column: string, dataset: DatasetName): boolean {
  const { columns } = requireDataset(dataset);
  return dataset === "contacts" || columns.some((each) => each.parameter === column);
}

function checkColumn(
  column: string,
  dataset: DatasetName,
  path: TreePath,
  context: ResolveContext,
): void {
  // Any other name on a contact is an additional field; resolve.ts warns when no import fills it.
  if (isKnown(column, dataset)) return;
  const known = requireDataset(dataset).columns.map((each) => each.parameter);
  context.error(
    "PG143",
    context.key(path),
    `The dataset ${dataset} has no parameter \`${shownName(column)}\`.`,
    suggestName(column, known),
  );
}

/** `{ value: …, ignoreCase: true }` taken apart; other values are their own value. */
function unfold(node: TreeNode): { value: TreeNode | undefined; ignoreCase: unknown } {
  if (node.kind !== "map" || !node.entries.has("ignoreCase")) {
    return { value: node, ignoreCase: false };
  }
  const flag = node.entries.get("ignoreCase");
  const isExact = node.entries.size === 2 && node.entries.has("value");
  return {
    value: isExact ? node.entries.get("value")?.node : undefined,
    ignoreCase: flag === undefined ? false : plainOf(flag.node),
  };
}

function resolveOne(
  column: string,
  operator: ConditionOperator,
  node: TreeNode,
  family: ColumnFamily | undefined,
  context: ResolveContext,
): ConditionConfig | undefined {
  if (node.kind === "scalar" && node.isBroken) return undefined;
  const rule = conditionOperators[operator];
  if (family !== undefined && !(rule.fits as readonly string[]).includes(family)) {
    const fitting = Object.entries(conditionOperators)
      .filter(([, each]) => (each.fits as readonly string[]).includes(family))
      .map(([name]) => `\`${name}\``);
    context.error(
      "PG146",
      node.place,
      `\`${operator}\` does not fit \`${shownName(column)}\`, a column of ${familyNames[family]}.`,
      `Those that fit: ${fitting.join(", ")}.`,
    );
    return undefined;
  }
  const { value, ignoreCase } = unfold(node);
  const parsed = value === undefined || typeof ignoreCase !== "boolean" ||
      ignoreCase && !rule.takesIgnoreCase
    ? { wanted: rule.takesIgnoreCase ? "{ value: …, ignoreCase: true }" : "no `ignoreCase`" }
    : parseConditionValue(operator, plainOf(value), family);
  if ("value" in parsed) {
    const place = formatPlace(node.place);
    return { column, operator, value: parsed.value, ignoreCase: ignoreCase === true, place };
  }
  context.error(
    "PG145",
    node.place,
    `\`${shownName(column)}.${operator}\` wants ${parsed.wanted}.`,
  );
  return undefined;
}

const familyNames: Readonly<Record<ColumnFamily, string>> = {
  text: "text",
  number: "numbers",
  boolean: "true and false",
  moment: "dates",
  array: "lists",
  json: "jsonb",
};

/** A null or a list in the place of operators has one obvious meaning; say it. */
function explainBare(column: string, node: TreeNode, context: ResolveContext): void {
  const advice = node.kind === "list" ? "Write `{ in: [ … ] }`." : "Write `{ isNull: true }`.";
  context.error(
    "PG145",
    node.place,
    `\`${shownName(column)}\` wants a value or operators.`,
    advice,
  );
}

function resolveColumn(
  column: string,
  node: TreeNode,
  family: ColumnFamily | undefined,
  context: ResolveContext,
): (ConditionConfig | undefined)[] {
  if (node.kind === "scalar" && node.isBroken) return [undefined];
  if (node.kind === "scalar" && node.value !== null) {
    return [resolveOne(column, "equals", node, family, context)];
  }
  if (node.kind !== "map" || node.entries.size === 0) {
    explainBare(column, node, context);
    return [undefined];
  }
  return [...node.entries].map(([spelling, entry]) => {
    const operator = findOperator(spelling);
    if (operator !== undefined) return resolveOne(column, operator, entry.node, family, context);
    context.error(
      "PG144",
      entry.keyPlace,
      `\`${shownName(column)}\`: there is no operator \`${shownName(spelling)}\`.`,
      suggestName(spelling, operatorSpellings),
    );
    return undefined;
  });
}

/**
 * The conditions written at the path; an empty list when there are none, undefined with findings
 * when one of them is unusable. `dataset` is undefined for sources, whose columns only the
 * customer's catalog knows.
 */
export function resolveConditions(
  path: TreePath,
  dataset: DatasetName | undefined,
  context: ResolveContext,
): readonly ConditionConfig[] | undefined {
  const node = context.node(path);
  if (node?.kind !== "map") return [];
  const resolved = [...node.entries].flatMap(([column, entry]) => {
    if (dataset !== undefined) checkColumn(column, dataset, [...path, column], context);
    const family = dataset === undefined ? undefined : familyIn(dataset, column);
    return resolveColumn(column, entry.node, family, context);
  });
  const good = resolved.filter((condition) => condition !== undefined);
  return good.length === resolved.length ? good : undefined;
}

const countOperators: ReadonlyMap<string, CountConfig["operator"]> = new Map([
  ["=", "="],
  ["==", "="],
  ["equals", "="],
  ["!=", "<>"],
  ["<>", "<>"],
  ["≠", "<>"],
  ["notEquals", "<>"],
  ["<", "<"],
  ["<=", "<="],
  [">", ">"],
  [">=", ">="],
  ["≤", "<="],
  ["≥", ">="],
  ["lessThan", "<"],
  ["greaterThan", ">"],
  ["atMost", "<="],
  ["atLeast", ">="],
  ["between", "between"],
]);

function compareOf(
  operator: string,
  value: unknown,
  isGood: (value: number) => boolean,
): CountConfig | undefined {
  const known = countOperators.get(operator);
  const isNumber = (each: unknown): each is number => typeof each === "number" && isGood(each);
  if (known !== "between") {
    return known === undefined || !isNumber(value) ? undefined : { operator: known, value };
  }
  const [lower, upper, ...rest] = Array.isArray(value) ? value as unknown[] : [];
  if (!isNumber(lower) || !isNumber(upper) || rest.length > 0) return undefined;
  return { operator: known, value: [lower, upper] };
}

/** `count` at the path: undefined when absent, `bad` with a finding when malformed. */
export function resolveCount(
  path: TreePath,
  context: ResolveContext,
): CountConfig | undefined | "bad" {
  const node = context.node(path);
  if (node === undefined || !context.has(path)) return undefined;
  const value = plainOf(node);
  const isGood = (each: number) => Number.isInteger(each) && each >= 0;
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const [operator, bound] = entries[0] ?? ["=", value];
  const parsed = entries.length > 1 ? undefined : compareOf(operator, bound, isGood);
  if (parsed !== undefined) return parsed;
  const message = '`count` wants a whole number, { ">=": 2 } or { between: [1, 3] }.';
  context.error("PG145", node.place, message);
  return "bad";
}

/** `sum` at the path: undefined when absent, `bad` with a finding when malformed. */
export function resolveSum(path: TreePath, dataset: DatasetName, context: ResolveContext) {
  const node = context.node(path);
  if (node?.kind !== "map" || !context.has(path)) return undefined;
  const { column, ...rest } = plainOf(node) as Record<string, unknown>;
  const [operator, bound] = Object.entries(rest)[0] ?? [];
  const compare = operator === undefined || Object.keys(rest).length !== 1
    ? undefined
    : compareOf(operator, bound, Number.isFinite);
  if (typeof column === "string" && familyIn(dataset, column) === "number" && compare) {
    return { column, compare };
  }
  if (typeof column === "string" && !isKnown(column, dataset)) {
    checkColumn(column, dataset, [...path, "column"], context);
    return "bad" as const;
  }
  const message =
    '`sum` wants a column of numbers and one comparison: { column: totalCost, ">": 100 }.';
  context.error("PG145", node.place, message);
  return "bad" as const;
}
