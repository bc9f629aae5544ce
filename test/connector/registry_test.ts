import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectorConfig } from "../../src/config/model.ts";
import { ConnectorRegistry } from "../../src/connector/registry.ts";
import { PerigeeError } from "../../src/error.ts";
import { openWorld } from "../support/world.ts";

const world = await openWorld("");
const shop = world.connectors.require("shop");

function named(...connectors: ConnectorConfig[]): Map<string, ConnectorConfig> {
  return new Map(connectors.map((connector) => [connector.name, connector]));
}

async function answers(registry: ConnectorRegistry): Promise<unknown> {
  const [row] = await registry.pool("shop").sql`select 1 as one`;
  return row?.["one"];
}

function isEnded(error: unknown): boolean {
  return error instanceof PerigeeError && error.code === "PG290";
}

const changed: ConnectorConfig = { ...shop, poolSize: shop.poolSize + 1 };

test("a registry that was replaced serves those who hold it, and closes when they are done", async () => {
  const before = new ConnectorRegistry(named(shop));
  const after = before.successor(named(changed));
  const releases = [before.hold(["shop"]), before.hold(["shop"])];
  let isRetired = false;
  const retired = before.retire(1_000).then(() => isRetired = true);
  releases[0]?.();
  assert.equal(await answers(before), 1);
  assert.equal(isRetired, false);
  releases[1]?.();
  releases[1]?.();
  await retired;
  await assert.rejects(answers(before), isEnded);
  assert.equal(await answers(after), 1);
  await after.close(1_000);
});

test("a pool that was handed on twice stays while somebody of the first registry holds it", async () => {
  const first = new ConnectorRegistry(named(shop));
  const release = first.hold(["shop"]);
  const second = first.successor(named(shop));
  await first.retire(1_000);
  const third = second.successor(named(changed));
  let isRetired = false;
  const retired = second.retire(1_000).then(() => isRetired = true);
  assert.equal(await answers(first), 1);
  assert.equal(isRetired, false);
  release();
  await retired;
  await assert.rejects(answers(first), isEnded);
  await third.close(1_000);
});

test("a closed registry opens no pool any more, held or not", async () => {
  const registry = new ConnectorRegistry(named(shop));
  const release = registry.hold(["shop"]);
  await registry.close(1_000);
  await assert.rejects(answers(registry), isEnded);
  release();
  const unused = new ConnectorRegistry(named(shop));
  await unused.close(1_000);
  assert.throws(() => unused.pool("shop"), isEnded);
});
