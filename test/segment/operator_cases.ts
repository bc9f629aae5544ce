import fc from "fast-check";
import type { ConditionOperator } from "../../src/config/condition_operator.ts";
import type { ModelCondition, ModelValue } from "./operator_model.ts";

/** Zones whose clocks and calendars differ in more than the hour. */
export const zones = [
  "UTC",
  "Europe/Kyiv",
  "America/New_York",
  "Asia/Kathmandu",
  "Africa/Cairo",
  "America/Havana",
  "Pacific/Apia",
  "Australia/Lord_Howe",
];

/** Moments at which something happens to the clocks or the calendar of one of the zones. */
export const edges = [
  "2026-03-29T01:00:00Z",
  "2026-10-25T01:00:00Z",
  "2026-03-08T07:00:00Z",
  "2026-11-01T06:00:00Z",
  "2024-04-25T22:00:00Z",
  "2025-11-02T05:00:00Z",
  "2011-12-30T10:00:00Z",
  "2026-04-04T15:00:00Z",
  "2024-02-29T00:00:00Z",
  "2025-02-28T12:00:00Z",
  "2025-12-31T23:00:00Z",
]
  .map(Date.parse);

/**
 * Moments within hours of an edge, on the same day or a few days or whole years away, so that the
 * edge itself is often among what is compared.
 */
export function momentsAround(edge: number): fc.Arbitrary<number> {
  return fc.tuple(
    fc.constantFrom(0, 0, 0, -1, 1, 2, -3, 365, -366, -1461),
    fc.integer({ min: -14, max: 14 }),
  ).map(([days, quarters]) => edge + days * 86_400_000 + quarters * 900_000);
}

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 5 });

/** Upper case outside ASCII depends on the database's locale, so it is left out. */
const letter = fc.constantFrom(
  "a",
  "B",
  "c",
  "%",
  "_",
  "\\",
  "'",
  '"',
  "$",
  ";",
  "-",
  " ",
  "é",
  "я",
  "日",
  "😀",
  "1",
  "\n",
  "{",
  "}",
);
const text = fc.array(letter, { maxLength: 4 }).map((letters) => letters.join(""));
const word = fc.array(letter, { minLength: 1, maxLength: 2 }).map((letters) => letters.join(""));
const decimal = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map(String),
  fc.constantFrom(
    "0.1",
    "-0.10",
    "2.50",
    "123456789012345678901234567890.5",
    "9007199254740993",
    "9007199254740992",
    "-9007199254740993",
  ),
);
const span = fc.record({
  amount: fc.integer({ min: 0, max: 40 }),
  unit: fc.constantFrom(
    "minutes" as const,
    "hours" as const,
    "days" as const,
    "weeks" as const,
    "months" as const,
    "years" as const,
  ),
});
const json = fc.oneof(
  fc.constantFrom(null, "", "a", 1, true, [], {}, ["a", 1]),
  fc.dictionary(fc.constantFrom("a", "b", "'"), fc.constantFrom("x", 1, null, "'")),
);

function condition(
  operator: ConditionOperator,
  value: fc.Arbitrary<unknown>,
  ignoreCase: fc.Arbitrary<boolean> = fc.constant(false),
): fc.Arbitrary<ModelCondition> {
  return fc.record({ operator: fc.constant(operator), value, ignoreCase });
}

function equalities(value: fc.Arbitrary<unknown>, ignoreCase?: fc.Arbitrary<boolean>) {
  const values = fc.array(value, { minLength: 1, maxLength: 3 });
  return [
    condition("equals", value, ignoreCase),
    condition("notEquals", value, ignoreCase),
    condition("in", values, ignoreCase),
    condition("notIn", values, ignoreCase),
    condition("isNull", fc.boolean()),
  ];
}

function bounds(value: fc.Arbitrary<unknown>) {
  return [
    ...(["<", "<=", ">", ">="] as const).map((operator) => condition(operator, value)),
    condition("between", fc.tuple(value, value)),
  ];
}

function momentConditions(
  instant: fc.Arbitrary<number>,
  day: fc.Arbitrary<number>,
): fc.Arbitrary<ModelCondition> {
  const isoOrDay = fc.oneof(
    day.map((at) => new Date(at).toISOString().slice(0, 10)),
    instant.map((at) => new Date(at).toISOString()),
    fc.constant("today"),
  );
  return fc.oneof(
    ...equalities(isoOrDay),
    ...bounds(isoOrDay),
    ...(["on", "before", "after"] as const).map((operator) => condition(operator, isoOrDay)),
    condition("today", fc.boolean()),
    condition("inLast", span),
    condition("inNext", span),
    condition("daysAgo", fc.integer({ min: 0, max: 3 })),
    condition("inDays", fc.integer({ min: 0, max: 3 })),
    condition("anniversary", fc.record({ offsetDays: fc.integer({ min: -3, max: 3 }) })),
    condition("anniversary", fc.constant({ offsetDays: 0 })),
    condition("month", fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 })),
    condition("weekday", fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 })),
  );
}

const patterns = fc.constantFrom("^a", "B$", "a.c", "[0-9]+", "я|é", "^$", "\\\\", "'");

/** Values of a column, and conditions on it. */
export type Column = readonly [fc.Arbitrary<ModelValue>, fc.Arbitrary<ModelCondition>];

/** A column of moments around an edge. */
function momentColumn(kind: "date" | "timestamp" | "timestamptz", edge: number): Column {
  const instant = momentsAround(edge);
  const day = instant.map((at) => Math.floor(at / 86_400_000) * 86_400_000);
  const values = orNull(kind === "date" ? day : instant);
  return [values.map((at) => ({ kind, at })), momentConditions(instant, day)];
}

/** Columns by the type they have in SQL: values and conditions that fit them, around an edge. */
export const columns: Record<string, Column | ((edge: number) => Column)> = {
  text: [
    orNull(text).map((text) => ({ kind: "text", text })),
    fc.oneof(
      ...equalities(text, fc.boolean()),
      condition("contains", word, fc.boolean()),
      condition("startsWith", word, fc.boolean()),
      condition("endsWith", word, fc.boolean()),
      condition("matches", patterns, fc.boolean()),
      condition("isEmpty", fc.boolean()),
    ),
  ],
  numeric: [
    orNull(fc.oneof(decimal, fc.constant("NaN"))).map((text) => ({ kind: "number", text })),
    fc.oneof(...equalities(decimal), ...bounds(decimal)),
  ],
  bigint: [
    orNull(decimal.filter((each) => /^-?\d{1,18}$/.test(each)))
      .map((text) => ({ kind: "number", text })),
    fc.oneof(...equalities(decimal), ...bounds(decimal)),
  ],
  boolean: [
    orNull(fc.boolean()).map((flag) => ({ kind: "boolean", flag })),
    fc.oneof(...equalities(fc.boolean())),
  ],
  date: (edge) => momentColumn("date", edge),
  "timestamp without time zone": (edge) => momentColumn("timestamp", edge),
  "timestamp with time zone": (edge) => momentColumn("timestamptz", edge),
  "text[]": [
    orNull(fc.array(word, { maxLength: 3 })).map((elements) => ({ kind: "array", elements })),
    fc.oneof(
      condition("contains", fc.oneof(word, fc.array(word, { minLength: 1, maxLength: 2 }))),
      condition("isEmpty", fc.boolean()),
      condition("isNull", fc.boolean()),
    ),
  ],
  jsonb: [
    fc.option(json, { nil: undefined }).map((json) => ({ kind: "json", json })),
    fc.oneof(
      condition("contains", fc.constantFrom("a", 1, { a: "x" }, { "'": "'" }, {})),
      condition("hasKey", fc.constantFrom("a", "'")),
      condition("isEmpty", fc.boolean()),
      condition("isNull", fc.boolean()),
    ),
  ],
};

/** The value as text that Postgres reads as the column's type. */
export function written(value: ModelValue): string | null {
  switch (value.kind) {
    case "text":
    case "number":
      return value.text;
    case "boolean":
      return value.flag === null ? null : String(value.flag);
    case "array":
      return value.elements === null
        ? null
        : `{${value.elements.map((each) => `"${each.replace(/["\\]/g, "\\$&")}"`).join(",")}}`;
    case "json":
      return value.json === undefined ? null : JSON.stringify(value.json);
    default:
      return value.at === null ? null : new Date(value.at).toISOString();
  }
}
