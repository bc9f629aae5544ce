import type { Sql } from "postgres";
import type { Seeded } from "../support/seeded.ts";
import type { Actor } from "./actor.ts";
import { inSession } from "./customers.ts";

/** Changes of the hub; contacts of its own are at x.example.com, apart from the imported ones. */
const changes: readonly ((id: number) => string)[] = [
  (id) =>
    `insert into perigee.contacts (email, first_name)
      values (gen_random_uuid() || '@x.example.com', 'n${id}')`,
  (id) =>
    `update perigee.contacts set total_sent = total_sent + 1, last_sent_date = clock_timestamp()
      where contact_id % 17 = ${id % 17}`,
  (id) =>
    `delete from perigee.contacts
      where contact_id % 31 = ${id % 31} and email like '%@x.example.com'`,
  (id) =>
    `update perigee.contacts set contact_id = contact_id + 100000
      where contact_id = (select min(contact_id) from perigee.contacts
        where email like '%@x.example.com' and contact_id % 5 = ${id % 5} and contact_id < 100000)`,
  (id) =>
    `with placed as (insert into perigee.orders (status, total_cost)
        values ('INITIALIZED', ${id}.5) returning order_id)
      insert into perigee.order_items (order_id, name, cost)
        select order_id, 'Item ' || i, i from placed, generate_series(1, 1 + ${id} % 3) as i`,
  (id) =>
    `update perigee.orders set status = 'DELIVERED', order_date = now()
      where order_id % 7 = ${id % 7}`,
  (id) =>
    `with gone as (delete from perigee.orders where order_id % 29 = ${id % 29} returning order_id)
      delete from perigee.order_items where order_id in (select order_id from gone)`,
  (id) =>
    `insert into perigee.events (event_type_key, contact_id, params_json)
      values ('soak${id}', ${id}, '[{"name": "n", "value": "${id}"}]')`,
  (id) =>
    `insert into perigee.devices (application_id, device_id, contact_id)
      values (${id % 5}, 'd${id}', ${id}) on conflict (application_id, device_id)
      do update set contact_id = excluded.contact_id, category = 'again'`,
  (id) =>
    `insert into perigee.contact_activities (contact_id, activity_status)
      select ${id}, 'DELIVERED' from generate_series(1, 120)`,
  (id) =>
    `update perigee.contact_activities set activity_status = 'CLICKED' where row_id % 97 = ${id}`,
  (id) => `insert into perigee.revenue (external_order_id, total_cost) values ('o${id}', ${id}.25)`,
  (id) => `update perigee.revenue set total_cost = total_cost + 1 where row_id % 5 = ${id % 5}`,
  (id) => `insert into perigee.broadcasts (name) values ('b${id}')`,
  (id) => `insert into perigee.messages (name) values ('m${id}')`,
];

/**
 * The platform itself, which writes into the hub: transactions of several changes, with savepoints,
 * long ones, rolled back ones, and prepared ones that leave the NOTIFY out.
 */
export function createPlatformWriter(sql: Sql, choices: Seeded): Actor {
  return {
    name: "platform",
    longestPauseMs: 40,
    async act(pause) {
      const isPrepared = choices.isHit(0.08);
      const isLong = choices.isHit(0.08);
      const isUndone = choices.isHit(0.1);
      const lastsMs = isLong ? 300 + choices.below(1_500) : 0;
      const steps = Array.from({ length: 1 + choices.below(4) }, () => ({
        statement: choices.pick(changes)(1 + choices.below(60)),
        isUndone: choices.isHit(0.15),
      }));
      await inSession(sql, async (session) => {
        await session.unsafe("begin");
        if (isPrepared) await session.unsafe("set local perigee.notify = off");
        for (const { statement, isUndone } of steps) {
          await session.unsafe("savepoint step");
          await session.unsafe(statement);
          if (isUndone) await session.unsafe("rollback to savepoint step");
        }
        if (isLong) await pause(lastsMs);
        const end = isUndone ? "rollback" : "commit";
        if (isPrepared) await finishPrepared(session, end);
        else await session.unsafe(end);
      });
      if (isPrepared) return "prepared transactions of the platform";
      return isLong ? "long transactions of the platform" : "transactions of the platform";
    },
  };
}

async function finishPrepared(session: Sql, end: string): Promise<void> {
  const name = `soak ${crypto.randomUUID()}`;
  await session.unsafe(`prepare transaction '${name}'`);
  await session.unsafe(`${end} prepared '${name}'`);
}

/** Ends what a crash left prepared, of which nobody knows the end any more. */
export async function endPrepared(sql: Sql): Promise<void> {
  const rows = await sql<{ gid: string }[]>`
    select gid from pg_prepared_xacts where database = current_database()`;
  for (const { gid } of rows) await sql.unsafe(`commit prepared '${gid}'`);
}
