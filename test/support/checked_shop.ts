import { randomBytes } from "node:crypto";
import { openConnection } from "../../src/postgres/connection.ts";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import { seedShop } from "../../src/sample/shop.ts";
import { openTestDatabase, type Scope, type TestDatabase, testTarget } from "./database.ts";
import { requireTestCluster } from "./test_cluster.ts";

/** What reads and writes through the connector `shop`. */
export const parts = `
sources:
  promo_codes: { id: 1043, connector: shop, table: promo_codes }
imports:
  customers:
    connector: shop
    table: customers
    every: 5m
    mapping: { email: email, firstName: first_name }
    fields: { birthday: birthday }
segments:
  birthday_today:
    id: 7
    every: 1h
    where: { source: promo_codes, conditions: { birthday: { anniversary: today } } }
exports:
  shop: { connector: shop, every: 15m }
`;

/** A configuration with the connector `shop` at an address. */
export function shopYaml(url: string, more = parts): string {
  return `connectors:\n  shop:\n    url: ${url}\n    key: { column: email, field: email }\n${more}`;
}

/** What every check here says: the servers of tests offer no TLS. */
export const unsecured = "connector/shop: TLS warning";

/** The sample shop in a database of its own. */
export async function openShop(t: Scope): Promise<TestDatabase> {
  const shop = await openTestDatabase(t);
  await seedShop(shop.sql, { now: new Date(), timezone: "Europe/Kyiv" });
  return shop;
}

/** For what belongs to the cluster and outlives the database. */
export async function runAsAdmin(statement: string): Promise<void> {
  const admin = await openConnection(testTarget(await requireTestCluster()));
  try {
    await admin.sql.unsafe(statement);
  } finally {
    await admin.end();
  }
}

/** A role that may only connect, its address at the shop, and what makes it go away. */
export async function createRole(t: Scope, shop: TestDatabase, name?: string) {
  const role = name ?? `reader_${randomBytes(4).toString("hex")}`;
  const user = quoteIdentifier(role);
  await shop.sql.unsafe(`create role ${user} login password 'open sesame'`);
  // After the database and what the role has in it are gone.
  t.after(() => runAsAdmin(`drop role ${user}`));
  const url = new URL(shop.url);
  url.username = role;
  url.password = "open sesame";
  return { role, url: url.href };
}
