import * as v from "valibot";
import { datasets } from "../dataset/datasets.ts";
import { choice, country, flag, id, identifier, integer, reference, size, text } from "./leaf.ts";
import { duration } from "./leaf_time.ts";
import { scheduleKeys, stalenessKey } from "./schema_schedule.ts";

const [firstDataset, ...otherDatasets] = [...datasets.keys()];
if (firstDataset === undefined) throw new Error("there are no datasets");
/** The nine names, in the form that `choice` takes. */
export const datasetNames = [firstDataset, ...otherDatasets] as const;

const orderBy = v.union([
  text("A column, ascending, or `column desc`.", { example: "created_at desc" }),
  v.strictObject({
    column: identifier("Column to order by."),
    descending: v.optional(flag("Largest first."), false),
  }),
]);

/** One external table or view. */
export const sourceSchema = v.pipe(
  v.strictObject({
    id: id("Number of the source in events (`jsonParam`) and templates. Never reuse one.", "1043"),
    connector: reference("connectors", "The database that has the table.", "shop"),
    schema: v.optional(identifier("Schema of the table."), "public"),
    table: identifier("Table or view.", "promo_codes"),
    columns: v.optional(v.pipe(
      v.array(identifier("A column.")),
      v.minLength(1),
      v.description("Columns that reach templates and events; without it all."),
    )),
    order_by: v.optional(v.pipe(
      v.array(orderBy),
      v.description("Order of a contact's rows; without it the table's primary key."),
    )),
    limit: v.optional(integer("Most rows that a contact gets.", 1, 100_000), 100),
    max_value: v.optional(
      size("Longest value; a longer one becomes null and is counted.", 1 << 10, 1 << 24),
      "64KB",
    ),
    max_rows_size: v.optional(
      size(
        "Most that the rows of one contact take, as JSON; rows from the first that does not fit are left out and counted.",
        1 << 10,
        1 << 26,
      ),
      "1MB",
    ),
    values: v.optional(
      choice(
        ["text", "typed"],
        "`text` gives every value as text, as documented; `typed` keeps JSON numbers and booleans.",
      ),
      "text",
    ),
  }),
  v.description("A table or view of a connector whose rows belong to contacts."),
);

/** Types that a mapping may cast to; nothing else of a mapping becomes SQL text. */
export const castTypes = [
  "text",
  "integer",
  "bigint",
  "smallint",
  "numeric",
  "real",
  "double precision",
  "boolean",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "uuid",
  "jsonb",
] as const;

const mappingKeys = {
  column: v.optional(identifier("Column of the source.")),
  constant: v.optional(
    v.pipe(v.unknown(), v.description("The same value for every row; may be null.")),
  ),
  cast: v.optional(
    v.pipe(v.lazy(() => mappingValueSchema), v.description("Value whose type `to` changes.")),
  ),
  to: v.optional(choice(castTypes, "Type that `cast` makes of its value.")),
  coalesce: v.optional(v.pipe(
    v.array(v.lazy(() => mappingValueSchema)),
    v.minLength(1),
    v.description("The first of these values that is not null."),
  )),
};

/** Where one value comes from, as written: a column's name or a mapping with one of its keys. */
export type MappingValueInput = string | {
  column?: string | undefined;
  constant?: unknown;
  cast?: MappingValueInput | undefined;
  to?: (typeof castTypes)[number] | undefined;
  coalesce?: MappingValueInput[] | undefined;
};

/** A value within `cast` and `coalesce`. */
export const mappingValueSchema: v.GenericSchema<MappingValueInput> = v.union([
  identifier("Column of the source."),
  v.strictObject(mappingKeys),
]);

const mappingSchema = v.union([
  identifier("Column of the source."),
  v.strictObject({
    ...mappingKeys,
    policy: v.optional(choice(
      ["overwrite", "fill_empty", "never"],
      "Which value wins when source and hub differ; without it the import's `policy`. `never` sets new contacts only.",
    )),
    nulls: v.optional(choice(["keep", "overwrite"], "May a null empty the hub's value?")),
  }),
]);

/** Rows from a connector into a dataset of the hub. */
export const importSchema = v.pipe(
  v.strictObject({
    connector: reference("connectors", "The database to read.", "shop"),
    schema: v.optional(identifier("Schema of the table. Without it `public`.")),
    table: v.optional(identifier("Table or view to read. Excludes `query`.", "customers")),
    query: v.optional(
      text("SELECT to read instead of a table.", { example: "select id, email from customers" }),
    ),
    dataset: v.optional(choice(datasetNames, "Dataset of the hub that it fills."), "contacts"),
    mapping: v.optional(
      v.pipe(
        v.record(identifier("Documented parameter."), mappingSchema),
        v.description("Where each documented parameter of the dataset comes from."),
      ),
      {},
    ),
    fields: v.optional(
      v.pipe(
        v.record(identifier("Additional field."), mappingSchema),
        v.description("Where each additional field of the contact comes from; contacts only."),
      ),
      {},
    ),
    policy: v.optional(
      choice(
        ["overwrite", "fill_empty", "never"],
        "Which value wins when source and hub differ.",
      ),
      "overwrite",
    ),
    nulls: v.optional(
      choice(["keep", "overwrite"], "May a null of the source empty the hub's value?"),
      "keep",
    ),
    ...scheduleKeys,
    listen: v.optional(
      identifier(
        "Channel in the customer's database whose NOTIFY starts a run.",
        "customers_changed",
      ),
    ),
    mode: v.optional(
      choice(
        ["changes", "full"],
        "`changes` reads what changed since the last run, where the table allows.",
      ),
      "changes",
    ),
    cursor: v.optional(v.pipe(
      v.union([
        identifier("Column that grows with every change.", "updated_at"),
        v.strictObject({
          column: identifier("Column that grows with every change."),
          lookback: v.optional(duration("How far before the last value a run reads again."), "1h"),
        }),
      ]),
      v.description("Indexed column that narrows what a run in mode `changes` reads."),
    )),
    on_missing: v.optional(
      choice(
        ["keep", "unsubscribe", "delete"],
        "What happens to rows that are gone from the source. A run that would remove more than a fifth stops and asks.",
      ),
      "keep",
    ),
    max_rows: v.optional(
      integer("Rows that one run may read; more is an error.", 1, 10_000_000_000),
      100_000_000,
    ),
    default_country: v.optional(
      country(
        "Country of phone numbers without their country's code; without it the connector key's.",
      ),
    ),
    ...stalenessKey,
  }),
  v.description("Rows of a customer's database that become contacts or rows of another dataset."),
);

/** Datasets of the hub into a schema of a connector's database. */
export const exportSchema = v.pipe(
  v.strictObject({
    connector: reference("connectors", "The database to write.", "shop"),
    schema: v.optional(identifier("Schema of the tables; it must exist."), "public"),
    datasets: v.optional(
      v.pipe(
        v.array(choice(datasetNames, "A dataset.")),
        v.minLength(1),
        v.description("Datasets to export; without it all nine."),
      ),
    ),
    ...scheduleKeys,
    on_change: v.optional(flag("Also export soon after the hub's data changed."), false),
    debounce: v.optional(
      duration("How long `on_change` gathers changes after the first, which goes at once."),
      "100ms",
    ),
    naming: v.optional(
      choice(
        ["documented", "snake_case"],
        'Names of tables and columns: `"contactActivities"."contactId"` or `contact_activities.contact_id`.',
      ),
      "documented",
    ),
    deprecated_columns: v.optional(flag("Also write the columns' older names."), false),
    long_values: v.optional(
      choice(
        ["truncate", "widen"],
        "Values longer than documented are cut and counted, or the columns are text.",
      ),
      "truncate",
    ),
    deletes: v.optional(
      choice(["keep", "propagate"], "Whether rows deleted in the hub are deleted in the tables."),
      "keep",
    ),
    status_tables: v.optional(
      flag("Keep the tables `perigee_exports` and `perigee_rejects` beside the datasets."),
      true,
    ),
    ...stalenessKey,
  }),
  v.description("Datasets of the hub, kept equal in a schema of a connector's database."),
);
