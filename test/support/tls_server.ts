import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";

import { type Connection, openConnection } from "../../src/postgres/connection.ts";
import { quoteLiteral } from "../../src/postgres/identifier.ts";
import type { ConnectionTarget } from "../../src/postgres/target.ts";
import { testTarget } from "./database.ts";
import { startThrowawayCluster } from "./test_cluster.ts";

/** A Postgres that speaks TLS, whose certificate and access rules a test can change. */
export interface TlsServer {
  /** The superuser's target, ssl mode disable, at 127.0.0.1. */
  readonly target: ConnectionTarget;
  /** Shows this certificate of test/support/certificates from now on. */
  useCertificate(name: string): Promise<void>;
  /** Lets in by these lines of pg_hba.conf, in place of the others; the superuser comes in too. */
  useRules(lines: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** A PEM text of test/support/certificates. */
export async function readCertificate(file: string): Promise<string> {
  return await readFile(new URL(`./certificates/${file}`, import.meta.url), "utf8");
}

/** Starts one, with the certificate `server`, that lets everybody in with a password. */
export async function startTlsServer(): Promise<TlsServer> {
  const cluster = await startThrowawayCluster();
  const target = { ...testTarget(cluster.superuserUrl), ssl: { mode: "disable" } } as const;
  const useCertificate = (name: string) =>
    administer(target, async (admin) => {
      await writeDataFile(admin, "server.crt", await readCertificate(`${name}.crt`));
      await writeDataFile(admin, "server.key", await readCertificate(`${name}.key`));
    });
  const useRules = (lines: readonly string[]) =>
    administer(target, async (admin) => {
      const rules = ["host postgres postgres 127.0.0.1/32 scram-sha-256", ...lines];
      await writeDataFile(admin, "pg_hba.conf", `${rules.join("\n")}\n`);
    });
  await administer(target, async (admin) => {
    await writeDataFile(admin, "ca.crt", await readCertificate("authority.crt"));
    await writeDataFile(admin, "server.crt", await readCertificate("server.crt"));
    await writeDataFile(admin, "server.key", await readCertificate("server.key"));
    await admin.sql.unsafe("alter system set ssl_ca_file = 'ca.crt'");
    await admin.sql.unsafe("alter system set ssl = on");
  });
  return { target, useCertificate, useRules, stop: () => cluster.stop() };
}

async function administer(
  target: ConnectionTarget,
  body: (admin: Connection) => Promise<void>,
): Promise<void> {
  const admin = await openConnection(target);
  try {
    await body(admin);
    await admin.sql`select pg_reload_conf()`;
  } finally {
    await admin.end();
  }
}

/** By the server itself, so that it owns the file and nobody else can read it, as it demands. */
async function writeDataFile(admin: Connection, file: string, content: string): Promise<void> {
  const encoded = quoteLiteral(Buffer.from(content).toString("base64"));
  const [row] = await admin.sql<{ folder: string }[]>`
    select current_setting('data_directory') as folder`;
  const command = quoteLiteral(`umask 077; base64 -d > ${row?.folder}/${file}`);
  await admin.sql.unsafe(`copy (select ${encoded}) to program ${command}`);
}
