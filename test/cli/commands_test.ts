import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { commands } from "../../src/cli/commands.ts";
import { dispatch } from "../../src/cli/dispatch.ts";
import { findLastSuccesses } from "../../src/hub/run.ts";
import { seedHub } from "../../src/sample/seed_hub.ts";
import { seedShop } from "../../src/sample/shop.ts";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { makeFolder, repository } from "../support/daemon_process.ts";

const hub = await openTestHub({ after });
const shop = await openTestDatabase({ after });
await seedShop(shop.sql, { now: new Date(), timezone: "Europe/Kyiv" });
await seedHub(hub.sql, { now: new Date() });

interface Answer {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line on the shipped configuration, with the databases of this file. */
async function perigee(...words: string[]): Promise<Answer> {
  let [out, err] = ["", ""];
  const exitCode = await dispatch(words, commands, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTerminal: false,
    isErrTerminal: false,
    env: {
      PERIGEE_CONFIG: path.join(repository, "config"),
      PERIGEE_HUB_URL: hub.url,
      SHOP_URL: shop.url,
      SAMPLE_WEBHOOK_URL: "http://127.0.0.1:9/",
    },
    signal: new AbortController().signal,
  });
  return { exitCode, out, err };
}

function lastLine(answer: Answer): Record<string, unknown> {
  assert.equal(answer.exitCode, 0, answer.err);
  return JSON.parse(answer.out.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
}

test("the main job can be done by hand, one run after the other", async () => {
  const imported = lastLine(await perigee("run", "import/customers", "--json"));
  assert.equal((imported["counts"] as Record<string, number>)["inserted"], 200);
  const fired = lastLine(await perigee("run", "trigger/birthday", "--json"));
  const events = (fired["counts"] as Record<string, number>)["events"] ?? 0;
  assert.ok(events > 0);
  const exported = lastLine(await perigee("run", "export/shop", "--json"));
  assert.equal((exported["counts"] as Record<string, number>)["datasets"], 9);
  const again = lastLine(await perigee("run", "export/shop", "--json"));
  assert.equal((again["counts"] as Record<string, number>)["datasets"], 0);
});

test("plan and verify say that nothing is left to do and what is, and verify repairs it", async () => {
  assert.equal((await perigee("verify", "export/shop")).exitCode, 0);
  await shop.sql`delete from orders where "orderId" = (select min("orderId") from orders)`;
  await shop.sql`update contacts set "firstName" = 'Changed' where email = 'kozak@example.com'`;
  const found = await perigee("verify", "export/shop");
  assert.equal(found.exitCode, 1);
  assert.match(found.out, /orders: 1 rows differ/);
  assert.match(found.out, /contacts: 1 rows differ/);
  const planned = await perigee("plan", "export/shop");
  assert.match(planned.out, /orders: .*1 to insert, 0 to update/);
  assert.match(planned.out, /contacts: .*0 to insert, 1 to update/);
  const repaired = await perigee("verify", "export/shop", "--repair");
  assert.equal(repaired.exitCode, 0, repaired.err);
  assert.match(repaired.out, /repair of export\/shop succeeded: .*written 2/);
  assert.match(repaired.out, /orders: equal(.|\n)*$/);
  const [row] = await shop.sql<{ changed: number }[]>`
    select count(*)::integer as changed from contacts where "firstName" = 'Changed'`;
  assert.equal(row?.changed, 0);
  assert.equal((await perigee("verify", "export/shop")).exitCode, 0);
});

test("one dataset of an export is run alone, orders with their items, and is no success of all", async () => {
  const before = await findLastSuccesses(hub.sql);
  await hub.sql.unsafe(`update perigee.contacts set last_name = 'alone';
    with placed as (insert into perigee.orders (status) values ('INITIALIZED') returning order_id)
    insert into perigee.order_items (order_id, name) select order_id, 'item' from placed`);
  const counts = (answer: Answer) => lastLine(answer)["counts"] as Record<string, number>;
  const orders = counts(await perigee("run", "export/shop", "--dataset", "orders", "--json"));
  assert.deepEqual([orders["datasets"], orders["written"], orders["partial"]], [2, 2, 1]);
  const full = await perigee("run", "export/shop", "--full", "--dataset", "contacts", "--json");
  assert.deepEqual([counts(full)["datasets"], counts(full)["read"]], [1, counts(full)["written"]]);
  assert.deepEqual(
    (await findLastSuccesses(hub.sql)).get("export/shop"),
    before.get("export/shop"),
  );
  const unknown = await perigee("run", "export/shop", "--dataset", "order");
  assert.equal(unknown.exitCode, 2);
  assert.match(unknown.err, /PG922 .*no dataset order(.|\n)*orders/);
  assert.equal((await perigee("run", "import/customers", "--dataset", "orders")).exitCode, 2);
});

test("a segment is counted, listed and shown as SQL", async () => {
  const sampled = lastLine(await perigee("segment", "birthday_today", "--sample", "3", "--json"));
  assert.ok(Number(sampled["total"]) > 0);
  const sql = await perigee("segment", "birthday_today", "--sql");
  assert.match(sql.out, /from "public"\."promo_codes"/);
  const none = lastLine(
    await perigee("segment", "birthday_today", "--at", "2026-09-02T12:00:00Z", "--json"),
  );
  assert.ok(Number(none["total"]) >= 1, "Dina Kozak has her birthday on 2 September");
});

test("a contact is explained leaf by leaf", async () => {
  const answer = await perigee("explain", "kozak@example.com", "--at", "2026-09-02T12:00:00Z");
  assert.equal(answer.exitCode, 0, answer.err);
  assert.match(answer.out, /is in segment\/birthday_today/);
  assert.match(answer.out, /birthday anniversary: 1 rows/);
  assert.match(answer.out, /source promo_codes has 1 row of the contact\n {2}\{.*AAAA-BBBB-DDDD/);
  const json = await perigee("explain", "kozak@example.com", "--rows", "1", "--json");
  const { contactId, source, rows } = lastLine(json) as
    & { rows: unknown[] }
    & Record<string, string>;
  assert.deepEqual([source, rows.length], ["promo_codes", 1]);
  assert.match(String(contactId), /^\d+$/);
});

test("a message is rendered to the terminal and to a folder", async (t) => {
  const words = ["render", "birthday_greeting", "--contact", "kozak@example.com"];
  const printed = await perigee(...words);
  assert.match(printed.out, /Your promo code: AAAA-BBBB-DDDD/);
  const folder = await makeFolder(t);
  assert.equal((await perigee(...words, "--out", folder)).exitCode, 0);
  const files = (await readdir(folder)).sort();
  assert.ok(files.includes("birthday_greeting.html"), files.join());
});

test("deliveries are previewed, and a sink is paused and resumed", async () => {
  assert.match((await perigee("replay", "--preview")).out, /nothing to replay/);
  assert.match((await perigee("sink", "pause", "sample_receiver")).out, /is paused/);
  assert.match((await perigee("sink", "pause", "sample_receiver")).out, /was already paused/);
  assert.match((await perigee("sink", "resume", "sample_receiver")).out, /is resumed/);
});

test("a CSV file is imported once by the connector's key", async (t) => {
  const file = path.join(await makeFolder(t), "people.csv");
  await writeFile(file, "email,firstName,shoeSize\nNew@Example.com,Nova,38\nno address,X,1\n");
  const answer = lastLine(await perigee("import", file, "--connector", "shop", "--json"));
  const counts = answer["counts"] as Record<string, number>;
  assert.equal(counts["inserted"], 1);
  assert.equal(counts["rejected"], 1);
  const [row] = await hub.sql`select first_name, fields from perigee.contacts
    where email = 'new@example.com'`;
  assert.equal(row?.["first_name"], "Nova");
  assert.equal((await perigee("import", `${file}.gone`, "--connector", "shop")).exitCode, 1);
});

test("status lists every name with its newest run", async () => {
  const answer = await perigee("status");
  assert.equal(answer.exitCode, 0, answer.out);
  for (const name of ["import/customers", "segment/birthday_today", "export/shop"]) {
    assert.match(answer.out, new RegExp(`${name} +succeeded`));
  }
  assert.match(answer.out, /sink\/sample_receiver +active +\d+ waiting, 0 dead letters/);
});

test("a contact is erased only with --confirm, and then everywhere", async () => {
  const [before] = await hub.sql`select contact_id from perigee.contacts
    where email = 'kozak@example.com'`;
  assert.ok(before);
  assert.equal((await perigee("forget", "kozak@example.com")).exitCode, 2);
  const answer = await perigee("forget", "kozak@example.com", "--confirm");
  assert.equal(answer.exitCode, 0, answer.err);
  assert.match(answer.out, /deletes: keep/);
  const left = await hub.sql`select 1 from perigee.contacts where email = 'kozak@example.com'`;
  assert.equal(left.length, 0);
});

test("a trigger says who would get an event, with one as a sample, and runs for the moment that is given", async () => {
  const countEvents = async () =>
    (await hub.sql`select 1 from perigee.events where trigger_name = 'birthday'`).length;
  const before = await countEvents();
  const tooEarly = JSON.parse(
    (await perigee("run", "trigger/birthday", "--dry-run", "--json")).out,
  );
  assert.deepEqual([tooEarly.due, tooEarly.sample], [0, undefined]);
  const at = new Date(Date.now() + 86_400_000).toISOString();
  const words = ["run", "trigger/birthday", "--at", at] as const;
  const later = JSON.parse((await perigee(...words, "--dry-run", "--json")).out);
  assert.ok(later.due > 0 && later.due === later.members, JSON.stringify(later));
  assert.equal(later.contactIds.length, Math.min(20, later.due));
  assert.equal(later.sample.keyValue, later.contactIds[0]);
  assert.match(later.sample.params.at(-1).value, /^\{"1043":\[\{/);
  assert.match(
    (await perigee(...words, "--dry-run")).out,
    /members would get an event, to sample_r/,
  );
  assert.equal(await countEvents(), before);
  assert.equal((await perigee(...words)).exitCode, 0);
  const ticks = await hub.sql`select 1 from perigee.trigger_ticks where scheduled_at = ${at}`;
  assert.equal(ticks.length, 1);
});

test("wrong use is said in one sentence with what to do", async () => {
  const cases: [string[], RegExp][] = [
    [["statsu"], /did you mean/],
    [["run", "export/shoop"], /PG922 .*\n.*Did you mean export\/shop\?/],
    [["run"], /PG921/],
    [["segment", "birthday_today", "--at", "yesterday"], /--at wants a moment/],
    [["segment", "birthday_today", "--smaple", "3"], /--smaple/],
    [["render", "birthday_greeting"], /either --contact or --event/],
  ];
  for (const [words, wanted] of cases) {
    const answer = await perigee(...words);
    assert.equal(answer.exitCode, 2, words.join(" "));
    assert.match(answer.err, wanted);
  }
  const unknown = await perigee("explain", "nobody@example.com");
  assert.equal(unknown.exitCode, 1);
  assert.match(unknown.err, /PG805/);
});

test("every command has help with an example", async () => {
  const overview = await perigee("--help");
  for (const { name } of commands) {
    assert.ok(overview.out.includes(`  ${name} `), name);
    const help = await perigee(name, "--help");
    assert.equal(help.exitCode, 0);
    assert.match(help.out, new RegExp(`Examples:\n  perigee ${name}`));
  }
});
