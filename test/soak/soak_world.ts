import type { Sql } from "postgres";
import { openPool } from "../../src/postgres/pool.ts";
import { type FaultWorld, openFaultWorld } from "../faults/fault_world.ts";
import { openTestDatabase, type Scope, type TestDatabase } from "../support/database.ts";
import { openProxy, type Proxy } from "../support/proxy.ts";
import { startThrowawayCluster } from "../support/test_cluster.ts";

/** The databases that a daemon has links to. */
export const databaseNames = ["hub", "shop", "store"] as const;
export type DatabaseName = typeof databaseNames[number];

/** The ways of one daemon, each of which can be broken alone. */
export type Lines = Readonly<Record<DatabaseName, Proxy>>;

/** A hub, two customers and a receiver, in a cluster of their own that may crash. */
export interface SoakWorld extends FaultWorld {
  readonly store: TestDatabase;
  /** Sessions of whoever writes into the hub and into the shop. */
  readonly writers: { readonly hub: Sql; readonly shop: Sql };
  /** One set of lines for each of the two daemons. */
  readonly lines: readonly [Lines, Lines];
}

/** How many people there are from the beginning on; their promo codes never change. */
export const firstPeople = 60;

/** What the customer's tables hold besides those of fault tests. */
const soakSql = `
  create table steady_promos as select id, email, lucky from promos;
  create table versions (email text primary key, version integer not null);
  insert into versions select email, 0 from customers;
  create sequence newcomers`;

const importedSql = `
  insert into perigee.contacts (email, first_name)
  select 'c' || n || '@example.com', 'Name ' || n from generate_series(1, ${firstPeople}) as n`;

/** Opens one, with a Postgres of its own that keeps what is committed when it crashes. */
export async function openSoakWorld(scope: Scope): Promise<SoakWorld> {
  const cluster = await startThrowawayCluster({ synchronous_commit: "on", full_page_writes: "on" });
  scope.after(() => cluster.stop());
  const world = await openFaultWorld(scope, cluster.superuserUrl);
  const store = await openTestDatabase(scope, "", cluster.superuserUrl);
  await world.shop.sql.unsafe(soakSql);
  await world.hub.sql.unsafe(importedSql);
  const openWriters = (database: TestDatabase) => {
    const pool = openPool(database.target, { max: 6, applicationName: "writers" });
    scope.after(() => pool.close(0));
    return pool.sql;
  };
  const writers = { hub: openWriters(world.hub), shop: openWriters(world.shop) };
  const openLines = async (): Promise<Lines> => {
    const [hub, shop, store] = await Promise.all(
      databaseNames.map(() => openProxy(world.hub.target)),
    );
    if (hub === undefined || shop === undefined || store === undefined) throw new Error("no proxy");
    for (const proxy of [hub, shop, store]) scope.after(() => proxy.close());
    return { hub, shop, store };
  };
  return { ...world, store, writers, lines: [await openLines(), await openLines()] };
}

/** What differs between the configurations of a soak. */
export interface SoakVariant {
  /** Counts up; every other number adds a segment, every third changes how the store is exported. */
  readonly edition: number;
  /** Nothing makes events any more. */
  readonly isQuiet: boolean;
}

/** The configuration of one daemon, whose links lead through its own lines. */
export function soakYaml(
  world: SoakWorld,
  lines: Lines,
  { edition, isQuiet }: SoakVariant,
): string {
  const through = (name: DatabaseName) => {
    const url = new URL(world[name].url);
    url.port = String(lines[name].port);
    return url.href;
  };
  const often = isQuiet ? `cron: "0 0 1 1 *"` : "every: 3s";
  return `
hub: { url: "${through("hub")}" }
server: { port: 0, shutdown_timeout: 10s }
connectors:
  shop: { url: "${through("shop")}", key: { column: email, field: email } }
  store: { url: "${through("store")}", key: { column: email, field: email } }
sources:
  promos: { id: 1043, connector: shop, table: promos }
  codes: { id: 1044, connector: shop, table: codes }
  steady_promos: { id: 1045, connector: shop, table: steady_promos }
  versions: { id: 1046, connector: shop, table: versions }
sinks:
  hook:
    webhook: "${world.receiver.url}"
    secrets: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw]
    allow_private: true
    timeout: 2s
    max_attempts: 100
routes:
  - { pattern: "soak*", sinks: [hook] }
imports:
  customers:
    connector: shop
    table: customers
    every: 1s
    mapping: { email: email, firstName: name }
segments:
  lucky: { id: 7, every: 1s, where: { source: promos, conditions: { lucky: true } } }
  steady: { id: 8, every: 5s, where: { source: steady_promos, conditions: { lucky: true } } }
${
    edition % 2 === 0
      ? ""
      : "  everybody: { id: 9, every: 2s, where: { source: promos } }\n"
  }triggers:
  once: { segment: lucky, ${often}, repeat: once, sources: [codes], sinks: [hook] }
  steady:
    segment: steady
    ${often}
    sources: [codes]
    sinks: [hook]
    skip_if_running: false
    catch_up: all
messages:
  version:
    id: 501
    text: "$contact.email $data.get('versions').get(0).get('version')"
    sources: { versions: { required: true } }
exports:
  shop: { connector: shop, every: 2s, on_change: true, deletes: propagate }
  store:
    connector: store
    every: 2s
    on_change: true
    deletes: propagate
    debounce: ${edition % 3 === 0 ? "100ms" : "300ms"}
`;
}
