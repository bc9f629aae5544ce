import assert from "node:assert/strict";
import test from "node:test";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import { checkYaml, requireStep, troubles } from "../support/checked_config.ts";
import {
  createRole,
  openShop,
  parts,
  runAsAdmin,
  shopYaml,
  unsecured,
} from "../support/checked_shop.ts";
import { openTestDatabase } from "../support/database.ts";

test("nothing is made in the customer's database", async (t) => {
  const shop = await openShop(t);
  const count = () => shop.sql<{ n: number }[]>`select count(*)::integer as n from pg_class`;
  const [before] = await count();
  await checkYaml(t, shopYaml(shop.url));
  const [after] = await count();
  assert.equal(after?.n, before?.n);
});

test("an export's missing rights come with the statements that grant them, and they do", async (t) => {
  const shop = await openShop(t);
  await shop.sql`create schema marketing`;
  await shop.sql.unsafe(
    `revoke temporary on database ${quoteIdentifier(shop.target.database)} from public`,
  );
  const { url } = await createRole(t, shop);
  const yaml = shopYaml(
    url,
    "exports:\n  out: { connector: shop, every: 1h, schema: marketing }\n",
  );
  const before = await checkYaml(t, yaml);
  assert.deepEqual(troubles(before), [
    unsecured,
    "export/out: schema failed",
    "export/out: temporary tables failed",
  ]);
  for (const step of ["schema", "temporary tables"]) {
    await shop.sql.unsafe(requireStep(before, "export/out", step).advice ?? "").simple();
  }
  assert.deepEqual(troubles(await checkYaml(t, yaml)), [unsecured]);
});

test("tables of an export that cannot take its rows are told one by one", async (t) => {
  const shop = await openTestDatabase(
    t,
    `create table contacts ("contactId" jsonb primary key);
     create view devices as select 1 as one;
     create table orders ("orderId" integer)`,
  );
  const steps = await checkYaml(
    t,
    shopYaml(shop.url, "exports:\n  out: { connector: shop, every: 1h }\n"),
  );
  assert.deepEqual(
    steps.filter(({ state }) => state === "failed").map(({ step, code }) => [step, code]),
    [["table contacts", "PG511"], ["table devices", "PG512"], ["table orders", "PG513"]],
  );
});

test("a database in another encoding is a warning where it is exported to", async (t) => {
  const shop = await openTestDatabase(t);
  const name = `${shop.target.database}_latin1`;
  const database = quoteIdentifier(name);
  await shop.sql.unsafe(
    `create database ${database} template template0 encoding LATIN1 locale 'C'`,
  );
  t.after(() => runAsAdmin(`drop database ${database} with (force)`));
  const yaml = shopYaml(
    shop.url.replace(/\/[^/]*$/, `/${name}`),
    "exports:\n  out: { connector: shop, every: 1h }\n",
  );
  const encoding = requireStep(await checkYaml(t, yaml), "connector/shop", "encoding");
  assert.equal(encoding.state, "warning");
  assert.match(encoding.text, /LATIN1/);
});

test("a database that takes no writes fails where it is exported to, and is enough to read", async (t) => {
  const shop = await openShop(t);
  await shop.sql.unsafe(
    `alter database ${
      quoteIdentifier(shop.target.database)
    } set default_transaction_read_only = on`,
  );
  const exporting = requireStep(await checkYaml(t, shopYaml(shop.url)), "connector/shop", "role");
  assert.equal(exporting.state, "failed");
  assert.match(exporting.advice ?? "", /address of the primary/);
  const reading = shopYaml(shop.url, parts.replace(/exports:[^]*/, ""));
  assert.deepEqual(troubles(await checkYaml(t, reading)), [unsecured]);
});
