import { startThrowawayCluster } from "../test/support/test_cluster.ts";
import { openWorld, type World } from "../test/support/world.ts";
import { durableSettings } from "./durable_settings.ts";

/** Rows of the benchmarks' tables; smaller with PERIGEE_BENCH_ROWS, for a look in a hurry. */
export const customerCount = Number(process.env["PERIGEE_BENCH_ROWS"] ?? 1_000_000);

/** A customer's table as shops have it: 19 columns, some 300 bytes a row. */
const customersSql = `
  create table customers (
    id bigint primary key, email text not null, first_name text, last_name text, phone text,
    language text, city text, street text, postcode text, country text, birthday date,
    registered_at timestamptz, last_order_at timestamptz, orders integer, spent numeric,
    is_member boolean, tier text, notes text, updated_at timestamptz);
  insert into customers
  select i, 'customer' || i || '@example.com', 'First' || i % 1000, 'Last' || i % 5000,
    '+38067' || lpad((i % 10000000)::text, 7, '0'), (array['uk', 'en', 'pl'])[1 + i % 3],
    'City ' || i % 300, 'Street ' || i % 9000, lpad((i % 99999)::text, 5, '0'), 'UA',
    date '1950-01-01' + (i % 20000)::integer, now() - i % 1000 * interval '1 day',
    now() - i % 300 * interval '1 day', i % 40, i, i % 2 = 0, 'tier' || i % 5,
    repeat('n', 60 + (i % 60)::integer), now() - i % 1000 * interval '1 hour'
  from generate_series(1, ${customerCount}) as i;
  create unique index on customers (email);
  vacuum (analyze, freeze) customers`;

/** Starts a server with a hub and a shop with the customers, works with them, and stops it. */
export async function withCustomers(work: (world: World) => Promise<void>): Promise<void> {
  const closing: (() => void | Promise<void>)[] = [];
  const scope = { after: (close: () => void | Promise<void>) => void closing.unshift(close) };
  const cluster = await startThrowawayCluster(durableSettings);
  try {
    const world = await openWorld("", undefined, scope, cluster.superuserUrl);
    for (const statement of customersSql.split(";")) await world.shop.sql.unsafe(statement);
    await work(world);
  } finally {
    for (const close of closing) await close();
    await cluster.stop();
  }
}
