import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { pruneAlerts, settleAlerts } from "../../src/hub/alerts.ts";
import { openTestHub } from "../support/database.ts";

const hub = await openTestHub({ after });

function trouble(subject: string) {
  return { subject, condition: "failing", code: "PG202", message: "it fails", advice: undefined };
}

test("alerts that nobody reports for a day are forgotten, and those that somebody sees stay", async () => {
  const report = { daemonId: randomUUID(), lifeMs: 60_000, webhooks: [], unknown: [] };
  await settleAlerts(hub.sql, {
    ...report,
    troubles: [trouble("import/seen"), trouble("import/old")],
  });
  assert.equal(await pruneAlerts(hub.sql), 0);
  await hub.sql`update perigee.alerts set raised_at = now() - interval '2 days'`;
  await hub.sql`update perigee.alert_reports set expires_at = now() - interval '25 hours'
    where subject = 'import/old'`;
  assert.equal(await pruneAlerts(hub.sql), 1);
  const left = await hub.sql<{ subject: string }[]>`select subject from perigee.alerts`;
  assert.deepEqual(left.map(({ subject }) => subject), ["import/seen"]);
  const reports = await hub.sql`select subject from perigee.alert_reports`;
  assert.equal(reports.length, 1);
});
