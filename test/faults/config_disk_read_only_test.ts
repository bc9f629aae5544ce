import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { test } from "node:test";
import { spawnDaemon } from "../support/daemon_process.ts";
import { lastFirst } from "../support/last_first.ts";
import { mountDisk } from "../support/mounted_disk.ts";
import {
  deadlineMs,
  faultYaml,
  openFaultWorld,
  waitForRoundTrip,
  withoutTriggers as parts,
} from "./fault_world.ts";

test("a daemon whose configuration is on a disk that cannot be written starts, runs and reloads", async (t) => {
  const scope = lastFirst(t);
  const disk = await mountDisk(scope, 1);
  if (disk === undefined) return t.skip("this process may not mount a disk");
  const world = await openFaultWorld(scope);
  await writeFile(path.join(disk.folder, "perigee.yaml"), faultYaml(world, { parts }));
  disk.makeReadOnly();
  const daemon = spawnDaemon(scope, { config: disk.folder });
  await daemon.waitForLine("daemon_ready", undefined, deadlineMs);
  await waitForRoundTrip(world, "Before");
  process.kill(daemon.pid, "SIGHUP");
  await waitForRoundTrip(world, "Afterwards");
  assert.deepEqual(daemon.lines.filter(({ kind }) => kind === "config_refused"), []);
  assert.equal(await daemon.end("SIGTERM"), 0, daemon.output());
});
