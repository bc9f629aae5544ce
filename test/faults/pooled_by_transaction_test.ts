import assert from "node:assert/strict";
import { test } from "node:test";
import { openConnection } from "../../src/postgres/connection.ts";
import type { TestDatabase } from "../support/database.ts";
import { type DaemonProcess, spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import {
  findPgBouncer,
  noPgBouncer,
  type PgBouncer,
  startPgBouncer,
} from "../support/pgbouncer.ts";
import { waitFor } from "../support/wait.ts";
import {
  deadlineMs,
  type FaultWorld,
  faultYaml,
  luckyOnce,
  openFaultWorld,
  startInWorld,
  waitForRoundTrip,
} from "./fault_world.ts";

const program = await findPgBouncer();

/** Each kind of run, of a table and of a query; nothing here has a session of its own. */
const parts = `
imports:
  customers:
    connector: shop
    table: customers
    every: 1s
    mapping: { email: email, firstName: name }
    fields: { born: born, joined: joined, price: price, waits: waits }
  cities:
    connector: shop
    query: "select email, 'City ' || id as city from customers"
    every: 1s
    mapping: { email: email }
    fields: { city: city }
${luckyOnce}exports:
  shop: { connector: shop, every: 1s, on_change: true, deletes: propagate }
`;

const columnsSql =
  `add born date, add joined timestamptz, add price double precision, add raw bytea,
  add waits interval`;
const valuesSql = `born = '2020-02-01', joined = '2026-03-04 05:06:07.891011+00',
  price = 0.1::float8 + 0.2::float8, raw = '\\x00ff5c27', waits = '1 day 02:03:04'`;

/** What other clients leave in the sessions that they share with us; PgBouncer resets none of it. */
const leftovers: Readonly<Record<string, string>> = {
  search_path: "nowhere",
  intervalstyle: "sql_standard",
  extra_float_digits: "-3",
  bytea_output: "escape",
  timezone: "Asia/Kathmandu",
  datestyle: "SQL, DMY",
  standard_conforming_strings: "off",
  quote_all_identifiers: "on",
  lock_timeout: "1ms",
  "perigee.left": "here",
};

function through(bouncer: PgBouncer, database: TestDatabase): string {
  const url = new URL(database.url);
  url.port = String(bouncer.port);
  return url.href;
}

/** Holds all sessions of a pool at once, sets them as others would, and gives them back. */
async function leaveSettings(bouncer: PgBouncer, { target }: TestDatabase): Promise<void> {
  const pooled = { ...target, port: bouncer.port, isPooled: true };
  const clients = await Promise.all(
    Array.from({ length: bouncer.sessions }, () => openConnection(pooled)),
  );
  try {
    await Promise.all(clients.map(({ sql }) => sql.unsafe("begin")));
    for (const { sql } of clients) {
      for (const [name, value] of Object.entries(leftovers)) {
        await sql`select set_config(${name}, ${value}, false)`;
      }
    }
    await Promise.all(clients.map(({ sql }) => sql.unsafe("commit")));
  } finally {
    for (const client of clients) client.destroy();
  }
}

/** Fails unless the hub has what the shop says of each customer, whoever set what in between. */
async function assertImported({ hub, shop }: FaultWorld): Promise<void> {
  const wanted = await shop.sql<{ email: string; name: string; city: string }[]>`
    select email, name, 'City ' || id as city from customers order by email collate "C"`;
  const found = await hub.sql<{ email: string; name: string; fields: string }[]>`
    select email, first_name as name, fields::text as fields
    from perigee.contacts order by email collate "C"`;
  assert.deepEqual(
    found.map(({ email, name, fields }) => ({ email, name, fields: JSON.parse(fields) })),
    wanted.map(({ email, name, city }) => ({
      email,
      name,
      fields: {
        born: "2020-02-01",
        joined: "2026-03-04T05:06:07.891011+00:00",
        price: 0.30000000000000004,
        waits: "1 day 02:03:04",
        city,
      },
    })),
  );
}

/** Fails unless each lucky person has one event with all of its row, and it arrived. */
async function assertEvents({ hub, shop, receiver }: FaultWorld): Promise<void> {
  const events = await hub.sql<{ id: string; email: string; params: string }[]>`
    select event_id::text as id, email, params_json::text as params
    from perigee.events join perigee.contacts using (contact_id) order by event_id`;
  const rows = events.map(({ email, params }) => {
    const list = JSON.parse(params) as { name: string; value: string }[];
    return [email, JSON.parse(list.find(({ name }) => name === "jsonParam")?.value ?? "{}")];
  });
  const lucky = await shop.sql<{ id: number }[]>`select id from promos where lucky order by id`;
  const wanted = lucky.map(({ id }) => [`c${id}@example.com`, {
    1044: [{
      id: String(id),
      email: `c${id}@example.com`,
      code: `CODE-${id}`,
      born: "2020-02-01T00:00:00Z",
      joined: "2026-03-04T05:06:07.891011Z",
      price: "0.30000000000000004",
      raw: "AP9cJw==",
      waits: "1 day 02:03:04",
    }],
  }]);
  assert.deepEqual(new Map(rows as [string, unknown][]), new Map(wanted as [string, unknown][]));
  assert.equal(rows.length, wanted.length);
  const received = new Set(receiver.requests.map(({ id }) => id.split("-").at(-1)));
  assert.deepEqual([...received].sort(), events.map(({ id }) => id).sort());
}

async function openPooledWorld(
  t: Parameters<typeof openFaultWorld>[0],
): Promise<{ world: FaultWorld; bouncer: PgBouncer }> {
  const world = await openFaultWorld(t);
  for (const table of ["customers", "codes"]) {
    await world.shop.sql.unsafe(
      `alter table ${table} ${columnsSql}; update ${table} set ${valuesSql}`,
    );
  }
  const bouncer = await startPgBouncer(program ?? "", world.hub.target, "transaction");
  t.after(() => bouncer.stop());
  return { world, bouncer };
}

const skip = noPgBouncer(program);

test("hub and customer behind a transaction pooler, which others share, get everything as it is", {
  skip,
}, async (t) => {
  const { world, bouncer } = await openPooledWorld(t);
  const { hub, shop } = world;
  await leaveSettings(bouncer, hub);
  await leaveSettings(bouncer, shop);
  const daemon = await startInWorld(t, world, {
    hub: through(bouncer, hub),
    hubLines: "  pooled: true",
    shop: through(bouncer, shop),
    shopLines: "    pooled: true",
    parts,
  });
  const deaf = await daemon.waitForLine(
    "listen_failed",
    ({ target }) => target === "hub",
    deadlineMs,
  );
  assert.equal((deaf["error"] as { code: string }).code, "PG298");
  for (const name of ["First", "Second"]) {
    await waitForRoundTrip(world, name);
    await waitFor("what both imports read", async () => {
      await assertImported(world);
      return true;
    }, deadlineMs);
    await leaveSettings(bouncer, hub);
    await leaveSettings(bouncer, shop);
  }
  const delivered = () =>
    waitFor("the events of all lucky people, delivered", async () => {
      await assertEvents(world);
      return true;
    }, deadlineMs);
  await delivered();
  // So few go another way than the thirty before them.
  await shop.sql`update promos set lucky = true where id in (1, 3)`;
  await delivered();
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});

test(
  "a pooler that the configuration does not tell of is refused at the start, with what to write",
  { skip },
  async (t) => {
    const { world, bouncer } = await openPooledWorld(t);
    const start = async (yaml: string): Promise<DaemonProcess> =>
      spawnDaemon(t, { config: await writeConfig(t, yaml) });
    const advised = /set `pooled: true`/;
    const lost = await start(faultYaml(world, { hub: through(bouncer, world.hub), parts }));
    assert.equal(await waitFor("its end", () => lost.hasEnded() || undefined, deadlineMs), true);
    assert.match(lost.output(), /^PG209 Could not log in at hub /m);
    assert.match(lost.output(), advised);
    const daemon = await start(faultYaml(world, { shop: through(bouncer, world.shop), parts }));
    for (const name of ["import/customers", "segment/lucky", "trigger/lucky", "export/shop"]) {
      const failed = await daemon.waitForLine(
        "run_failed",
        (line) => line["name"] === name,
        deadlineMs,
      );
      const { code, advice } = failed["error"] as { code: string; advice: string };
      assert.deepEqual([name, code, advised.test(advice)], [name, "PG209", true]);
    }
    assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  },
);
