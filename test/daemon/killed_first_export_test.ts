import assert from "node:assert/strict";
import { test } from "node:test";
import { seedDatasets } from "../../src/sample/seed_datasets.ts";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { waitFor } from "../support/wait.ts";

/** One hash over all rows, the same on both sides: documented columns in the documented order. */
const contentOfHub = `
  select count(*)::int as rows, md5(string_agg(md5(concat_ws('|', contact_id, email, first_name,
    last_name, sms, language_code, total_sent)), '' order by contact_id)) as hash
  from perigee.contacts`;
const contentOfTarget = `
  select count(*)::int as rows, md5(string_agg(md5(concat_ws('|', "contactId", email, "firstName",
    "lastName", sms, "languageCode", "totalSent")), '' order by "contactId")) as hash
  from contacts`;

test("a daemon that is killed in its first export completes it at the next start", async (t) => {
  const hub = await openTestHub(t);
  const shop = await openTestDatabase(t);
  await seedDatasets(hub.sql, { contacts: 30_000, seed: 7, now: new Date() });
  const folder = await writeConfig(
    t,
    `
hub: { url: "${hub.url}" }
server: { port: 0 }
connectors:
  shop: { url: "${shop.url}", key: { column: email, field: email } }
exports:
  shop: { connector: shop, every: 1h, on_change: true }
`,
  );
  const killed = spawnDaemon(t, { config: folder });
  await waitFor("rows on their way into the shop", async () => {
    const rows = await shop.sql`select 1 from pg_stat_progress_copy
      where datname = current_database() and tuples_processed > 0`;
    return rows.length > 0 || undefined;
  }, 60_000);
  await killed.end("SIGKILL");

  const next = spawnDaemon(t, { config: folder });
  await next.waitForLine("run_finished", (line) => line["name"] === "export/shop", 120_000);
  const [wanted] = await hub.sql.unsafe(contentOfHub);
  const [found] = await shop.sql.unsafe(contentOfTarget);
  assert.equal(wanted?.["rows"], 30_000);
  assert.deepEqual({ ...found }, { ...wanted });
  const [{ tables } = { tables: 0 }] = await shop.sql<{ tables: number }[]>`
    select count(*)::int as tables from perigee_cursors`;
  assert.equal(tables, 9);
  assert.equal(await next.end("SIGTERM"), 0, next.output());
});
