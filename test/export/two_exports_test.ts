import assert from "node:assert/strict";
import { test } from "node:test";
import type { PerigeeError } from "../../src/error.ts";
import type { ExportConfig } from "../../src/config/model.ts";
import { ConnectorRegistry } from "../../src/connector/registry.ts";
import { runExport } from "../../src/export/run_export.ts";
import { pruneChanges } from "../../src/hub/change_log.ts";
import { openTestDatabase } from "../support/database.ts";
import { connectorAt, joinExport, openExport } from "../support/export_fixture.ts";
import { waitFor } from "../support/wait.ts";

const rows = `insert into perigee.contacts (email) values ('a@example.com'), ('b@example.com');
  insert into perigee.orders (status) values ('INITIALIZED')`;

test("two exports of different datasets share a schema and each keeps its own pace", async (t) => {
  const people = await openExport(t, { name: "people", datasets: ["contacts"] });
  const sales = joinExport(t, people.hub, people.customer, { name: "sales", datasets: ["orders"] });
  await people.hub.sql.unsafe(rows);
  assert.deepEqual((await Promise.all([people.run(), sales.run()])).map(({ written }) => written), [
    2,
    1,
  ]);
  await people.hub.sql.unsafe(rows.replaceAll("@", "2@"));
  assert.equal((await sales.run())["written"], 1);
  assert.equal((await people.run())["written"], 2);
});

test("two exports that write one table alike share its cursor, so neither does the other's work", async (t) => {
  const first = await openExport(t, { name: "first", datasets: ["contacts"] });
  const second = joinExport(t, first.hub, first.customer, {
    name: "second",
    datasets: ["contacts"],
  });
  await first.hub.sql.unsafe(rows);
  await first.run();
  assert.equal((await second.run())["datasets"], 0);
  await first.hub.sql`update perigee.contacts set first_name = 'x'`;
  assert.equal((await second.run())["written"], 2);
  assert.equal((await first.run())["datasets"], 0);
});

test("of two exports that share a cursor neither keeps the change log for work that the other did", async (t) => {
  const datasets = ["contacts"] as const;
  const first = await openExport(t, { name: "first", datasets });
  const second = joinExport(t, first.hub, first.customer, { name: "second", datasets });
  await first.hub.sql.unsafe(rows);
  await first.run();
  await first.hub.sql`update perigee.contacts set first_name = 'x'`;
  await second.run();
  await first.run();
  const exports = new Map([["first", datasets], ["second", datasets]]);
  await waitFor("an empty change log", async () => {
    await pruneChanges(first.hub.sql, { exports, maxRows: 1_000 });
    const [row] = await first.hub.sql<{ left: number }[]>`
      select count(*)::integer as left from perigee.changes_of_contacts`;
    return row?.left === 0 ? true : undefined;
  });
});

test("two connectors to one database are two ways to the same tables", async (t) => {
  const one = await openExport(t, { datasets: ["contacts"] });
  const connectors = new ConnectorRegistry(
    new Map([["twin", connectorAt(one.customer.target, "twin")]]),
  );
  t.after(() => connectors.close(0));
  const twin = (changes: Partial<ExportConfig> = {}) => async () =>
    await runExport(
      { ...one.config, name: "twin", connector: "twin", ...changes },
      await one.context(),
      { ...one.deps, connectors },
    );
  await one.hub.sql.unsafe(rows);
  await one.run();
  assert.equal((await twin()())["datasets"], 0);
  await one.hub.sql`update perigee.contacts set first_name = 'x'`;
  assert.equal((await twin()())["written"], 2);
  assert.equal((await one.run())["datasets"], 0);
  await assert.rejects(
    twin({ name: "third", longValues: "widen" })(),
    (error: PerigeeError) => /export twin writes it with other settings/.test(error.message),
  );
});

test("a second export that would write a table otherwise is refused, and the first goes on", async (t) => {
  const first = await openExport(t, { name: "first", datasets: ["contacts"] });
  const second = joinExport(t, first.hub, first.customer, {
    name: "second",
    datasets: ["contacts", "orders"],
    longValues: "widen",
  });
  await first.hub.sql.unsafe(rows);
  await first.run();
  await assert.rejects(second.run(), (error: PerigeeError) => {
    assert.match(error.message, /export first writes it with other settings than export second/);
    return true;
  });
  assert.equal((await first.run())["datasets"], 0);
  const [sum] = await first.customer.sql<{ orders: number; type: string }[]>`
    select count(*)::integer as orders, (select format_type(atttypid, atttypmod) from pg_attribute
      where attrelid = 'contacts'::regclass and attname = 'email') as type from orders`;
  assert.deepEqual({ ...sum }, { orders: 1, type: "character varying(50)" });
});

test("two runs of one export at once apply nothing twice, and at most one of them does the work", async (t) => {
  const one = await openExport(t, { datasets: ["contacts", "orders"] });
  const two = joinExport(t, one.hub, one.customer, { datasets: ["contacts", "orders"] });
  await one.hub.sql.unsafe(rows);
  await one.run();
  await one.customer.sql.unsafe(`create table writes (at timestamptz default clock_timestamp());
    create function note() returns trigger language plpgsql as
      $$begin insert into public.writes default values; return null; end$$;
    create trigger note after insert or update on contacts for each row execute function note()`);
  for (let round = 0; round < 10; round += 1) {
    await one.hub.sql`update perigee.contacts set total_sent = total_sent + 1`;
    const outcomes = await Promise.allSettled([one.run(), two.run()]);
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      assert.equal((outcome.reason as PerigeeError).code, "PG504");
    }
    assert.ok(outcomes.some(({ status }) => status === "fulfilled"));
  }
  const [sum] = await one.customer.sql<{ writes: number; sent: string }[]>`
    select count(*)::integer as writes, (select string_agg("totalSent"::text, ',') from contacts) as sent
    from writes`;
  assert.deepEqual({ ...sum }, { writes: 20, sent: "10,10" });
});

test("one hub exports into two schemas of one database, under two connectors' worth of names", async (t) => {
  const plain = await openExport(t, { name: "plain", datasets: ["orderItems"] });
  const snake = joinExport(t, plain.hub, plain.customer, {
    name: "snake",
    schema: "snake",
    naming: "snake_case",
    datasets: ["orderItems"],
  });
  await plain.hub.sql`insert into perigee.order_items (order_id, name) values (1, 'a')`;
  assert.deepEqual((await Promise.all([plain.run(), snake.run()])).map(({ written }) => written), [
    1,
    1,
  ]);
  const [row] = await plain.customer.sql<{ same: boolean }[]>`
    select "orderId" = order_id as same from "orderItems" join snake.order_items on "_rowId" = row_id`;
  assert.equal(row?.same, true);
});

test("a customer's database that was down for a day gets what changed meanwhile, and no more", async (t) => {
  const { hub, customer, config, context, deps, run, observations } = await openExport(t, {
    datasets: ["contacts"],
  });
  await hub.sql.unsafe(rows);
  await run();
  const away = {
    ...connectorAt(customer.target, "shop"),
    address: { ...customer.target, port: 1, isEmbedded: false },
  };
  const connectors = new ConnectorRegistry(new Map([["shop", away]]));
  t.after(() => connectors.close(0));
  const exports = new Map([["shop", config.datasets]]);
  for (let hour = 0; hour < 24; hour += 1) {
    await hub.sql`insert into perigee.contacts (email) values (${`h${hour}@example.com`})`;
    await hub.sql`update perigee.contacts set total_sent = ${hour} where contact_id = 1`;
    if (hour % 6 > 0) continue;
    await assert.rejects(
      runExport(config, await context(), { ...deps, connectors }),
      (error: PerigeeError) => error.kind === "connection",
    );
    await pruneChanges(hub.sql, { exports, maxRows: 1_000 });
  }
  const counts = await run();
  assert.deepEqual([counts["read"], counts["written"]], [25, 25]);
  assert.deepEqual(observations.filter(({ kind }) => kind === "resync_needed"), []);
});

test("a customer's database that is down delays no other export", async (t) => {
  const up = await openExport(t, { datasets: ["contacts"] });
  const down = joinExport(t, up.hub, {
    ...await openTestDatabase(t),
    target: { ...up.customer.target, port: 1 },
  }, { name: "down", datasets: ["contacts"] });
  await up.hub.sql.unsafe(rows);
  const [failed, done] = await Promise.allSettled([down.run(), up.run()]);
  assert.equal(failed.status === "rejected" && (failed.reason as PerigeeError).kind, "connection");
  assert.equal(done.status, "fulfilled");
});
