import { performance } from "node:perf_hooks";
import { claimDeliveries, pruneDelivered, recordDelivered } from "../src/hub/deliveries.ts";
import type { Pool } from "../src/postgres/pool.ts";
import { median, printResult } from "./paired.ts";

const claimant = "00000000-0000-4000-8000-000000000001";
const claimSize = 500;

/** How often a fifth of the queue is delivered, pruned and queued again. */
const turnovers = 5;

/** Queues so many events, one per contact, with their deliveries to `receiver`. */
export async function queueEvents(hub: Pool, count: number): Promise<void> {
  await hub.sql.unsafe(`
    truncate perigee.events, perigee.deliveries, perigee.changes_of_events;
    ${insertEvents(count)}`);
}

function insertEvents(count: number): string {
  return `with event as (
      insert into perigee.events (event_type_key, key_value, contact_id, params_json)
      select 'regularEventType-1', n::text, n, jsonb_build_array(
        jsonb_build_object('name', 'ContactId', 'value', n::text),
        jsonb_build_object('name', 'EmailAddress', 'value', 'contact' || n || '@example.com'),
        jsonb_build_object('name', 'jsonParam', 'value', '{"1043":[{"id":"' || n || '","email":"'
          || 'contact' || n || '@example.com","birthday":"2020-09-02T00:00:00Z"}]}'))
      from generate_series(1, ${count}) as n returning event_id, contact_id
    )
    insert into perigee.deliveries (event_id, sink, contact_id)
    select event_id, 'receiver', contact_id from event`;
}

/**
 * What a claim costs with `pending` deliveries waiting, against one with few; and with `pending`
 * waiting all the while, what claims cost and how large the table is after a whole queue's worth was
 * delivered, pruned and queued again, against the first fifth of it.
 */
export async function measureClaims(hub: Pool, pending: number): Promise<void> {
  await queueEvents(hub, 15_000);
  const few = await turnOver(hub, 10_000);
  await queueEvents(hub, pending);
  const part = Math.ceil(pending / turnovers);
  const rounds: { claimMs: number; bytes: number }[] = [];
  for (let turnover = 0; turnover < turnovers; turnover++) {
    const claimMs = await turnOver(hub, part);
    await hub.sql.unsafe(insertEvents(part));
    rounds.push({ claimMs, bytes: await readSize(hub) });
  }
  const [first, last] = [rounds[0], rounds.at(-1)] as const;
  if (first === undefined || last === undefined) throw new Error("there are several turnovers");
  const waiting = pending.toLocaleString("en");
  const report = (bar: string, ratio: number, limit: number) =>
    printResult({
      area: "delivery",
      bar,
      ratio: Number(ratio.toPrecision(4)),
      limit,
      holds: ratio <= limit,
      median_ms: Number(last.claimMs.toPrecision(4)),
      runs: Math.floor(part / claimSize),
    });
  report(
    `claim of ${claimSize} with ${waiting} waiting, time against 15,000`,
    first.claimMs / few,
    1.5,
  );
  report(
    `the same after ${waiting} were delivered, against before`,
    last.claimMs / first.claimMs,
    1.5,
  );
  report(
    `size of the queue's table after that (${
      Math.round(last.bytes / 1_048_576)
    } MiB), against before`,
    last.bytes / first.bytes,
    1.5,
  );
}

/** Claims so many and records them as delivered, prunes them; answers the median time of a claim. */
async function turnOver(hub: Pool, count: number): Promise<number> {
  const times: number[] = [];
  for (let done = 0; done < count; done += claimSize) {
    const startedAt = performance.now();
    const claimed = await claimDeliveries(hub.sql, {
      sink: "receiver",
      claimant,
      limit: claimSize,
      leaseMs: 3_600_000,
    });
    times.push(performance.now() - startedAt);
    if (claimed.length !== claimSize) throw new Error(`claimed ${claimed.length} only`);
    const delivered = claimed.map(({ eventId, claimNo }) => ({ eventId, claimNo, status: 204 }));
    await recordDelivered(hub.sql, "receiver", delivered);
  }
  while (await pruneDelivered(hub.sql, 0, 1_000) > 0);
  return median(times);
}

async function readSize({ sql }: Pool): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    select pg_total_relation_size('perigee.deliveries')::float8 as bytes`;
  return row?.bytes ?? 0;
}
