import assert from "node:assert/strict";
import { test } from "node:test";
import { assertEqualContent } from "../support/export_content.ts";
import { openExport } from "../support/export_fixture.ts";
import { waitFor } from "../support/wait.ts";

const many = `insert into perigee.contacts (email, first_name)
    select 'c' || i || '@example.com', 'Name ' || i from generate_series(1, 9000) as i;
  insert into perigee.devices (application_id, device_id)
    select i % 2, 'd' || i from generate_series(1, 6000) as i`;

/** Touches nearly every row, some of them twice, and lets some come and go. */
const changeMost = `update perigee.contacts set first_name = repeat('ö', 60), total_sent = 1
    where contact_id % 10 <> 0;
  update perigee.contacts set total_sent = total_sent + 1 where contact_id % 3 = 0;
  delete from perigee.contacts where contact_id % 7 = 0;
  insert into perigee.contacts (email) select 'new' || i || '@example.com'
    from generate_series(1, 500) as i;
  update perigee.devices set category = 'x'`;

test("a window that is written in several parts arrives whole, each row once", async (t) => {
  const { hub, customer, run } = await openExport(t, { longValues: "widen" });
  await hub.sql.unsafe(many);
  await run();
  await hub.sql.unsafe(changeMost);
  const counts = await run();
  const [sum] = await hub.sql<{ gone: number; changed: number }[]>`
    select 9500 - count(*)::integer as gone,
      (count(*) filter (where contact_id > 9000 or total_sent > 0))::integer + 6000 as changed
    from perigee.contacts`;
  assert.deepEqual([counts["deleted"], counts["written"]], [sum?.gone, sum?.changed]);
  await assertEqualContent(hub.sql, customer.sql, "several parts");
  assert.equal((await run())["datasets"], 0);
});

test("texts that are cut are counted in every part", async (t) => {
  const { hub, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(many);
  await run();
  await hub.sql`update perigee.contacts set last_name = repeat('ö', 60)`;
  assert.equal((await run())["truncated"], 9_000);
});

test("of several parts the refused rows are set aside, wherever they are", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(many);
  await run();
  await customer.sql`alter table contacts add check ("lastName" <> 'bad')`;
  await hub.sql.unsafe(`update perigee.contacts set total_sent = 7;
    update perigee.contacts set last_name = 'bad' where contact_id in (10, 8999)`);
  const counts = await run();
  assert.deepEqual([counts["written"], counts["rejected"]], [8_998, 2]);
  const [sum] = await customer.sql<{ sent: number; old: number }[]>`
    select (count(*) filter (where "totalSent" = 7))::integer as sent,
      (count(*) filter (where "totalSent" is null or "totalSent" = 0))::integer as old from contacts`;
  assert.deepEqual({ ...sum }, { sent: 8_998, old: 2 });
});

test("a row may take over the unique value of one that is deleted in a later part", async (t) => {
  const { hub, customer, run } = await openExport(t, { datasets: ["contacts"] });
  await hub.sql.unsafe(many);
  await run();
  await customer.sql`create unique index on contacts (email)`;
  await hub.sql.unsafe(`delete from perigee.contacts where contact_id = 9000;
    update perigee.contacts set email = 'c9000@example.com' where contact_id = 1;
    update perigee.contacts set total_sent = 3`);
  const counts = await run();
  assert.deepEqual([counts["written"], counts["deleted"], counts["rejected"]], [8_999, 1, 0]);
  const [row] = await customer.sql<{ email: string }[]>`
    select email from contacts where "contactId" = 1`;
  assert.equal(row?.email, "c9000@example.com");
});

test("a key that somebody else inserts at that moment is written all the same", async (t) => {
  const { hub, customer, run } = await openExport(t);
  await run();
  const other = await customer.sql.reserve();
  t.after(() => other.release());
  await other.unsafe(`begin; insert into contacts ("contactId", email) values (77, 'theirs')`);
  await hub.sql`insert into perigee.contacts (contact_id, email)
    select i, 'c' || i || '@example.com' from generate_series(1, 500) as i`;
  const running = run();
  await waitFor("the export to wait for the other one", async () => {
    const waiting = await customer.sql`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return waiting.length > 0 || undefined;
  });
  await other`commit`;
  const counts = await running;
  assert.deepEqual([counts["written"], counts["rejected"]], [500, 0]);
  await assertEqualContent(hub.sql, customer.sql, "with a key of somebody else's");
});
