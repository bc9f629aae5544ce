import * as v from "valibot";
import { choice, id, identifier, reference, text } from "./leaf.ts";
import { duration } from "./leaf_time.ts";
import { datasetNames } from "./schema_data.ts";
import { scheduleKeys, stalenessKey } from "./schema_schedule.ts";
import { segmentTestsSchema } from "./schema_test_case.ts";

const condition = v.pipe(v.unknown(), v.metadata({ conditions: true }));

const conditions = v.pipe(
  v.record(identifier("Column."), condition),
  v.description(
    "Column → value (equals) or { operator: value }; all of them must hold on the same row.",
  ),
);

const count = v.pipe(
  v.unknown(),
  v.description('How many rows must match: a number, or { ">=": 2 }, { between: [1, 3] }.'),
);

/** One node of a segment's tree, as written. */
export interface SegmentNodeInput {
  all?: SegmentNodeInput[] | undefined;
  any?: SegmentNodeInput[] | undefined;
  none?: SegmentNodeInput[] | undefined;
  source?: string | undefined;
  contact?: Record<string, unknown> | undefined;
  dataset?: (typeof datasetNames)[number] | undefined;
  conditions?: Record<string, unknown> | undefined;
  count?: unknown;
  sum?: Record<string, unknown> | undefined;
  segment?: string | undefined;
  sql?: string | undefined;
  connector?: string | undefined;
}

const nodes = (means: string) =>
  v.optional(
    v.pipe(v.array(v.lazy(() => segmentNodeSchema)), v.minLength(1), v.description(means)),
  );

/** The recursive tree: exactly one of all, any, none, source, contact, dataset, segment and sql. */
export const segmentNodeSchema: v.GenericSchema<SegmentNodeInput> = v.pipe(
  v.strictObject({
    all: nodes("Every one of these holds."),
    any: nodes("At least one of these holds."),
    none: nodes("None of these holds."),
    source: v.optional(reference("sources", "Rows of this source, with `conditions` and `count`.")),
    contact: v.optional(v.pipe(
      v.record(identifier("Field of the contact."), condition),
      v.description("Conditions on the contact's own fields."),
    )),
    dataset: v.optional(
      choice(datasetNames, "Rows of this dataset, with `conditions`, `count` and `sum`."),
    ),
    conditions: v.optional(conditions),
    count: v.optional(count),
    sum: v.optional(v.pipe(
      v.record(v.string(), v.unknown()),
      v.description('Sum of a column over the matching rows: { column: totalCost, ">": 100 }.'),
    )),
    segment: v.optional(reference("segments", "The members of another segment.")),
    sql: v.optional(text("A SELECT of one column of keys, run read-only in `connector`.")),
    connector: v.optional(reference("connectors", "Database that `sql` runs in.")),
  }),
  v.description("A condition, or several put together."),
);

/** A dynamic set of contacts. */
export const segmentSchema = v.pipe(
  v.strictObject({
    id: id("Number of the segment: events have the type `regularEventType-<id>`.", "170531841"),
    where: v.pipe(
      v.lazy(() => segmentNodeSchema),
      v.description("Who is in it."),
    ),
    exclude: v.optional(v.pipe(
      v.lazy(() => segmentNodeSchema),
      v.description("Who is not in it although `where` holds."),
    )),
    ...scheduleKeys,
    listen: v.optional(
      identifier(
        "Channel in the databases of its sources whose NOTIFY evaluates it again.",
        "promo_codes_changed",
      ),
    ),
    debounce: v.optional(
      duration("How long notifications are gathered after the first, which counts at once."),
      "100ms",
    ),
    ...stalenessKey,
    tests: segmentTestsSchema,
  }),
  v.description("Contacts that match conditions over sources, contact fields and datasets."),
);
