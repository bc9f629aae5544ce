import { Buffer } from "node:buffer";
import net from "node:net";
import tls from "node:tls";

import type { Transport } from "./driver_socket.ts";
import { describeFailure, makeFailure } from "./failure.ts";
import type { ConnectionTarget, SslMode } from "./target.ts";

/** What the server's certificate says; times as in the certificate. */
export interface PeerCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly expiresAt: Date;
}

/** A connected link on which Postgres' start-up message may be sent. */
export interface OpenTransport {
  readonly socket: Transport;
  readonly isEncrypted: boolean;
  /** The certificate was checked against a CA (verify-ca) and the host's name (verify-full). */
  readonly isVerified: boolean;
  readonly peerCertificate: PeerCertificate | undefined;
}

/** How one attempt treats TLS: libpq's modes `allow` and `prefer` are two attempts in turn. */
export type TlsUse = "never" | "if_offered" | "always";

/** SSLRequest (PostgreSQL documentation, "Message Formats"): length 8, code 80877103. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Probes start after this many ms of silence, on links that have nothing to say for hours. Half of
 * the shortest idle limit that is common in firewalls and load balancers (60 s).
 */
const keepAliveMs = 30_000;

/** The attempts that a mode allows, in libpq's order. A Unix socket is never encrypted. */
export function planTls(mode: SslMode, host: string): readonly TlsUse[] {
  if (mode === "disable" || host.startsWith("/")) return ["never"];
  if (mode === "allow") return ["never", "always"];
  return mode === "prefer" ? ["if_offered", "never"] : ["always"];
}

/**
 * Opens TCP, and TLS as `use` and the target's ssl mode say, within the target's connect timeout.
 * TCP_NODELAY and keep-alive are on: with Nagle's algorithm a small COPY waits 40 ms twice. Throws
 * a `PerigeeError` PG201 to PG209; leaves no socket behind when it throws.
 */
export async function openTransport(target: ConnectionTarget, use: TlsUse): Promise<OpenTransport> {
  const deadline = AbortSignal.timeout(Math.max(1, target.connectTimeoutMs));
  const socket = await connectTcp(target, deadline);
  if (use === "never") {
    return { socket, isEncrypted: false, isVerified: false, peerCertificate: undefined };
  }
  try {
    const isOffered = await askForTls(socket, target, deadline);
    if (isOffered) return await startTls(socket, target, deadline);
    if (use === "always") throw makeFailure("PG204", connecting(target));
    return { socket, isEncrypted: false, isVerified: false, peerCertificate: undefined };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function connecting(target: ConnectionTarget): { doing: string; target: ConnectionTarget } {
  return { doing: "connect", target };
}

async function connectTcp(target: ConnectionTarget, deadline: AbortSignal): Promise<net.Socket> {
  const socket = target.host.startsWith("/")
    ? net.connect({ path: `${target.host}/.s.PGSQL.${target.port}` })
    : net.connect({ host: target.host, port: target.port });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveMs);
  await settle(socket, target, deadline, (resolve) => socket.once("connect", resolve));
  return socket;
}

function askForTls(
  socket: net.Socket,
  target: ConnectionTarget,
  deadline: AbortSignal,
): Promise<boolean> {
  socket.write(sslRequest);
  return settle(
    socket,
    target,
    deadline,
    (resolve, reject) =>
      socket.once("data", (answer: Uint8Array) => {
        const isPlainAnswer = answer.length === 1 && (answer[0] === 83 || answer[0] === 78);
        // More than one byte before TLS began was injected by somebody in between (CVE-2021-23222).
        if (isPlainAnswer) resolve(answer[0] === 83);
        else reject(makeFailure("PG209", connecting(target)));
      }),
  );
}

async function startTls(
  socket: net.Socket,
  target: ConnectionTarget,
  deadline: AbortSignal,
): Promise<OpenTransport> {
  const check = planCheck(target);
  const secured = tls.connect({ socket, ...check.options });
  await settle(secured, target, deadline, (resolve) => secured.once("secureConnect", resolve));
  return {
    socket: secured,
    isEncrypted: true,
    isVerified: check.isVerified,
    peerCertificate: readCertificate(secured),
  };
}

function planCheck(
  target: ConnectionTarget,
): { isVerified: boolean; options: tls.ConnectionOptions } {
  const { mode, rootCert, cert, key } = target.ssl;
  // libpq: with a root certificate at hand, `require` checks it as `verify-ca` does.
  const isVerified = mode === "verify-full" || mode === "verify-ca" ||
    (mode === "require" && rootCert !== undefined);
  const options: tls.ConnectionOptions = { rejectUnauthorized: isVerified };
  // An IP address is not a server name (RFC 6066), and without `host` it would be checked
  // against the name "localhost".
  if (net.isIP(target.host) === 0) options.servername = target.host;
  else options.host = target.host;
  if (rootCert !== undefined) options.ca = rootCert;
  if (cert !== undefined) options.cert = cert;
  if (key !== undefined) options.key = key;
  if (mode !== "verify-full") options.checkServerIdentity = () => undefined;
  return { isVerified, options };
}

function readCertificate(socket: tls.TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerCertificate();
  if (certificate?.valid_to === undefined) return undefined;
  return {
    subject: String(certificate.subject?.CN ?? certificate.subjectaltname ?? ""),
    issuer: String(certificate.issuer?.CN ?? certificate.issuer?.O ?? ""),
    expiresAt: new Date(certificate.valid_to),
  };
}

/** Waits for one event of a socket, and no longer than the deadline; destroys it on any failure. */
function settle<T>(
  socket: Transport,
  target: ConnectionTarget,
  deadline: AbortSignal,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cleanUp = () => {
      socket.off("error", onError);
      socket.off("close", onClose);
      deadline.removeEventListener("abort", onDeadline);
    };
    const fail = (error: Error) => {
      cleanUp();
      socket.on("error", () => undefined);
      socket.destroy();
      reject(error);
    };
    const onError = (error: Error) => fail(describeOpening(error, target));
    const onClose = () => fail(makeFailure("PG207", connecting(target)));
    const onDeadline = () => fail(makeFailure("PG203", connecting(target)));
    socket.once("error", onError);
    socket.once("close", onClose);
    deadline.addEventListener("abort", onDeadline);
    start((value) => (cleanUp(), resolve(value)), fail);
    if (deadline.aborted) onDeadline();
  });
}

/** OpenSSL's and Node's codes for a certificate that did not pass (Node documentation, "tls"). */
const certificateCode =
  /^(CERT_|ERR_TLS_CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;

function describeOpening(error: Error & { code?: string }, target: ConnectionTarget): Error {
  const isRefused = certificateCode.test(error.code ?? "");
  if (!isRefused) return describeFailure(error, connecting(target));
  return makeFailure("PG205", connecting(target), { detail: error.code, cause: error });
}
