import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fetchSourceRows } from "../../src/connector/source_rows.ts";
import { loadSourceShape } from "../../src/connector/source_shape.ts";
import type { ConnectorConfig, KeyField, SourceConfig } from "../../src/config/model.ts";
import { openTestDatabase } from "../support/database.ts";

const { sql } = await openTestDatabase({ after });

await sql.unsafe(`
  create domain amount as numeric(12, 2);
  create type mood as enum ('happy');
  create table kinds (email text, whole bigint, part amount, ratio float8, yes boolean, day date,
    local timestamp, moment timestamptz, clock time, doc jsonb, list int[], bytes bytea,
    price money, feeling mood, id uuid);
  insert into kinds values ('full@example.com', 9007199254740993, 12.5, 0.1, true, '2020-02-29',
    '2020-02-29 13:14:15.1', '2020-02-29 13:14:15.123456+02', '01:02:03', '{"a": [1, null]}',
    '{1,2}', '\\x00ff', 3.5, 'happy', '00000000-0000-0000-0000-000000000001');
  insert into kinds (email) values ('empty@example.com');
  insert into kinds (email, part, ratio, day, local, moment) values ('odd@example.com', 'NaN',
    'Infinity', 'infinity', '-infinity', '0044-03-15 00:00:00+00 BC')`);

await sql.unsafe(`
  create table rows (id int primary key, email text, grade int, "odd ""name" text);
  insert into rows select n, 'Many@Example.com', nullif(n % 3, 0), 'v' || n
    from generate_series(1, 6) n;
  create view unkeyed as select email, grade from rows`);

const plain: SourceConfig = {
  name: "rows",
  id: 7,
  connector: "shop",
  schema: "public",
  table: "rows",
  columns: undefined,
  orderBy: [],
  limit: 20,
  maxValueBytes: 65_536,
  maxContactBytes: 1_048_576,
  values: "text",
};

async function fetchRows(
  table: string,
  keys: readonly string[],
  part: Partial<SourceConfig> = {},
  key: { column: string; field: KeyField } = { column: "email", field: { kind: "email" } },
) {
  const connector = { name: "shop", key } as Partial<ConnectorConfig> as ConnectorConfig;
  const shape = await loadSourceShape(sql, { ...plain, table, ...part }, connector);
  return await fetchSourceRows(sql, shape, keys);
}

test("the row of the reference page has the page's shape to the letter", async () => {
  await sql.unsafe(`create table promo_codes (id int primary key, email text, name text,
      birthday timestamptz, promo_code text);
    insert into promo_codes values
      (2, 'kozak@example.com', 'Dina Kozak', '2020-09-02T00:00:00Z', 'AAAA-BBBB-DDDD')`);
  const [rows] = await fetchRows("promo_codes", ["kozak@example.com"]);
  assert.equal(
    rows?.json,
    '[{"id":"2","email":"kozak@example.com","name":"Dina Kozak",' +
      '"birthday":"2020-09-02T00:00:00Z","promo_code":"AAAA-BBBB-DDDD"}]',
  );
});

test("as text every value is a string and null is null", async () => {
  const [full, empty] = await fetchRows("kinds", ["full@example.com", "empty@example.com"]);
  assert.deepEqual(JSON.parse(full?.json ?? ""), [{
    email: "full@example.com",
    whole: "9007199254740993",
    part: "12.50",
    ratio: "0.1",
    yes: "true",
    day: "2020-02-29T00:00:00Z",
    local: "2020-02-29T13:14:15.1Z",
    moment: "2020-02-29T11:14:15.123456Z",
    clock: "01:02:03",
    doc: '{"a": [1, null]}',
    list: "[1,2]",
    bytes: "AP8=",
    price: "3.50",
    feeling: "happy",
    id: "00000000-0000-0000-0000-000000000001",
  }]);
  const [row] = JSON.parse(empty?.json ?? "") as Record<string, unknown>[];
  assert.deepEqual(new Set(Object.values(row ?? {})), new Set(["empty@example.com", null]));
});

test("typed values are JSON's own", async () => {
  const [full] = await fetchRows("kinds", ["full@example.com"], { values: "typed" });
  assert.match(full?.json ?? "", /"whole":9007199254740993,"part":12\.50,"ratio":0\.1,"yes":true/);
  const [row] = JSON.parse(full?.json ?? "") as Record<string, unknown>[];
  assert.deepEqual([row?.["doc"], row?.["list"], row?.["price"]], [{ a: [1, null] }, [1, 2], 3.5]);
  assert.equal(row?.["day"], "2020-02-29T00:00:00Z");
});

test("what JSON and ISO 8601 cannot say is spelled as Postgres spells it", async () => {
  for (const values of ["text", "typed"] as const) {
    const [odd] = await fetchRows("kinds", ["odd@example.com"], { values });
    const [row] = JSON.parse(odd?.json ?? "") as Record<string, unknown>[];
    assert.deepEqual(
      ["part", "ratio", "day", "local", "moment"].map((name) => row?.[name]),
      ["NaN", "Infinity", "infinity", "-infinity", "0044-03-15T00:00:00 BC"],
    );
  }
});

function ids(json: string | undefined): string[] {
  return (JSON.parse(json ?? "[]") as { id: string }[]).map((row) => row.id);
}

test("rows come in the source's order with nulls last, then by primary key, up to the limit", async () => {
  const keys = ["many@example.com"];
  const [plainOrder] = await fetchRows("rows", keys, { limit: 4 });
  assert.deepEqual(ids(plainOrder?.json), ["1", "2", "3", "4"]);
  assert.deepEqual([plainOrder?.found, plainOrder?.kept], [6, 4]);
  const [ordered] = await fetchRows("rows", keys, {
    orderBy: [{ column: "grade", isDescending: true }],
  });
  assert.deepEqual(ids(ordered?.json), ["2", "5", "1", "4", "3", "6"]);
});

test("a view without key has a defined order too", async () => {
  const [first] = await fetchRows("unkeyed", ["many@example.com"], { limit: 3 });
  const grades = (JSON.parse(first?.json ?? "") as { grade: string }[]).map((row) => row.grade);
  assert.deepEqual(grades, [null, null, "1"]);
});

test("only the chosen columns are written, in the order of the configuration, whatever their names", async () => {
  const [rows] = await fetchRows("rows", ["many@example.com"], {
    columns: ['odd "name', "id"],
    limit: 1,
  });
  assert.equal(rows?.json, '[{"odd \\"name":"v1","id":"1"}]');
});

test("several keys are answered in their order, with an empty list where there is no row", async () => {
  const answers = await fetchRows("rows", ["nobody@example.com", "many@example.com"]);
  assert.deepEqual(answers.map((rows) => [ids(rows.json).length, rows.found]), [[0, 0], [6, 6]]);
});

test("a value that is too long becomes null and is counted; rows that do not fit are left out whole", async () => {
  await sql.unsafe(`create table wide (id int primary key, email text, body text);
    insert into wide values (1, 'w@example.com', repeat('x', 65537));
    insert into wide select n, 'w@example.com', repeat('y', 65536) from generate_series(2, 19) n`);
  const [wide] = await fetchRows("wide", ["w@example.com"]);
  const rows = JSON.parse(wide?.json ?? "") as { body: string | null }[];
  assert.equal(rows[0]?.body, null);
  assert.equal(rows[1]?.body?.length, 65_536);
  assert.equal(wide?.tooLong, 1);
  assert.ok((wide?.json.length ?? 0) <= plain.maxContactBytes + rows.length + 1);
  assert.deepEqual([wide?.found, wide?.kept], [19, rows.length]);
  assert.equal(rows.length, 16);
});

test("phone numbers match however they are written", async () => {
  await sql.unsafe(`create table phones (id int primary key, tel text);
    insert into phones values (1, '+38 (050) 123-45-67'), (2, '0501234567'), (3, '00380501234567'),
      (4, '380501234567'), (5, '50 123 45 67'), (6, '+1 050 123 4567'), (7, ''), (8, null)`);
  const phone = (defaultCountry: string | undefined) =>
    fetchRows("phones", ["+380501234567"], {}, {
      column: "tel",
      field: { kind: "phone", defaultCountry },
    });
  const [local] = await phone("UA");
  assert.deepEqual(ids(local?.json), ["1", "2", "3", "4", "5"]);
  const [abroad] = await phone(undefined);
  assert.deepEqual(ids(abroad?.json), ["1", "3", "4"]);
});

test("a missing table or column is named with what there is", async () => {
  await assert.rejects(fetchRows("nowhere", []), { code: "PG790", message: /public\.nowhere/ });
  const orderBy = [{ column: "Grade", isDescending: false }];
  await assert.rejects(fetchRows("rows", [], { orderBy }), {
    code: "PG791",
    message: /no column Grade, only id, email, grade/,
  });
});

test("the longest value and the most rows of a contact are the source's own", async () => {
  await sql.unsafe(`create table long_rows (id int primary key, email text, text text);
    insert into long_rows select n, 'long@example.com', repeat('x', n * 500) from generate_series(1, 5) as n`);
  const bounds = { maxValueBytes: 1_500, maxContactBytes: 2_600 };
  const [rows] = await fetchRows("long_rows", ["long@example.com"], bounds);
  const kept = JSON.parse(rows?.json ?? "[]") as { text: string | null }[];
  assert.deepEqual(kept.map((row) => row.text?.length), [500, 1_000]);
  assert.deepEqual([rows?.found, rows?.kept, rows?.tooLong], [5, 2, 0]);
  const [wider] = await fetchRows("long_rows", ["long@example.com"], {
    maxValueBytes: 1_500,
    maxContactBytes: 1 << 20,
  });
  assert.deepEqual([wider?.kept, wider?.tooLong], [5, 2]);
});
