import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { parse } from "yaml";
import { openConnection } from "../../src/postgres/connection.ts";
import { openTestDatabase, testTarget } from "../support/database.ts";
import { programWords, repository } from "../support/daemon_process.ts";
import { freePort } from "../support/free_port.ts";
import { waitFor } from "../support/wait.ts";

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}

const { services } = parse(await readFile(path.join(repository, "compose.yaml"), "utf8"), {
  merge: true,
}) as { services: Record<string, Service> };

const hub = await openTestDatabase({ after });
const server = new URL(hub.url);
const shop = `shop_${randomBytes(6).toString("hex")}`;
const [receiverPort, httpPort] = [await freePort(), await freePort()];

/** As compose fills `${NAME:-default}`, with the addresses of this machine for those of services. */
function fill(text: string): string {
  return text.replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1")
    .replace(
      "//postgres:perigee@postgres:5432",
      `//${server.username}:${server.password}@${server.host}`,
    )
    .replace(/\/perigee$/, server.pathname)
    .replace(/\/shop$/, `/${shop}`)
    .replace("//receiver:8090", `//127.0.0.1:${receiverPort}`)
    .replace("0.0.0.0:8090", `127.0.0.1:${receiverPort}`)
    .replace(/^0\.0\.0\.0$/, "127.0.0.1");
}

const outputs = new Map<string, string>();

/** Runs what a service's container would, with the configuration that is mounted into it. */
function run(name: string): { child: ChildProcess; ended: Promise<number | null> } {
  const { environment, command = [], volumes = [] } = services[name] ?? assert.fail(name);
  assert.deepEqual(volumes, ["./config:/config:ro"]);
  const [program, words] = programWords();
  const env = Object.fromEntries(
    Object.entries(environment).map(([key, value]) => [key, fill(value)]),
  );
  const child = spawn(program, [...words, ...command.map(fill)], {
    cwd: repository,
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      ...env,
      PERIGEE_CONFIG: path.join(repository, "config"),
      PERIGEE_PORT: String(httpPort),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      outputs.set(name, (outputs.get(name) ?? "") + text);
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  after(async () => {
    if (child.exitCode === null) child.kill("SIGKILL");
    await ended;
  });
  return { child, ended };
}

after(async () => {
  const admin = await openConnection({ ...testTarget(hub.url), database: "postgres" });
  await admin.sql.unsafe(`drop database if exists "${shop}" with (force)`);
  await admin.end();
});

test("every container of ours runs without rights on a read-only file system", () => {
  const ours = Object.entries(services).filter(([, { image }]) => image === "perigee");
  assert.deepEqual(ours.map(([name]) => name).sort(), ["perigee", "receiver", "sample"]);
  for (const [name, service] of ours) {
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ["ALL"], name);
  }
  assert.deepEqual(services["perigee"]?.depends_on, {
    postgres: { condition: "service_healthy" },
    sample: { condition: "service_completed_successfully" },
    receiver: { condition: "service_started" },
  });
});

test("its commands, in its order, bring the whole sample: events arrive and tables are exported", async () => {
  const receiver = run("receiver");
  assert.equal(await run("sample").ended, 0, outputs.get("sample"));
  assert.match(outputs.get("sample") ?? "", /made database shop_\w+: 200 customers/);
  const daemon = run("perigee");
  await waitFor("the receiver to tell of events", () => {
    if (daemon.child.exitCode !== null) throw new Error(outputs.get("perigee"));
    return /got \d+ events?, signatures verified/.exec(outputs.get("receiver") ?? "") ?? undefined;
  }, 60_000);
  const connection = await openConnection({ ...testTarget(hub.url), database: shop });
  await waitFor("nine exported tables with rows of known contacts", async () => {
    const [found] = await connection.sql<{ tables: number }[]>`
      select count(*)::int as tables from pg_tables where schemaname = 'public' and tablename in
        ('broadcasts', 'contactActivities', 'contacts', 'devices', 'events', 'messages',
         'orderItems', 'orders', 'revenue')`;
    return found?.tables === 9 || undefined;
  }, 60_000);
  const [orders] = await connection.sql<{ all: number; known: number }[]>`
    select count(*)::int as all, count("contactId")::int as known from orders`;
  assert.ok(orders !== undefined && orders.all > 0 && orders.known === orders.all);
  await connection.end();
  const health = await (await fetch(`http://127.0.0.1:${httpPort}/health/ready`)).text();
  assert.match(health, /"ready"/);
  for (const { child, ended } of [daemon, receiver]) {
    if (child.pid !== undefined) process.kill(child.pid, "SIGTERM");
    assert.equal(await ended, 0);
  }
});

test("a second `up` finds the shop that the first one made", async () => {
  const again = run("sample");
  assert.equal(await again.ended, 0, outputs.get("sample"));
  assert.match(outputs.get("sample") ?? "", /found database shop_\w+: 200 customers/);
});
