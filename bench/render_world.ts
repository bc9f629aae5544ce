import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../src/config/load.ts";
import type { Config } from "../src/config/model.ts";
import { sourceKeyExpression } from "../src/connector/contact_key.ts";
import { findEmbeddedBinaries } from "../src/embedded/binaries.ts";
import { startCluster } from "../src/embedded/cluster.ts";
import { loadMigrations, migrate } from "../src/hub/migrate.ts";
import { openConnection } from "../src/postgres/connection.ts";
import { parseConnectionUrl } from "../src/postgres/connection_url.ts";
import type { ConnectionTarget } from "../src/postgres/target.ts";
import type { LoadJob, LoadOutcome } from "./render_load.ts";
import { velocityNewsletter } from "./velocity_newsletter.ts";

/** Databases with a segment of `contacts` people who have ten rows each, and their configuration. */
export interface RenderWorld {
  readonly config: Config;
  close(): Promise<void>;
}

/** Starts a Postgres of its own and fills it; takes some seconds per 10,000 contacts. */
export async function openRenderWorld(contacts: number): Promise<RenderWorld> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "perigee-bench-"));
  const binaries = await findEmbeddedBinaries();
  const cluster = await startCluster({ dataDir, binaries, isThrowaway: true });
  await withConnection(cluster.url("postgres"), async ({ sql }) => {
    await sql.unsafe("create database hub");
    await sql.unsafe("create database shop");
  });
  await withConnection(cluster.url("hub"), async (connection) => {
    await migrate(connection, await loadMigrations(new URL("../migrations/", import.meta.url)));
    await connection.sql.unsafe(fillHub(contacts));
  });
  await withConnection(cluster.url("shop"), ({ sql }) => sql.unsafe(fillShop(contacts)));
  const loaded = await loadConfig(await writeConfig(dataDir), {
    env: { HUB_URL: cluster.url("hub"), SHOP_URL: cluster.url("shop") },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2));
  return {
    config: loaded.config,
    async close() {
      await cluster.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function writeConfig(parent: string): Promise<string> {
  const { mkdir, writeFile } = await import("node:fs/promises");
  const folder = path.join(parent, "perigee-config");
  await mkdir(folder);
  await writeFile(path.join(folder, "newsletter.vm"), velocityNewsletter);
  await writeFile(
    path.join(folder, "perigee.yaml"),
    `
hub: { url: "\${HUB_URL}", pool_size: 16 }
server: { tokens: [bench-token] }
connectors:
  shop: { url: "\${SHOP_URL}", pool_size: 16, key: { column: email, field: email } }
sources:
  products: { id: 1, connector: shop, table: products, columns: [name, sku, price, url, image, note] }
segments:
  everybody: { id: 7, where: { source: products, conditions: { name: { isNull: false } } } }
messages:
  newsletter: { id: 1, html: { file: newsletter.vm }, sources: [products] }
`,
  );
  return folder;
}

const fields = "phone city country language segment points level joined birthday promoCode " +
  "discount manager managerEmail store storeAddress lastOrder unsubscribeUrl";

function fillHub(contacts: number): string {
  const pairs = fields.split(" ").map((name) => `'${name}', '${name} of contact ' || n`);
  return `
    insert into perigee.contacts (contact_id, email, first_name, last_name, fields)
    select n, 'person' || n || '@example.com', 'firstName of contact ' || n,
      'lastName of contact ' || n,
      jsonb_build_object('isVip', true, 'hasApp', n % 2 = 0, 'isNew', false, ${pairs.join(", ")})
    from generate_series(1, ${contacts}) n;
    insert into perigee.segments (segment_id, name, evaluated_at, total, unmatched)
    values (7, 'everybody', now(), ${contacts}, 0);
    insert into perigee.segment_members (segment_id, contact_id, entered_at)
    select 7, n, now() from generate_series(1, ${contacts}) n;
    analyze;`;
}

function fillShop(contacts: number): string {
  const columns = "name sku price url image note".split(" ");
  const key = sourceKeyExpression("email", { kind: "email" });
  return `
    create table products (id integer, email text, ${columns.map((c) => `${c} text`).join(", ")});
    insert into products
    select n * 10 + part, 'person' || n || '@example.com',
      ${columns.map((c) => `'${c} ' || n || '.' || part`).join(", ")}
    from generate_series(1, ${contacts}) n, generate_series(0, 9) part;
    alter table products add primary key (id);
    create index on products ((${key}));
    analyze;`;
}

async function withConnection<T>(
  url: string,
  work: (connection: Awaited<ReturnType<typeof openConnection>>) => Promise<T>,
): Promise<T> {
  const connection = await openConnection(targetOf(url));
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

function targetOf(url: string): ConnectionTarget {
  const { ssl, ...address } = parseConnectionUrl(url);
  return {
    ...address,
    name: "bench",
    ssl: { mode: ssl.mode },
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 600_000,
    lockTimeoutMs: 60_000,
    idleInTransactionTimeoutMs: 60_000,
  };
}

/** A whole HTTP/1.1 request with a JSON body, for the load client. */
export function requestOf(path: string, body: unknown): string {
  const text = JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer bench-token\r\n` +
    `content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
}

/** The client process. */
export interface LoadClient {
  run(job: LoadJob): Promise<LoadOutcome>;
  close(): void;
}

/** Starts the client on the runtime that runs this. */
export function startLoadClient(): LoadClient {
  const script = fileURLToPath(new URL("render_load.ts", import.meta.url));
  const flags = process.versions["deno"] === undefined
    ? ["--import", "tsx", script]
    : ["run", "--allow-net", script];
  const child = spawn(process.execPath, flags, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: { resolve(outcome: LoadOutcome): void; reject(error: Error): void }[] = [];
  createInterface({ input: child.stdout }).on(
    "line",
    (line) => waiting.shift()?.resolve(JSON.parse(line) as LoadOutcome),
  );
  child.once("exit", () => {
    for (const { reject } of waiting) reject(new Error("the load client ended"));
  });
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(job)}\n`);
      }),
    close: () => child.kill(),
  };
}
