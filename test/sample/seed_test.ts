import assert from "node:assert/strict";
import test from "node:test";
import { datasets } from "../../src/dataset/datasets.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { seedDatasets } from "../../src/sample/seed_datasets.ts";
import { seedHub } from "../../src/sample/seed_hub.ts";
import { sampleCustomers, seedShop } from "../../src/sample/shop.ts";
import { openTestDatabase, openTestHub, type TestDatabase } from "../support/database.ts";

/** 23:30 of the day before in UTC, so that only the right zone finds the birthdays. */
const now = new Date("2026-05-16T23:30:00Z");
const timezone = "Europe/Kyiv";

async function countRows({ sql }: TestDatabase): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name, hubTable } of datasets.values()) {
    const [row] = await sql.unsafe<{ count: number }[]>(
      `select count(*)::integer as count from perigee.${hubTable}`,
    );
    counts[name] = row?.count ?? 0;
  }
  return counts;
}

test("the shop has the documentation's row, birthdays today and one on 29 February", async (t) => {
  const { sql } = await openTestDatabase(t);
  const seeded = await seedShop(sql, { now, timezone });
  assert.deepEqual(seeded, { isNew: true, customers: sampleCustomers, promoCodes: 97 });
  const [dina] = await sql`
    select id, email, name, birthday::text, promo_code from promo_codes where id = 2`;
  assert.deepEqual({ ...dina }, {
    id: 2,
    email: "kozak@example.com",
    name: "Dina Kozak",
    birthday: "2020-09-02",
    promo_code: "AAAA-BBBB-DDDD",
  });
  const [told] = await sql`
    select
      (count(*) filter (where to_char(birthday, 'MM-DD') = '05-17'))::integer as today,
      (count(*) filter (where to_char(birthday, 'MM-DD') = '02-29'))::integer as leap,
      (count(*) filter (where email not in (select email from customers)))::integer as strangers
    from promo_codes`;
  assert.ok(Number(told?.["today"]) >= 5);
  assert.ok(Number(told?.["leap"]) >= 1);
  assert.equal(told?.["strangers"], 2);
});

test("nobody in the shop can be reached: addresses and numbers are kept for fiction", async (t) => {
  const { sql } = await openTestDatabase(t);
  await seedShop(sql, { now, timezone });
  const real = await sql`
    select id from customers
    where email !~ '@example\\.(com|org)$' or phone !~ '^\\+1[2-9][0-9]{2}55501[0-9]{2}$'`;
  assert.equal(real.length, 0);
});

test("the same day gives the same shop, and a second start leaves it as it is", async (t) => {
  const content = async ({ sql }: TestDatabase) => {
    const [row] = await sql`
      select md5(string_agg(c::text, ',' order by id)) as customers,
        (select md5(string_agg(p::text, ',' order by id)) from promo_codes as p) as codes
      from customers as c`;
    return { ...row };
  };
  const [one, other] = [await openTestDatabase(t), await openTestDatabase(t)];
  await seedShop(one.sql, { now, timezone });
  await seedShop(other.sql, { now, timezone });
  assert.deepEqual(await content(one), await content(other));
  const again = await seedShop(one.sql, { now: new Date("2027-01-01T00:00:00Z"), timezone });
  assert.equal(again.isNew, false);
  assert.deepEqual(await content(one), await content(other));
});

test("two daemons that start at once make one shop", async (t) => {
  const { sql } = await openTestDatabase(t);
  const seeded = await Promise.all([1, 2].map(() => seedShop(sql, { now, timezone })));
  assert.deepEqual(seeded.map(({ isNew }) => isNew).sort(), [false, true]);
});

test("changes of customers and promo codes notify their channels once a statement", async (t) => {
  const shop = await openTestDatabase(t);
  await seedShop(shop.sql, { now, timezone });
  const heard: string[] = [];
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => finish = resolve);
  const listener = await openConnection(shop.target, {
    onNotify: (channel) => void (channel === "the_end" ? finish() : heard.push(channel)),
  });
  t.after(() => listener.destroy());
  for (const channel of ["customers_changed", "promo_codes_changed", "the_end"]) {
    await listener.sql.unsafe(`listen ${channel}`);
  }
  await shop.sql`update customers set city = 'Lviv'`;
  await shop.sql`update promo_codes set name = name`;
  await shop.sql`select pg_notify('the_end', '')`;
  await finished;
  assert.deepEqual(heard, ["customers_changed", "promo_codes_changed"]);
});

test("the hub's sample fills every dataset that no import does, and then finds its contacts", async (t) => {
  const hub = await openTestHub(t);
  const first = await seedHub(hub.sql, { now });
  assert.ok(first.inserted > 500);
  assert.equal(first.linked, 0);
  const { contacts, ...others } = await countRows(hub);
  assert.equal(contacts, 0);
  for (const [dataset, count] of Object.entries(others)) assert.ok(count > 0, dataset);

  await hub.sql`
    insert into perigee.contacts (external_customer_id, email)
    select distinct external_customer_id, 'c' || external_customer_id || '@example.com'
    from perigee.contact_activities`;
  const second = await seedHub(hub.sql, { now });
  assert.equal(second.inserted, 0);
  assert.ok(second.linked > 0);
  assert.deepEqual(await seedHub(hub.sql, { now }), { inserted: 0, linked: 0 });
  const [wrong] = await hub.sql`
    select count(*)::integer as count from perigee.contact_activities as a
    left join perigee.contacts as c using (contact_id)
    where c.external_customer_id is distinct from a.external_customer_id`;
  assert.equal(wrong?.["count"], 0);
});

test("the hub's sample never mixes with rows that somebody else wrote", async (t) => {
  const hub = await openTestHub(t);
  await hub.sql`insert into perigee.messages (name) values ('Ours')`;
  await hub.sql`insert into perigee.contacts (external_customer_id) values ('1')`;
  await hub.sql`insert into perigee.revenue (external_customer_id) values ('1')`;
  assert.deepEqual(await seedHub(hub.sql, { now }), { inserted: 0, linked: 0 });
});

test("seeding adds the wanted contacts with rows in all nine datasets, and can be repeated", async (t) => {
  const hub = await openTestHub(t);
  const told: number[] = [];
  const onProgress = ({ contacts }: { contacts: number }) => void told.push(contacts);
  const counts = await seedDatasets(hub.sql, { contacts: 300, seed: 1, now, onProgress });
  assert.deepEqual(counts, await countRows(hub));
  assert.equal(counts.contacts, 300);
  for (const [dataset, count] of Object.entries(counts)) assert.ok(count > 0, dataset);
  assert.deepEqual(told, [300]);
  await seedDatasets(hub.sql, { contacts: 10, seed: 1, now });
  assert.equal((await countRows(hub))["contacts"], 310);
  const [loose] = await hub.sql`
    select (select count(*) from perigee.orders left join perigee.contacts using (contact_id)
        where contacts.contact_id is null)::integer as orders,
      (select count(*) from perigee.order_items left join perigee.orders using (order_id)
        where orders.order_id is null)::integer as items`;
  assert.deepEqual({ ...loose }, { orders: 0, items: 0 });
});

test("the same seed gives an empty hub the same contacts", async (t) => {
  const content = async (seed: number) => {
    const { sql } = await openTestHub(t);
    await seedDatasets(sql, { contacts: 50, seed, now });
    const [row] = await sql`
      select md5(string_agg(c::text, ',' order by contact_id)) as hash from perigee.contacts as c`;
    return row?.["hash"];
  };
  const [one, same, other] = [await content(1), await content(1), await content(2)];
  assert.equal(one, same);
  assert.notEqual(one, other);
});

test("seeding stops between two chunks when it is told to", async (t) => {
  const hub = await openTestHub(t);
  const stopping = new AbortController();
  stopping.abort(new Error("stopped"));
  const seeding = seedDatasets(hub.sql, {
    contacts: 10,
    seed: 1,
    now,
    signal: stopping.signal,
  });
  await assert.rejects(seeding, /stopped/);
  assert.equal((await countRows(hub))["contacts"], 0);
});
