/**
 * `npm run bench -- import [--only new,xmin,cursor] [--json]`: a first import against what psql alone
 * does, and imports that find a thousandth of the rows changed against one scan of the source.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ImportConfig } from "../src/config/model.ts";
import { importOnce, mapTo } from "../test/support/imports.ts";
import { importOf, type World } from "../test/support/world.ts";
import { customerCount, withCustomers } from "./customers.ts";
import { isWanted } from "./is_wanted.ts";
import { pairedRatio, printResult } from "./paired.ts";

const area = "import";
const changed = Math.round(customerCount / 1000);

const config = importOf("customers", "customers", [
  mapTo("firstName", "first_name"),
  mapTo("lastName", "last_name"),
  mapTo("languageCode", "language"),
  mapTo("externalCustomerId", {
    kind: "cast",
    value: { kind: "column", column: "id" },
    type: "text",
  }),
  mapTo("createdDate", "registered_at"),
]);

const withCursor: ImportConfig = {
  ...config,
  cursor: { column: "updated_at", lookbackMs: 1_000 },
};

const columns = "email, first_name, last_name, language_code, external_customer_id, created_date";
const run = promisify(execFile);

/** What somebody with psql alone would do: the needs are psql and the two databases. */
async function importWithPsql({ hub, shop }: World): Promise<void> {
  const read = `copy (select email, first_name, last_name, language, id::text, registered_at
    from customers) to stdout (format binary)`.replace(/\s+/g, " ");
  await run("psql", [
    "-qX",
    hub.url,
    "-c",
    `create temp table staging (email text, first_name text, last_name text, language_code text,
       external_customer_id text, created_date timestamptz)`,
    "-c",
    `\\copy staging from program 'psql -qX "${shop.url}" -c "${read}"' with (format binary)`,
    "-c",
    `insert into perigee.contacts as c (${columns}) select ${columns} from staging
     on conflict (lower(email)) do update set first_name = excluded.first_name,
       last_name = excluded.last_name, language_code = excluded.language_code,
       external_customer_id = excluded.external_customer_id, created_date = excluded.created_date`,
  ]);
}

async function emptyHub({ hub }: World): Promise<void> {
  await hub.sql`truncate perigee.contacts, perigee.changes_of_contacts, perigee.import_cursors`;
  await hub.sql`checkpoint`;
}

await withCustomers(async (world) => {
  if (isWanted("new")) await measureNew(world);
  await world.shop.sql`create index if not exists customers_updated_at on customers (updated_at)`;
  if (isWanted("xmin")) await measureChanges(world, config, "by xmin alone");
  if (isWanted("cursor")) await measureChanges(world, withCursor, "with a cursor");
});

async function measureNew(world: World): Promise<void> {
  const shown = customerCount.toLocaleString("en");
  printResult(
    await pairedRatio(
      `${shown} new contacts; psql COPY into staging and INSERT … ON CONFLICT = 1`,
      1.3,
      () => importOnce(world, config),
      () => importWithPsql(world),
      { area, runs: 3, kind: "atMost", prepare: () => emptyHub(world) },
    ),
  );
}

/** Runs that find a thousandth of the rows changed; each is preceded by one change, not timed. */
async function measureChanges(world: World, changes: ImportConfig, how: string): Promise<void> {
  await emptyHub(world);
  await importOnce(world, changes);
  await world.hub.sql`vacuum analyze perigee.contacts`;
  await world.shop.sql`vacuum analyze customers`;
  let turn = 0;
  let isTouched = false;
  const touch = async () => {
    if (isTouched) return;
    turn++;
    await world.shop.sql`
      update customers set first_name = ${`Turn ${turn} ${how}`}, updated_at = now()
      where id % 1000 = ${turn % 1000}`;
    isTouched = true;
  };
  const importChanges = async () => {
    const { read, updated } = await importOnce(world, changes);
    if (read !== changed || updated !== changed) {
      throw new Error(`${read} read, ${updated} updated`);
    }
    isTouched = false;
  };
  printResult(
    await pairedRatio(
      `${customerCount.toLocaleString("en")} rows in the source, ${
        changed.toLocaleString("en")
      } changed, ${how}; a bare sequential scan = 1`,
      1.2,
      importChanges,
      () =>
        world.shop.sql.begin(async (sql) => {
          await sql`set local max_parallel_workers_per_gather = 0`;
          await sql`select count(*) from customers`;
        }),
      { area, runs: 11, kind: "atMost", prepare: touch },
    ),
  );
}
