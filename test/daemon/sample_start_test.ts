import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { connect, type Sql } from "./shop_connection.ts";
import { makeFolder, repository, spawnDaemon } from "../support/daemon_process.ts";
import { waitFor } from "../support/wait.ts";

const folder = await makeFolder({ after });
const config = path.join(repository, "config");
const daemon = spawnDaemon({ after }, { config, cwd: folder });
const url = String((await daemon.waitForLine("daemon_ready"))["url"]);
const shop = await connect({ after }, folder, "shop");
const hub = await connect({ after }, folder, "perigee");
const authorised = {
  "Authorization": "Bearer perigee-sample-token",
  "Content-Type": "application/json",
};

/** The object that the reference page shows for a bulk campaign, at an address of example.com. */
const documentedData = {
  promo_codes: [{
    id: "2",
    email: "kozak@example.com",
    name: "Dina Kozak",
    birthday: "2020-09-02T00:00:00Z",
    promo_code: "AAAA-BBBB-DDDD",
  }],
};

async function countRows(sql: Sql, table: string): Promise<number> {
  const [row] = await sql.unsafe<{ rows: number }[]>(`select count(*)::int as rows from ${table}`);
  return row?.rows ?? -1;
}

test("contacts are imported, a segment is evaluated and its trigger makes one event each", async () => {
  await daemon.waitForLine("run_finished", (line) => line["name"] === "trigger/birthday");
  assert.equal(await countRows(hub, "perigee.contacts"), await countRows(shop, "customers"));
  const [row] = await hub<{ members: number; events: number; contacts: number }[]>`
    select (select count(*)::int from perigee.segment_members where segment_id = 170531841) as members,
      count(*)::int as events, count(distinct contact_id)::int as contacts
    from perigee.events where event_type_key = 'regularEventType-170531841'`;
  assert.ok(row !== undefined && row.members > 0);
  assert.deepEqual([row.events, row.contacts], [row.members, row.members]);
});

test("each event is delivered to the receiver on loopback", async () => {
  await waitFor("all deliveries", async () => {
    const [row] = await hub<{ open: number; delivered: number }[]>`
      select count(*) filter (where state <> 'delivered')::int as open,
             count(*) filter (where state = 'delivered')::int as delivered
      from perigee.deliveries`;
    return (row?.open === 0 && row.delivered > 0) || undefined;
  });
});

test("nine datasets are exported into the shop and equal the hub", async () => {
  const tables = {
    broadcasts: "broadcasts",
    contactActivities: "contact_activities",
    contacts: "contacts",
    devices: "devices",
    events: "events",
    messages: "messages",
    orderItems: "order_items",
    orders: "orders",
    revenue: "revenue",
  };
  for (const [exported, dataset] of Object.entries(tables)) {
    await waitFor(`${exported} to equal the hub`, async () => {
      const wanted = await countRows(hub, `perigee.${dataset}`);
      const found = await countRows(shop, `public."${exported}"`);
      assert.ok(wanted > 0, `${dataset} is empty`);
      return found === wanted || undefined;
    });
  }
});

test("health is ready and says that the connection is not secured", async () => {
  const ready = await fetch(`${url}/health/ready`);
  assert.equal(ready.status, 200, await ready.text());
  const health = await (await fetch(`${url}/health`)).json() as {
    status: string;
    connectors: { name: string; state: string; tls: string }[];
    entities: { name: string; state: string }[];
  };
  assert.equal(health.status, "ok");
  assert.deepEqual(
    health.connectors.map(({ name, state, tls }) => [name, state, tls]),
    [["shop", "up", "Connection is not SSL-secured"]],
  );
  const failing = health.entities.filter(({ state }) => state === "failing" || state === "broken");
  assert.deepEqual(failing, []);
});

test("a render answers the reference page's data and a message with the promo code", async () => {
  const answer = await fetch(`${url}/render?debug`, {
    method: "POST",
    headers: authorised,
    body: JSON.stringify({
      message: "birthday_greeting",
      contact: { email: "kozak@example.com" },
    }),
  });
  const rendered = await answer.json() as Record<string, unknown>;
  assert.equal(answer.status, 200, JSON.stringify(rendered));
  assert.deepEqual(rendered["data"], documentedData);
  assert.equal(JSON.stringify(rendered["data"]), JSON.stringify(documentedData));
  assert.equal(rendered["subject"], "Dina Kozak, a gift for your birthday");
  assert.equal(
    rendered["text"],
    "Happy birthday, Dina Kozak!\nYour promo code: AAAA-BBBB-DDDD\n",
  );
});

test("an event of the trigger renders the same message from its jsonParam", async () => {
  const [event] = await hub<{ eventId: string; email: string }[]>`
    select event_id::text as "eventId", email
    from perigee.events join perigee.contacts using (contact_id)
    where trigger_name = 'birthday' order by event_id limit 1`;
  assert.ok(event);
  const answer = await fetch(`${url}/render?debug`, {
    method: "POST",
    headers: authorised,
    body: JSON.stringify({ message: "birthday_greeting", eventId: event.eventId }),
  });
  const rendered = await answer.json() as { text: string; data: Record<string, unknown[]> };
  assert.equal(answer.status, 200, JSON.stringify(rendered));
  const rows = rendered.data["1043"] as { email: string; promo_code: string }[];
  assert.equal(rows[0]?.email, event.email);
  assert.ok(rendered.text.includes(rows[0]?.promo_code ?? "no code"));
});

test("a changed contact arrives alone", async () => {
  const before = await shop`select xmin::text, "contactId" from contacts order by "contactId"`;
  await shop`update customers set first_name = 'Renamed' where email = 'kozak@example.com'`;
  await waitFor("the new name in the exported table", async () => {
    const [row] = await shop`select "firstName" from contacts where email = 'kozak@example.com'`;
    return row?.["firstName"] === "Renamed" || undefined;
  });
  const after = await shop`select xmin::text, "contactId" from contacts order by "contactId"`;
  assert.equal(after.length, before.length);
  const moved = after.filter((row, index) => row["xmin"] !== before[index]?.["xmin"]);
  assert.equal(moved.length, 1);
});

test("SIGTERM ends everything in order, and the next start finds its data", async (t) => {
  await Promise.all([shop.end(), hub.end()]);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  const again = spawnDaemon(t, { config, cwd: folder });
  const found = await again.waitForLine(
    "progress",
    (line) => String(line["text"]).startsWith("found the sample database"),
  );
  assert.match(String(found["text"]), /200 customers/);
  await again.waitForLine("daemon_ready");
  assert.equal(await again.end("SIGINT"), 0, again.output());
  assert.equal(again.lines.some((line) => line["kind"] === "delivery_attempted"), false);
});

test("no secret is in anything that the daemon printed", async () => {
  const password = (await readFile(path.join(folder, "data/postgres/password"), "utf8")).trim();
  const output = daemon.output();
  assert.ok(output.length > 1_000);
  assert.equal(output.includes(password), false);
  assert.equal(output.includes("c2FtcGxlLXNlY3JldC1vZi10aGUtc2hvcA"), false);
});
