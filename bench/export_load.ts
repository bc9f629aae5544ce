import { spawn } from "node:child_process";
import { pairedAtMost } from "./export_pairs.ts";
import {
  assertSameContacts,
  type ExportWorld,
  hubRowsQuery,
  peerTableStatements,
} from "./export_world.ts";
import { printResult } from "./paired.ts";

const runs = 5;

/** First load of all contacts, against `psql … COPY binary | psql … COPY binary`. */
export async function measureLoad(world: ExportWorld): Promise<void> {
  const { hub, customer, peer } = world;
  const result = await pairedAtMost(`first load of ${world.rows} contacts / psql | psql`, 0.85, {
    prepare: async () => {
      await customer.sql.unsafe(
        "drop table if exists contacts, perigee_rejects, perigee_cursors cascade",
      );
      await customer.sql`checkpoint`;
    },
    run: async () => void await world.run(),
  }, {
    prepare: async () => {
      await peer.sql.unsafe(peerTableStatements("copied"));
      await peer.sql`checkpoint`;
    },
    run: () => pipeBinary(world),
  }, runs);
  await assertSameContacts(hub.sql, [[customer.sql, "contacts"], [peer.sql, "copied"]]);
  await peer.sql`drop table copied`;
  printResult(result);
}

function pipeBinary(world: ExportWorld): Promise<void> {
  const read = `copy (${
    hubRowsQuery().replace(/ order by t\.contact_id/, "")
  }) to stdout (format binary)`;
  const script =
    'psql -qX "$HUB" -c "$READ" | psql -qX "$PEER" -c "copy copied from stdin (format binary)"';
  const child = spawn("sh", ["-c", script], {
    env: {
      ...process.env,
      HUB: `${world.url("hub")}?options=-ctimezone%3DUTC`,
      PEER: world.url("peer"),
      READ: read,
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on(
      "close",
      (code) => code === 0 ? resolve() : reject(new Error(`psql ended with ${code}`)),
    );
  });
}
