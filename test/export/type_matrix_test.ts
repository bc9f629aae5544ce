import assert from "node:assert/strict";
import { test } from "node:test";
import type { DatasetName } from "../../src/dataset/datasets.ts";
import { PerigeeError } from "../../src/error.ts";
import { openExport } from "../support/export_fixture.ts";

/** One column of each type that the hub has, with values that are hard to carry. */
const subjects: readonly {
  readonly dataset: DatasetName;
  readonly table: string;
  readonly key: string;
  readonly hubKey: string;
  readonly column: string;
  readonly hubColumn: string;
  readonly type: string;
  readonly values: readonly string[];
}[] = [
  {
    dataset: "contacts",
    table: "contacts",
    key: "contactId",
    hubKey: "contact_id",
    column: "totalSent",
    hubColumn: "total_sent",
    type: "integer",
    values: ["0", "1", "-1", "40000", "16777217", "2147483647"],
  },
  {
    dataset: "orders",
    table: "orders",
    key: "orderId",
    hubKey: "order_id",
    column: "contactId",
    hubColumn: "contact_id",
    type: "bigint",
    values: ["1", "-32768", "2147483648", "9007199254740993", "9223372036854775807"],
  },
  {
    dataset: "orders",
    table: "orders",
    key: "orderId",
    hubKey: "order_id",
    column: "totalCost",
    hubColumn: "total_cost",
    type: "numeric",
    values: ["1.5", "1.005", "0.1", "NaN", "12345678901234567890.123", "100", "1e30"],
  },
  {
    dataset: "contacts",
    table: "contacts",
    key: "contactId",
    hubKey: "contact_id",
    column: "firstName",
    hubColumn: "first_name",
    type: "text",
    values: ["", "a ", " b", "42", "007", "true", "2020-09-02", "Ünïcode 🎂", "A\\b'\"c", "{1,2}"],
  },
  {
    dataset: "contacts",
    table: "contacts",
    key: "contactId",
    hubKey: "contact_id",
    column: "lastSentDate",
    hubColumn: "last_sent_date",
    type: "timestamptz",
    values: [
      "2020-09-02 00:00:00+00",
      "2021-03-28 01:30:00.123456+00",
      "infinity",
      "-infinity",
      "0044-03-15 12:00:00+00 BC",
      "294276-12-31 23:59:59+00",
    ],
  },
  {
    dataset: "events",
    table: "events",
    key: "eventId",
    hubKey: "event_id",
    column: "paramsJson",
    hubColumn: "params_json",
    type: "jsonb",
    values: ["[]", '[{"name": "a", "value": "1"}]', "[1.50, true, null]", '["\\u20ac"]'],
  },
];

const foundTypes = [
  "smallint",
  "integer",
  "bigint",
  "numeric",
  "numeric(10,2)",
  "real",
  "double precision",
  "boolean",
  "text",
  "varchar(3)",
  "varchar(300)",
  "char(5)",
  "bytea",
  "date",
  "time",
  "timestamp",
  "timestamp(0)",
  "timestamptz",
  "interval",
  "json",
  "jsonb",
  "uuid",
  "text[]",
  "money",
  "inet",
  "oid",
];

interface Compared {
  readonly key: string;
  readonly hub: string | null;
  readonly here: string | null;
}

for (const subject of subjects) {
  const { dataset, table, key, hubKey, column, hubColumn, type, values } = subject;
  test(`a ${type} changes in no column type: it arrives equal, or is refused aloud`, async (t) => {
    const { hub, customer, run } = await openExport(t, {
      datasets: [dataset],
      longValues: "widen",
    });
    const more = dataset === "events" ? ["event_type_key, ", "'x', "] : ["", ""];
    for (const value of values) {
      await hub.sql.unsafe(
        `insert into perigee.${table} (${more[0]}${hubColumn}) values (${
          more[1]
        }$1::text::${type})`,
        [value],
      );
    }
    await run();
    for (const found of foundTypes) {
      await customer.sql.unsafe(`alter table ${table} drop column "${column}";
        alter table ${table} add column "${column}" ${found}`);
      await hub.sql.unsafe(`update perigee.${table} set ${hubColumn} = ${hubColumn}`);
      const outcome = await run().catch((error: unknown) => error);
      const utc = type === "timestamptz" ? " at time zone 'UTC'" : "";
      const wanted = await hub.sql.unsafe<Compared[]>(
        `select ${hubKey}::text as key, (${hubColumn}${utc})::text as hub from perigee.${table}`,
      );
      const there = await customer.sql.unsafe<Compared[]>(
        `select "${key}"::text as key, "${column}"::text as here from ${table}`,
      );
      const refused = await customer.sql.unsafe<{ key: string }[]>(
        `select key ->> '${key}' as key from perigee_rejects`,
      );
      const rejects = new Set(refused.map((row) => row.key));
      if (outcome instanceof Error) {
        assert.ok(outcome instanceof PerigeeError, `${found}: ${outcome.stack}`);
        assert.equal(outcome.code, "PG510", found);
        assert.match(outcome.message, new RegExp(`column ${column} is `), found);
        continue;
      }
      const byKey = new Map(there.map((row) => [row.key, row.here]));
      for (const row of wanted) {
        if (rejects.has(row.key)) {
          assert.equal(byKey.get(row.key) ?? null, null, `${found}: a refused value was written`);
          continue;
        }
        const [same] = await customer.sql.unsafe<{ same: boolean }[]>(
          `select $1::text::${comparedAs(type)} is not distinct from $2::text::${
            comparedAs(type)
          } as same`,
          [row.hub, byKey.get(row.key) ?? null],
        );
        assert.ok(same?.same, `${found}: ${row.hub} became ${byKey.get(row.key)}`);
      }
    }
  });
}

function comparedAs(type: string): string {
  return type === "timestamptz" ? "timestamp" : type;
}
