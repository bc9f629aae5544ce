import { requireDataset } from "../dataset/datasets.ts";
import type { ImportConfig, MappingConfig, MappingValue } from "./model.ts";
import type { ResolveContext } from "./resolve_context.ts";
import type { ConfigInput } from "./schema.ts";
import { suggestName } from "./spelling.ts";
import type { TreePath } from "./tree.ts";
import { shownName } from "./shown_name.ts";

type ImportInput = ConfigInput["imports"][string];
type ValueInput = ImportInput["mapping"][string];

const valueKeys = ["column", "constant", "cast", "coalesce"] as const;

function constantOf(
  value: unknown,
  path: TreePath,
  context: ResolveContext,
): MappingValue | undefined {
  const isScalar = value === null || typeof value === "string" || typeof value === "boolean" ||
    typeof value === "number" && Number.isFinite(value);
  if (isScalar) return { kind: "constant", value };
  context.error(
    "PG122",
    context.value([...path, "constant"]),
    "`constant` wants a text, a number, true, false or null.",
  );
  return undefined;
}

function resolveValue(
  input: ValueInput,
  path: TreePath,
  context: ResolveContext,
): MappingValue | undefined {
  if (typeof input === "string") return { kind: "column", column: input };
  const given = valueKeys.filter((key) => Object.hasOwn(input, key));
  if (given.length !== 1) {
    context.error(
      given.length === 0 ? "PG153" : "PG152",
      given[1] === undefined ? context.value(path) : context.key([...path, given[1]]),
      "A value comes from exactly one of `column`, `constant`, `cast` and `coalesce`.",
    );
    return undefined;
  }
  if ((input.cast === undefined) !== (input.to === undefined)) {
    const message = "`cast` and `to` go together: `{ cast: id, to: text }`.";
    context.error("PG153", context.value(path), message);
    return undefined;
  }
  if (input.column !== undefined) return { kind: "column", column: input.column };
  if (input.cast !== undefined && input.to !== undefined) {
    const value = resolveValue(input.cast as ValueInput, [...path, "cast"], context);
    return value === undefined ? undefined : { kind: "cast", value, type: input.to };
  }
  if (input.coalesce === undefined) return constantOf(input.constant, path, context);
  const values = input.coalesce.map((each, index) =>
    resolveValue(each as ValueInput, [...path, "coalesce", index], context)
  );
  const good = values.filter((value) => value !== undefined);
  return good.length === values.length ? { kind: "coalesce", values: good } : undefined;
}

function resolveOne(
  target: string,
  isAdditionalField: boolean,
  input: ImportInput,
  path: TreePath,
  context: ResolveContext,
): MappingConfig | undefined {
  const written = (isAdditionalField ? input.fields : input.mapping)[target];
  if (written === undefined) return undefined;
  const at = [...path, isAdditionalField ? "fields" : "mapping", target];
  const value = resolveValue(written, at, context);
  if (value === undefined) return undefined;
  const own = typeof written === "string" ? undefined : written;
  return {
    target,
    isAdditionalField,
    value,
    policy: own?.policy ?? input.policy,
    nullOverwrites: (own?.nulls ?? input.nulls) === "overwrite",
  };
}

function checkTarget(
  target: string,
  input: ImportInput,
  path: TreePath,
  context: ResolveContext,
): void {
  const dataset = requireDataset(input.dataset);
  const known = dataset.columns.map((column) => column.parameter);
  if (known.includes(target)) return;
  const near = suggestName(target, known);
  const asField = input.dataset === "contacts"
    ? "Additional fields of contacts go under `fields`."
    : "docs/datasets.md lists the parameters.";
  context.error(
    "PG143",
    context.key([...path, "mapping", target]),
    `The dataset ${input.dataset} has no parameter \`${shownName(target)}\`.`,
    near ?? asField,
  );
}

/** Where each column and additional field of an import comes from. */
export function resolveMapping(
  input: ImportInput,
  path: TreePath,
  context: ResolveContext,
): ImportConfig["mapping"] {
  for (const target of Object.keys(input.mapping)) checkTarget(target, input, path, context);
  const fields = Object.keys(input.fields);
  if (fields.length > 0 && input.dataset !== "contacts") {
    context.error(
      "PG152",
      context.key([...path, "fields"]),
      "Only contacts have additional fields.",
    );
  }
  if (fields.length + Object.keys(input.mapping).length === 0) {
    context.error("PG153", context.key(path), "An import needs at least one entry in `mapping`.");
  }
  return [
    ...Object.keys(input.mapping).map((each) => resolveOne(each, false, input, path, context)),
    ...fields.map((each) => resolveOne(each, true, input, path, context)),
  ].filter((mapping) => mapping !== undefined);
}
