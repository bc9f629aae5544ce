import assert from "node:assert/strict";
import test from "node:test";
import { hasFailed } from "../../src/check/check.ts";
import { grantScript } from "../../src/check/grant_script.ts";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import { checkYaml, requireStep, troubles, writeConfig } from "../support/checked_config.ts";
import { createRole, openShop, parts, shopYaml, unsecured } from "../support/checked_shop.ts";
import { openTestDatabase, openTestHub } from "../support/database.ts";

test("a shop that is as it should be gives no failure, and a warning for the open link", async (t) => {
  const [shop, hub] = [await openShop(t), await openTestHub(t)];
  const steps = await checkYaml(t, shopYaml(shop.url), { hub: hub.target });
  assert.deepEqual(troubles(steps), ["hub: TLS warning", unsecured]);
  assert.equal(hasFailed(steps), false);
  assert.match(requireStep(steps, "connector/shop", "TLS").text, /^Connection is not SSL-secured/);
  assert.match(requireStep(steps, "source/promo_codes", "unique").text, /may have several rows/);
  assert.match(requireStep(steps, "export/shop", "tables").text, /9 will be created/);
  assert.equal(requireStep(steps, "hub", "schema").text, "the newest one");
});

test("a wrong password fails the login alone, and another connector is checked all the same", async (t) => {
  const shop = await openShop(t);
  const wrong = new URL(shop.url);
  wrong.password = "not it";
  const yaml = shopYaml(shop.url).replace(
    "sources:",
    `  other:\n    url: ${wrong.href}\n    key: { column: email, field: email }\nsources:\n` +
      "  others: { id: 2, connector: other, table: promo_codes }",
  );
  const steps = await checkYaml(t, yaml);
  assert.deepEqual(troubles(steps), [
    unsecured,
    "connector/other: TLS warning",
    "connector/other: login failed",
    "source/others: all skipped",
  ]);
  const login = requireStep(steps, "connector/other", "login");
  assert.equal(login.code, "PG210");
  assert.match(login.advice ?? "", /username and password of other; the user is postgres/);
  assert.doesNotMatch(JSON.stringify(steps), /not it/);
});

test("a database that does not exist is told by name", async (t) => {
  const shop = await openTestDatabase(t);
  const steps = await checkYaml(t, shopYaml(shop.url.replace(/\/[^/]*$/, "/no_such_shop"), ""));
  const login = requireStep(steps, "connector/shop", "login");
  assert.equal(login.code, "PG212");
  assert.match(login.text, /no_such_shop/);
});

test("a missing table fails its source, import and segment and nothing else", async (t) => {
  const shop = await openShop(t);
  await shop.sql`drop table promo_codes`;
  const steps = await checkYaml(t, shopYaml(shop.url));
  assert.deepEqual(troubles(steps), [
    unsecured,
    "source/promo_codes: table failed",
    "segment/birthday_today: conditions failed",
  ]);
  const table = requireStep(steps, "source/promo_codes", "table");
  assert.match(table.text, /there is no table or view public\.promo_codes that postgres can see/);
});

test("a missing right comes with the statements that grant it, and they do", async (t) => {
  const shop = await openShop(t);
  const { url } = await createRole(t, shop, 'odd "reader"');
  const yaml = shopYaml(url, parts.replace(/exports:[^]*/, ""));
  const before = await checkYaml(t, yaml);
  assert.deepEqual(troubles(before), [
    unsecured,
    "source/promo_codes: read failed",
    "import/customers: read failed",
    "segment/birthday_today: conditions failed",
  ]);
  for (const subject of ["source/promo_codes", "import/customers"]) {
    const { advice, code } = requireStep(before, subject, "read");
    assert.equal(code, "PG220");
    assert.match(advice ?? "", /^grant usage on schema "public" to "odd ""reader""";/);
    await shop.sql.unsafe(advice ?? "").simple();
  }
  assert.deepEqual(troubles(await checkYaml(t, yaml)), [unsecured]);
});

test("the scripts of grants are enough for all that the configuration wants", async (t) => {
  const shop = await openShop(t);
  await shop.sql.unsafe(
    `revoke temporary on database ${quoteIdentifier(shop.target.database)} from public`,
  );
  const { url } = await createRole(t, shop);
  const { config } = await writeConfig(t, shopYaml(url));
  for (const purpose of ["source", "export"] as const) {
    await shop.sql.unsafe(grantScript(config, "shop", purpose) ?? "").simple();
  }
  assert.deepEqual(troubles(await checkYaml(t, shopYaml(url))), [unsecured]);
});

test("rights on the chosen columns are enough for a source that chooses its columns", async (t) => {
  const shop = await openShop(t);
  const { url, role } = await createRole(t, shop);
  const source =
    "sources:\n  codes: { id: 1, connector: shop, table: promo_codes, columns: [promo_code] }\n";
  const { advice } = requireStep(await checkYaml(t, shopYaml(url, source)), "source/codes", "read");
  const wanted = `grant select ("email", "promo_code") on "public"."promo_codes" to "${role}";`;
  assert.ok(advice?.endsWith(wanted), advice);
  await shop.sql.unsafe(advice ?? "").simple();
  assert.deepEqual(troubles(await checkYaml(t, shopYaml(url, source))), [unsecured]);
});

test("missing columns and types that do not fit fail the import and the segment that name them", async (t) => {
  const shop = await openShop(t);
  const yaml = shopYaml(shop.url)
    .replace("firstName: first_name", "firstName: given_name")
    .replace("{ anniversary: today }", '{ startsWith: "19" }');
  const steps = await checkYaml(t, yaml);
  assert.deepEqual(troubles(steps), [
    unsecured,
    "import/customers: plan failed",
    "segment/birthday_today: conditions failed",
  ]);
  const plan = requireStep(steps, "import/customers", "plan");
  assert.match(plan.text, /has no column given_name; it has .*first_name/);
});

test("a value that cannot become the dataset's type fails the import's reading", async (t) => {
  const shop = await openShop(t);
  const yaml = shopYaml(shop.url).replace("firstName: first_name", "totalSent: birthday");
  const read = requireStep(await checkYaml(t, yaml), "import/customers", "read");
  assert.equal(read.state, "failed");
  assert.match(read.text, /date/);
});

test("a query is planned in a transaction that cannot write", async (t) => {
  const shop = await openShop(t);
  await shop.sql.unsafe(`create function write() returns integer language plpgsql immutable
    as $$ begin delete from promo_codes; return 1; end $$`);
  const query = "imports:\n  all:\n    connector: shop\n    every: 1h\n" +
    '    query: "select email, write() as n from customers"\n    mapping: { email: email }\n';
  await checkYaml(t, shopYaml(shop.url, query));
  const [row] = await shop.sql<{ n: number }[]>`select count(*)::integer as n from promo_codes`;
  assert.equal(row?.n, 97);
});

test("a key column that is not there or cannot be the field fails its source", async (t) => {
  const shop = await openShop(t);
  const yaml = shopYaml(shop.url, parts.replace(/imports:[^]*/, ""));
  const absent = await checkYaml(t, yaml.replace("column: email", "column: e_mail"));
  assert.match(requireStep(absent, "source/promo_codes", "key").text, /no key column e_mail/);
  const number = await checkYaml(t, yaml.replace("column: email", "column: id"));
  assert.match(requireStep(number, "source/promo_codes", "key").text, /id is integer/);
});

test("a large table without an index for its key gets one by the advice", async (t) => {
  const shop = await openTestDatabase(
    t,
    `create table big as select g as id, 'u' || g || '@example.com' as email
       from generate_series(1, 20000) as g;
     create index big_email on big (email)`,
  );
  await shop.sql`analyze big`;
  const yaml = shopYaml(shop.url, "sources:\n  big: { id: 1, connector: shop, table: big }\n");
  const { state, advice = "" } = requireStep(await checkYaml(t, yaml), "source/big", "index");
  assert.equal(state, "warning", "an index that no look-up can use is as none");
  assert.match(advice, /^create index concurrently on "public"\."big"/);
  await shop.sql.unsafe(advice);
  assert.equal(requireStep(await checkYaml(t, yaml), "source/big", "index").state, "ok");
});

test("row-level security that hides rows is a warning", async (t) => {
  const shop = await openShop(t);
  const { url, role } = await createRole(t, shop);
  await shop.sql.unsafe(`grant select on promo_codes to ${quoteIdentifier(role)}`);
  await shop.sql`alter table promo_codes enable row level security`;
  const source = "sources:\n  codes: { id: 1, connector: shop, table: promo_codes }\n";
  const steps = await checkYaml(t, shopYaml(url, source));
  assert.deepEqual(troubles(steps), [unsecured, "source/codes: rows warning"]);
});

test("a template that does not compile is told with its place", async (t) => {
  const shop = await openShop(t);
  const message = "messages:\n  hello:\n    id: 1\n    subject: '#if($a) broken'\n    text: x\n";
  const steps = await checkYaml(t, shopYaml(shop.url, message));
  const templates = requireStep(steps, "message/hello", "templates");
  assert.deepEqual([templates.state, templates.code], ["failed", "PG801"]);
});

test("a misspelt column of a template is told with its place and what was meant", async (t) => {
  const shop = await openShop(t);
  const parts = `sources:
  codes: { id: 1, connector: shop, table: promo_codes }
messages:
  hello:
    id: 1
    text: "$!data.get('codes').get(0).get('promo_cod')"
`;
  const steps = await checkYaml(t, shopYaml(shop.url, parts));
  const lint = requireStep(steps, "message/hello", "lint");
  assert.equal(lint.state, "warning");
  assert.match(lint.text, /:\d+:\d+: .*promo_cod/);
  assert.match(lint.advice ?? "", /promo_code/);
});
