import { loadMigrations, planMigrations } from "../hub/migrate.ts";
import type { Connection } from "../postgres/connection.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { checkAddress } from "./check_address.ts";
import { limitTarget, withConnection } from "./check_connector.ts";
import { checkPooler } from "./check_pooler.ts";
import { checkServer } from "./check_server.ts";
import { type CheckStep, StepList } from "./check_step.ts";

const migrationsFolder = new URL("../../migrations/", import.meta.url);

/** Looks at the hub's own database and its schema. Throws nothing and migrates nothing. */
export async function checkHub(
  target: ConnectionTarget,
  options: { connectTimeoutMs: number },
): Promise<CheckStep[]> {
  const list = new StepList("hub");
  const connection = await checkAddress(list, limitTarget(target, options.connectTimeoutMs));
  if (connection === undefined) return list.steps;
  await withConnection(connection, async () => {
    await checkServer(list, connection, "hub");
    await checkPooler(list, connection, !target.isPooled);
    await checkSchema(list, connection);
  });
  return list.steps;
}

async function checkSchema(list: StepList, connection: Connection): Promise<void> {
  const known = await loadMigrations(migrationsFolder);
  const pending = await list.attempt(
    "schema",
    connection.target,
    "look up the hub's schema",
    async () => {
      const [found] = await connection.sql<{ isThere: boolean }[]>`
        select to_regclass('perigee.migrations') is not null as "isThere"`;
      if (found?.isThere !== true) return planMigrations(known, []);
      const applied = await connection.sql<{ version: number; name: string; checksum: string }[]>`
        select version, name, checksum from perigee.migrations order by version`;
      return planMigrations(known, applied);
    },
  );
  if (pending === undefined) return;
  if (pending.length === 0) return list.ok("schema", "the newest one");
  list.ok("schema", `${pending.length} migrations will be applied at the next start`);
}
