import assert from "node:assert/strict";
import { test } from "node:test";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import type { TestDatabase } from "../support/database.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  luckyOnce,
  openFaultWorld,
  startInWorld,
  waitForRoundTrip,
} from "./fault_world.ts";

/** What an administrator may set for every session of a database, as far from the usual as it goes. */
const settings: Readonly<Record<string, string>> = {
  datestyle: "SQL, DMY",
  timezone: "Asia/Kathmandu",
  intervalstyle: "sql_standard",
  search_path: "nowhere",
  bytea_output: "escape",
  extra_float_digits: "-3",
  standard_conforming_strings: "off",
  default_transaction_isolation: "serializable",
  statement_timeout: "1ms",
  lock_timeout: "1ms",
  idle_in_transaction_session_timeout: "1ms",
  quote_all_identifiers: "on",
};

async function setOtherwise({ sql, target }: TestDatabase): Promise<void> {
  const database = quoteIdentifier(target.database);
  for (const [name, value] of Object.entries(settings)) {
    const list = name === "datestyle" ? value : `'${value}'`;
    await sql.unsafe(`alter database ${database} set ${name} = ${list}`);
  }
}

const parts = `
imports:
  customers:
    connector: shop
    table: customers
    every: 1s
    mapping: { email: email, firstName: name }
    fields: { born: born, joined: joined, price: price }
${luckyOnce}exports:
  shop: { connector: shop, every: 1s, on_change: true }
`;

const columns = "add born date, add joined timestamptz, add price double precision, add raw bytea";
const values =
  `born = '2020-02-01', joined = '2026-03-04 05:06:07.891011+00', price = 0.1::float8 + 0.2::float8,
  raw = '\\x00ff5c27'`;

test("whatever an administrator sets for sessions of hub and customer, every value stays what it is", async (t) => {
  const world = await openFaultWorld(t);
  const { hub, shop, receiver } = world;
  for (const table of ["customers", "codes"]) {
    await shop.sql.unsafe(`alter table ${table} ${columns}; update ${table} set ${values}`);
  }
  await hub.sql`insert into perigee.revenue (total_cost, order_date)
    values (0.1, '2026-03-04 05:06:07.891011+00'), ('NaN', 'infinity')`;
  await setOtherwise(hub);
  await setOtherwise(shop);
  const daemon = await startInWorld(t, world, { parts });
  await waitForRoundTrip(world, "Otherwise");
  await waitFor("thirty events", () => receiver.requests.length >= 30 || undefined, deadlineMs);
  const fields = await hub.sql<{ fields: unknown }[]>`
    select distinct fields::text as fields from perigee.contacts`;
  assert.deepEqual(fields.map((row) => JSON.parse(String(row.fields))), [
    { born: "2020-02-01", joined: "2026-03-04T05:06:07.891011+00:00", price: 0.30000000000000004 },
  ]);
  const events = await hub.sql<{ params: string }[]>`
    select params_json::text as params from perigee.events join perigee.contacts using (contact_id)
    where email = 'c2@example.com'`;
  const params = JSON.parse(events[0]?.params ?? "[]") as { name: string; value: string }[];
  const rows = JSON.parse(params.find(({ name }) => name === "jsonParam")?.value ?? "{}");
  assert.deepEqual(rows, {
    1044: [{
      id: "2",
      email: "c2@example.com",
      code: "CODE-2",
      born: "2020-02-01T00:00:00Z",
      joined: "2026-03-04T05:06:07.891011Z",
      price: "0.30000000000000004",
      raw: "AP9cJw==",
    }],
  });
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
