import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { after, before, describe, it } from "node:test";
import { findEmbeddedBinaries } from "../../src/embedded/binaries.ts";
import { startCluster } from "../../src/embedded/cluster.ts";
import { checkYaml, requireStep, troubles } from "../support/checked_config.ts";
import { openTestDatabase } from "../support/database.ts";
import { findPgBouncer, noPgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { openProxy } from "../support/proxy.ts";
import { readCertificate, startTlsServer, type TlsServer } from "../support/tls_server.ts";
import { waitFor } from "../support/wait.ts";

const program = await findPgBouncer();
const skip = noPgBouncer(program);

const key = "    key: { column: email, field: email }\n";
const exportYaml = "exports:\n  out: { connector: shop, every: 1h }\n";
const listenYaml = "imports:\n  all:\n    connector: shop\n    listen: changed\n    every: 1h\n" +
  '    query: "select 1 as email"\n    mapping: { email: email }\n';

function connectorYaml(url: string, more = ""): string {
  return `connectors:\n  shop:\n    url: ${url}\n${more}${key}`;
}

function at(url: string, host: string, port: number): string {
  const moved = new URL(url);
  moved.hostname = host;
  moved.port = String(port);
  return moved.href;
}

const shop = "connector/shop";

test("a name that cannot be resolved fails there, and the rest is skipped", async (t) => {
  const yaml = connectorYaml("postgres://a:b@db.invalid/shop") + exportYaml;
  const steps = await checkYaml(t, yaml);
  assert.deepEqual(troubles(steps), [
    `${shop}: name failed`,
    `${shop}: TCP skipped`,
    `${shop}: TLS skipped`,
    `${shop}: login skipped`,
    "export/out: all skipped",
  ]);
  const name = requireStep(steps, shop, "name");
  assert.equal(name.code, "PG201");
  assert.match(name.advice ?? "", /host name and this machine's DNS/);
});

test("a port on which nothing listens fails at TCP, and another connector is checked", async (t) => {
  const { url } = await openTestDatabase(t);
  const closed = net.createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as net.AddressInfo;
  await new Promise<void>((resolve) => closed.close(() => resolve()));
  const yaml = connectorYaml(at(url, "127.0.0.1", port)) + `  other:\n    url: ${url}\n${key}`;
  const steps = await checkYaml(t, yaml);
  assert.equal(requireStep(steps, shop, "TCP").code, "PG202");
  assert.equal(requireStep(steps, "connector/other", "LISTEN").state, "ok");
});

test("a line that swallows everything ends within the time limit", async (t) => {
  const { url, target } = await openTestDatabase(t);
  const proxy = await openProxy(target);
  t.after(() => proxy.close());
  proxy.stall();
  const startedAt = performance.now();
  const steps = await checkYaml(t, connectorYaml(at(url, proxy.host, proxy.port)), {
    connectTimeoutMs: 300,
  });
  assert.ok(performance.now() - startedAt < 5_000);
  assert.equal(requireStep(steps, shop, "TLS").code, "PG203");
  assert.equal(requireStep(steps, shop, "login").code, "PG203");
});

test("a server that is no Postgres is told apart from one that is away", async (t) => {
  const web = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  t.after(() => void web.close());
  const { port } = web.address() as net.AddressInfo;
  const steps = await checkYaml(
    t,
    connectorYaml(`postgres://a:b@127.0.0.1:${port}/shop?sslmode=require`),
  );
  assert.equal(requireStep(steps, shop, "TLS").code, "PG209");
});

test("a standby is enough to read, and no place to export to", async (t) => {
  const dataDir = await mkdtemp(path.join(tmpdir(), "perigee-standby-"));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const binaries = await findEmbeddedBinaries();
  const primary = await startCluster({ dataDir, binaries });
  await primary.stop();
  await writeFile(path.join(dataDir, "pgdata", "standby.signal"), "");
  const standby = await startCluster({ dataDir, binaries });
  t.after(() => standby.stop());
  const url = standby.url("postgres");
  const reading = await checkYaml(t, connectorYaml(url) + listenYaml);
  assert.match(requireStep(reading, shop, "role").text, /^a standby, which is enough for reading/);
  assert.equal(requireStep(reading, shop, "LISTEN").state, "warning");
  const exporting = await checkYaml(t, connectorYaml(url) + exportYaml);
  assert.equal(requireStep(exporting, shop, "role").state, "failed");
  assert.match(requireStep(exporting, shop, "role").advice ?? "", /the standby as `replica:`/);
});

test("a replica serves the readers, and the primary beside it the exports", async (t) => {
  const { url } = await openTestDatabase(t, "create table codes (id integer, email text)");
  const yaml = connectorYaml(url, `    replica: ${url}\n`) + exportYaml +
    "sources:\n  codes: { id: 1, connector: shop, table: codes }\n";
  const steps = await checkYaml(t, yaml);
  const subjects = [...new Set(steps.map(({ subject }) => subject))];
  assert.deepEqual(subjects, [shop, "export/out", `${shop} (replica)`, "source/codes"]);
});

test("a transaction pooler is found, and what to write", { skip }, async (t) => {
  const { url, target } = await openTestDatabase(t);
  const bouncer = await startPgBouncer(program ?? "", target, "transaction");
  t.after(() => bouncer.stop());
  const pooled = at(url, bouncer.host, bouncer.port);
  const unsaid = await checkYaml(t, connectorYaml(pooled) + listenYaml);
  const login = requireStep(unsaid, shop, "login");
  assert.equal(login.state, "failed");
  assert.match(login.advice ?? "", /Set `pooled: true`/);
  const said = await checkYaml(t, connectorYaml(pooled, "    pooled: true\n") + listenYaml);
  assert.match(requireStep(said, shop, "pooler").text, /^a transaction pooler: .* as configured$/);
  assert.equal(requireStep(said, shop, "LISTEN").state, "warning");
  const direct = connectorYaml(pooled, `    pooled: true\n    direct: ${url}\n`) + listenYaml;
  const both = await checkYaml(t, direct);
  assert.equal(requireStep(both, shop, "LISTEN").state, "ok");
  assert.equal(requireStep(both, `${shop} (direct)`, "LISTEN").text, "our own NOTIFY came back");
});

describe("TLS", () => {
  let server: TlsServer;
  let folder = "";
  const url = (mode: string, host = "localhost") => {
    const { port, username, password } = server.target;
    return `postgres://${username}:${password}@${host}:${port}/postgres?sslmode=${mode}`;
  };
  const trusting = (name: string) =>
    `    ssl: { root_cert: "${path.join(folder, `${name}.crt`)}" }\n`;
  const tlsOf = async (yaml: string) => requireStep(await checkYaml({ after }, yaml), shop, "TLS");

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "perigee-authorities-"));
    for (const name of ["authority", "stranger"]) {
      await writeFile(path.join(folder, `${name}.crt`), await readCertificate(`${name}.crt`));
    }
    server = await startTlsServer();
    await waitFor("the server to offer TLS", async () => {
      const { state } = await tlsOf(connectorYaml(url("require")));
      return state === "ok" ? true : undefined;
    });
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("without a check says that it is encrypted and not verified", async () => {
    const { state, text } = await tlsOf(connectorYaml(url("prefer")));
    assert.equal(state, "ok");
    assert.match(
      text,
      /^encrypted, not verified \(ssl mode prefer\); certificate db\.example\.com/,
    );
  });

  it("that is verified says so, with the certificate's subject and last day", async () => {
    const { state, text } = await tlsOf(connectorYaml(url("verify-full"), trusting("authority")));
    assert.equal(state, "ok");
    assert.match(text, /^encrypted, verified, its name too .*, valid until \d{4}-\d\d-\d\d$/);
  });

  it("of a server whose certificate another authority signed fails", async () => {
    const { state, code, advice } = await tlsOf(
      connectorYaml(url("verify-full"), trusting("stranger")),
    );
    assert.deepEqual([state, code], ["failed", "PG205"]);
    assert.match(advice ?? "", /right CA certificate/);
  });

  it("that is turned off is a warning in the page's words", async () => {
    const { state, text } = await tlsOf(connectorYaml(url("disable")));
    assert.equal(state, "warning");
    assert.match(text, /^Connection is not SSL-secured/);
  });

  it("whose certificate has expired is a warning where nothing is verified", async () => {
    await server.useCertificate("server_expired");
    const tls = await waitFor("the expired certificate", async () => {
      const step = await tlsOf(connectorYaml(url("require")));
      return step.state === "warning" ? step : undefined;
    });
    assert.match(tls.text, /it has expired$/);
    await server.useCertificate("server");
  });

  it("that the server does not offer fails where it is asked for", async () => {
    const { url: plain } = await openTestDatabase({ after });
    const { state, code } = await tlsOf(connectorYaml(`${plain}?sslmode=require`));
    assert.deepEqual([state, code], ["failed", "PG204"]);
  });
});
