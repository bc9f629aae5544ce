/** A process that exports once, says so, and waits until its standard input ends. */
import { randomUUID } from "node:crypto";
import process from "node:process";
import { systemClock } from "../src/clock.ts";
import { ConnectorRegistry } from "../src/connector/registry.ts";
import { runExport } from "../src/export/run_export.ts";
import { claimLease } from "../src/hub/lease.ts";
import { openPool } from "../src/postgres/pool.ts";
import { connectorTo, contactsExport, targetOf } from "./export_world.ts";

const [, , hubUrl = "", customerUrl = ""] = process.argv;
const hubTarget = targetOf(hubUrl, "hub");
const hub = openPool(hubTarget, { max: 2 });
const connectors = new ConnectorRegistry(
  new Map([["shop", connectorTo(targetOf(customerUrl, "customer"))]]),
);
const lease = await claimLease(hub.sql, "export/bench", randomUUID(), 3_600_000);
if (lease === undefined) throw new Error("the lease is free");
await runExport(contactsExport, {
  runId: "1",
  name: "export/bench",
  scheduledAt: new Date(),
  cause: "command",
  lease,
  signal: new AbortController().signal,
  observe: () => undefined,
  clock: systemClock,
}, { hub, hubTarget, connectors });
console.log("exported");
await new Promise((resolve) => process.stdin.once("end", resolve).resume());
await Promise.all([hub.close(), connectors.close(1_000)]);
