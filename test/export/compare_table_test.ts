import assert from "node:assert/strict";
import { test } from "node:test";
import { compareTable } from "../../src/export/compare_table.ts";
import { ExportSessions } from "../../src/export/export_sessions.ts";
import { planTables } from "../../src/export/plan_tables.ts";
import { surveyExport } from "../../src/export/survey_export.ts";
import { beginTargetWrite } from "../../src/export/target_transaction.ts";
import { ProgressTeller } from "../../src/observe/progress.ts";
import { openExport } from "../support/export_fixture.ts";

for (const targetVersion of [130_000, 150_000]) {
  test(`a full comparison as for server version ${targetVersion} writes what differs and nothing else`, async (t) => {
    const { hub, customer, config, deps, run } = await openExport(t, { datasets: ["devices"] });
    await hub.sql`insert into perigee.devices (application_id, device_id, category)
      select i % 3, 'd' || i, 'c' from generate_series(1, 200) as i`;
    await run();
    await customer.sql.unsafe(`update devices set category = 'tampered' where "deviceId" = 'd7';
      delete from devices where "deviceId" = 'd8';
      insert into devices ("applicationId", "deviceId") values (9, 'foreign');
      create table before as select "deviceId" as id, ctid::text as place from devices`);

    const sessions = new ExportSessions(deps.hubTarget, deps.connectors);
    const session = await sessions.take(config.name, config.connector);
    const survey = await surveyExport(config, session);
    const [planned] = planTables(config, survey.target, survey.cursors, survey.hub).tables;
    assert.ok(planned !== undefined);
    await beginTargetWrite(session.target.sql, session.target.target);
    const counts = await compareTable({
      ...session,
      fitted: planned.fitted,
      targetVersion,
      targetEncoding: "UTF8",
      propagatesDeletes: true,
      notesRejects: true,
      hasRejects: false,
      signal: new AbortController().signal,
      progress: new ProgressTeller(() => undefined, { name: "", what: "", unit: "rows" }),
    });
    await session.target.sql`commit`;
    await session.hub.sql`commit`;
    await sessions.give(config.name, session, false);

    assert.deepEqual([counts.read, counts.written, counts.deleted], [200, 2, 1]);
    const [moved] = await customer.sql<{ moved: number; rows: number; tampered: number }[]>`
      select (select count(*)::integer from devices as d join before as b
          on b.id = d."deviceId" and b.place <> d.ctid::text) as moved,
        count(*)::integer as rows,
        (count(*) filter (where category = 'tampered'))::integer as tampered
      from devices`;
    assert.deepEqual({ ...moved }, { moved: 1, rows: 200, tampered: 0 });
  });
}
