import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { makeFolder, spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import {
  deadlineMs,
  endSessions,
  faultYaml,
  openFaultWorld,
  waitForFailure,
  waitForRoundTrip,
  withoutTriggers as parts,
} from "./fault_world.ts";

/** A name that no server of names knows. */
const name = "hub.perigee.invalid";

test("a daemon for which no name resolves for a while, with all its sessions lost, recovers", async (t) => {
  const hosts = path.join(await makeFolder(t), "hosts");
  const known = `127.0.0.1 localhost ${name}\n`;
  await writeFile(hosts, known);
  // The daemon alone sees this list of names, which it must be allowed to put before the system's.
  const wrapper = [
    "unshare",
    "--mount",
    "sh",
    "-c",
    `mount --bind '${hosts}' /etc/hosts && exec "$@"`,
    "sh",
  ];
  if (spawnSync("unshare", [...wrapper.slice(1), "true"]).status !== 0) {
    return t.skip("this process may not give another list of names to a process");
  }
  const world = await openFaultWorld(t);
  const named = (url: string) => url.replace("127.0.0.1", name);
  const yaml = faultYaml(world, { hub: named(world.hub.url), shop: named(world.shop.url), parts });
  const daemon = spawnDaemon(t, {
    config: await writeConfig(t, yaml),
    env: { PERIGEE_LOG_LEVEL: "debug" },
    wrapper,
  });
  await waitForRoundTrip(world, "Before");
  await writeFile(hosts, "127.0.0.1 localhost\n");
  await endSessions(world.shop.sql);
  const failure = await waitForFailure(daemon, "import/customers", "PG201");
  assert.match(failure.message, new RegExp(name));
  await endSessions(world.hub.sql);
  await daemon.waitForLine(
    "fault",
    ({ error }) => (error as { code: string }).code === "PG201",
    deadlineMs,
  );
  await writeFile(hosts, known);
  await waitForRoundTrip(world, "Afterwards");
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
