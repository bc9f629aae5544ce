import { randomUUID } from "node:crypto";
import process from "node:process";
import { ConnectorRegistry } from "../../src/connector/registry.ts";
import { runExport } from "../../src/export/run_export.ts";
import { openPool } from "../../src/postgres/pool.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { connectorAt, makeContext, plainExport } from "./export_fixture.ts";

/**
 * A process that exports all datasets without end, to be killed at any moment. Its only argument is
 * JSON with the targets of hub and customer. It prints a line for every run.
 */
const { hub, customer } = JSON.parse(process.argv[2] ?? "") as Record<string, ConnectionTarget>;
if (hub === undefined || customer === undefined) throw new Error("wanted targets as JSON");
const pool = openPool(hub, { max: 2, applicationName: "perigee runs" });
const connectors = new ConnectorRegistry(new Map([["shop", connectorAt(customer, "shop")]]));
const deps = { hub: pool, hubTarget: hub, connectors };

for (;;) {
  try {
    const context = await makeContext(pool, `shop/${randomUUID()}`, []);
    const counts = await runExport({ ...plainExport, onChange: true }, context, deps);
    console.log(JSON.stringify(counts));
  } catch (error) {
    console.log(`failed: ${error instanceof Error ? error.message : error}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
