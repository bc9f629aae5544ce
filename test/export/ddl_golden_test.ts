import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { datasets } from "../../src/dataset/datasets.ts";
import { planExport } from "../../src/export/plan_export.ts";
import { openExport } from "../support/export_fixture.ts";

/** What each kind of export may make; a change here is a change of a public interface. */
const variants = [
  { file: "export_documented.sql", changes: {} },
  {
    file: "export_snake_case_wide.sql",
    changes: {
      schema: "mail",
      naming: "snake_case",
      longValues: "widen",
      deprecatedColumns: true,
      statusTables: false,
    },
  },
] as const;

for (const { file, changes } of variants) {
  test(`all the DDL of an export is as test/golden/${file} has it, and is what a run executes`, async (t) => {
    const { config, deps, customer, run } = await openExport(t, changes);
    const plan = await planExport(config, deps);
    const statements = [...plan.statements, ...plan.tables.flatMap((table) => table.statements)];
    const wanted = await readFile(new URL(`../golden/${file}`, import.meta.url), "utf8");
    assert.equal(`${statements.join(";\n\n")};\n`, wanted.replaceAll("\r\n", "\n"));

    await run();
    assert.equal(plan.tables.length, datasets.size);
    const [made] = await customer.sql<{ columns: number; comments: number }[]>`
      select count(*)::integer as columns,
        count(col_description(a.attrelid, a.attnum))::integer as comments
      from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
      where c.relnamespace = ${config.schema}::regnamespace and c.relkind = 'r'
        and c.relname not like 'perigee%'`;
    const lines = wanted.split("\n");
    const inGolden = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
    assert.equal(made?.comments, inGolden(/^comment on column (?!.*perigee_)/));
    const again = await planExport(config, deps);
    assert.deepEqual(again.statements, []);
    assert.deepEqual(again.tables.flatMap((table) => table.statements), []);
  });
}
