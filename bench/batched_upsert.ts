import { requireDataset } from "../src/dataset/datasets.ts";
import { allRowsQuery, windowRowsQuery } from "../src/hub/dataset_rows.ts";
import type { ExportWorld } from "./export_world.ts";

const batchRows = 1_000;

/** A snapshot before every row of the hub. */
export const fromTheStart = "3:3:";

/** The hub's snapshot now, as `since` for a later call. */
export async function snapshotOf({ hub }: ExportWorld): Promise<string> {
  const [row] = await hub.sql<{ snapshot: string }[]>`
    select pg_current_snapshot()::text as snapshot`;
  return row?.snapshot ?? "";
}

/**
 * Batched INSERT … ON CONFLICT with parameters, as an application writes it: what changed since a
 * snapshot of the hub goes into a table of the peer's, in one transaction.
 */
export async function writeBatches(
  world: ExportWorld,
  table: string,
  since: string,
): Promise<void> {
  const { columns } = requireDataset("contacts");
  const names = columns.map(({ parameter }) => parameter);
  const values = columns.map((_, index) => `w.c${index + 1}::text as "${names[index]}"`);
  const query = { dataset: requireDataset("contacts"), limits: new Map() };
  const source = since === fromTheStart
    ? allRowsQuery(query)
    : windowRowsQuery(query, { snapshot: since, atMost: world.rows });
  const rows = `select ${values.join(", ")} from (${source}) as w`;
  await world.hub.sql.begin(async (hub) => {
    await hub`set local timezone = 'UTC'`;
    await world.peer.sql.begin(async (peer) => {
      for await (const batch of hub.unsafe(rows).cursor(batchRows)) {
        await peer`insert into ${peer(table)} ${peer(batch as never, ...names as never[])} ${
          peer.unsafe(upsertClause())
        }`;
      }
    });
  });
}

function upsertClause(): string {
  const names = requireDataset("contacts").columns.map(({ parameter }) => `"${parameter}"`)
    .filter((name) => name !== '"contactId"');
  return `on conflict ("contactId") do update set ${
    names.map((name) => `${name} = excluded.${name}`).join(", ")
  }`;
}
