import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { PerigeeError } from "../../src/error.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import type { ConnectionTarget, SslSettings } from "../../src/postgres/target.ts";
import { openTestDatabase } from "../support/database.ts";
import { readCertificate, startTlsServer, type TlsServer } from "../support/tls_server.ts";
import { waitFor } from "../support/wait.ts";

interface Seen {
  readonly isEncrypted: boolean;
  readonly isVerified: boolean;
  readonly subject: string | undefined;
}

/** Connects and says how the link is secured, or with which code it failed. */
async function tryConnecting(target: ConnectionTarget): Promise<Seen | string> {
  try {
    const connection = await openConnection(target);
    const { isEncrypted, isVerified, peerCertificate } = connection;
    const [row] = await connection.sql<{ ssl: boolean }[]>`
      select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    await connection.end();
    assert.equal(row?.ssl, isEncrypted, "the server must see what we say");
    return { isEncrypted, isVerified, subject: peerCertificate?.subject };
  } catch (error) {
    if (error instanceof PerigeeError) return error.code;
    throw error;
  }
}

describe("TLS", () => {
  let server: TlsServer;
  let authority = "";
  let stranger = "";
  const at = (host: string, ssl: SslSettings) => tryConnecting({ ...server.target, host, ssl });
  const plain = { isEncrypted: false, isVerified: false, subject: undefined };
  const encrypted = { isEncrypted: true, isVerified: false, subject: "db.example.com" };
  const verified = { ...encrypted, isVerified: true };

  before(async () => {
    authority = await readCertificate("authority.crt");
    stranger = await readCertificate("stranger.crt");
    server = await startTlsServer();
    await waitFor(
      "the server to offer TLS",
      async () => typeof await at("127.0.0.1", { mode: "require" }) === "object" ? true : undefined,
    );
  });
  after(() => server.stop());

  it("is left out by disable and used by all other modes that need not verify", async () => {
    assert.deepEqual(await at("127.0.0.1", { mode: "disable" }), plain);
    assert.deepEqual(await at("127.0.0.1", { mode: "allow" }), plain);
    assert.deepEqual(await at("127.0.0.1", { mode: "prefer" }), encrypted);
    assert.deepEqual(await at("127.0.0.1", { mode: "require" }), encrypted);
  });

  it("verify-ca accepts any name under the right authority", async () => {
    const ssl = { mode: "verify-ca", rootCert: authority } as const;
    assert.deepEqual(await at("localhost", ssl), verified);
    assert.deepEqual(await at("127.0.0.1", ssl), verified);
  });

  it("verify-full wants the host's name, too, also where the host is an address", async () => {
    const ssl = { mode: "verify-full", rootCert: authority } as const;
    assert.deepEqual(await at("localhost", ssl), verified);
    assert.equal(await at("127.0.0.1", ssl), "PG205");
  });

  it("both verifying modes refuse another authority and none", async () => {
    for (const mode of ["verify-ca", "verify-full"] as const) {
      assert.equal(await at("localhost", { mode, rootCert: stranger }), "PG205");
      assert.equal(await at("localhost", { mode }), "PG205");
    }
  });

  it("require checks the authority where one is given, as libpq does", async () => {
    assert.deepEqual(await at("127.0.0.1", { mode: "require", rootCert: authority }), verified);
    assert.equal(await at("127.0.0.1", { mode: "require", rootCert: stranger }), "PG205");
  });

  it("verify-full accepts an address that the certificate has", async () => {
    await server.useCertificate("server_ip");
    const ssl = { mode: "verify-full", rootCert: authority } as const;
    const wanted = { ...verified, subject: "127.0.0.1" };
    await waitFor("the certificate for the address", async () => {
      const seen = await at("127.0.0.1", ssl);
      return typeof seen === "object" ? assert.deepEqual(seen, wanted) ?? true : undefined;
    });
    assert.equal(await at("localhost", ssl), "PG205");
    await server.useCertificate("server");
  });

  it("an expired certificate passes only where nothing is verified", async () => {
    await server.useCertificate("server_expired");
    await waitFor("the expired certificate", async () => {
      const seen = await at("localhost", { mode: "verify-full", rootCert: authority });
      return seen === "PG205" ? true : undefined;
    });
    const seen = await at("localhost", { mode: "require" });
    assert.deepEqual(seen, { ...encrypted, subject: "localhost" });
    await server.useCertificate("server");
  });

  it("allow encrypts where the server lets in nobody else, prefer goes without there", async () => {
    await server.useRules(["hostssl template1 postgres 127.0.0.1/32 scram-sha-256"]);
    const inTemplate = (mode: SslSettings["mode"]) =>
      tryConnecting({ ...server.target, database: "template1", ssl: { mode } });
    await waitFor(
      "the rule for TLS",
      async () => await inTemplate("disable") === "PG211" ? true : undefined,
    );
    assert.equal((await inTemplate("allow") as Seen).isEncrypted, true);

    await server.useRules(["hostnossl template1 postgres 127.0.0.1/32 scram-sha-256"]);
    await waitFor(
      "the rule against TLS",
      async () => await inTemplate("require") === "PG211" ? true : undefined,
    );
    assert.equal((await inTemplate("prefer") as Seen).isEncrypted, false);
  });

  it("a client certificate logs in without a password", async () => {
    const admin = await openConnection(server.target);
    await admin.sql.unsafe("create role certified login");
    await admin.end();
    await server.useRules(["hostssl all certified 127.0.0.1/32 cert"]);
    const [cert, key] = await Promise.all(["client.crt", "client.key"].map(readCertificate));
    const target = { ...server.target, username: "certified", password: "" };
    await waitFor("the rule for certificates", async () => {
      const ssl = { mode: "require", cert: cert ?? "", key: key ?? "" } as const;
      const seen = await tryConnecting({ ...target, ssl });
      return typeof seen === "object" ? true : undefined;
    });
    const without = await tryConnecting({ ...target, ssl: { mode: "require" } });
    assert.ok(without === "PG211" || without === "PG210", `found ${JSON.stringify(without)}`);
  });

  it("a server without TLS is refused by the modes that need it, with words", async (t) => {
    const { target } = await openTestDatabase(t);
    const seen = (mode: SslSettings["mode"]) => tryConnecting({ ...target, ssl: { mode } });
    assert.deepEqual(await seen("prefer"), plain);
    assert.deepEqual(await seen("allow"), plain);
    for (const mode of ["require", "verify-ca", "verify-full"] as const) {
      assert.equal(await seen(mode), "PG204");
    }
  });
});
