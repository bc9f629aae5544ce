import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { openTestHub } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { openReceiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";

test("two running daemons tell a dead connector and a refused configuration once each", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const yaml = `
hub: { url: "${hub.url}" }
server: { port: 0 }
alerts: { webhooks: ["${receiver.url}"], allow_private: true }
connectors:
  gone:
    url: "postgres://nobody:hidden-password@127.0.0.1:1/gone"
    connect_timeout: 1s
    key: { column: email, field: email }
`;
  const folders = [await writeConfig(t, yaml), await writeConfig(t, yaml)];
  const daemons = folders.map((config) => spawnDaemon(t, { config }));
  for (const daemon of daemons) {
    await daemon.waitForLine("connector_failed", ({ connector }) => connector === "gone");
  }
  const told = (wanted: number) =>
    waitFor(`${wanted} alerts`, () => receiver.requests.length >= wanted || undefined, 30_000);
  const subjects = () =>
    receiver.requests.map(({ body }) => {
      const { type, data } = JSON.parse(body) as { type: string; data: { subject: string } };
      return `${type} ${data.subject}`;
    });
  await told(1);
  const [folder = ""] = folders;
  await writeFile(path.join(folder, "perigee.yaml"), `${yaml}\nexports: 5\n`);
  await told(2);
  await writeFile(path.join(folder, "perigee.yaml"), yaml);
  await told(3);
  assert.deepEqual(subjects(), [
    "alert.raised connector/gone",
    "alert.raised configuration",
    "alert.cleared configuration",
  ]);
  assert.ok(!receiver.requests.some(({ body }) => body.includes("hidden-password")));
  for (const daemon of daemons) assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
  assert.equal(receiver.requests.length, 3);
});
