import { lookup } from "node:dns/promises";
import net from "node:net";
import type { PerigeeError } from "../error.ts";
import { type Connection, openConnection } from "../postgres/connection.ts";
import { describeFailure, makeFailure } from "../postgres/failure.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { type OpenTransport, openTransport, planTls } from "../postgres/transport.ts";
import type { StepList } from "./check_step.ts";

/** A certificate that ends within so many days is told; renewing by hand takes a few of them. */
const expiryWarningDays = 21;
const dayMs = 86_400_000;

/** What every look at a database says in pg_stat_activity. */
const applicationName = "perigee check";

/**
 * Goes the way to a database step by step: name, TCP, TLS, login. Answers the connection, for the
 * caller to destroy, or undefined when a step failed; each step takes the target's connect timeout
 * at most. Throws nothing.
 */
export async function checkAddress(
  list: StepList,
  target: ConnectionTarget,
): Promise<Connection | undefined> {
  if (!(await checkName(list, target))) return skipRest(list, ["TCP", "TLS", "login"]);
  if (!(await checkTcp(list, target))) return skipRest(list, ["TLS", "login"]);
  if (!(await checkTls(list, target))) return skipRest(list, ["login"]);
  return await checkLogin(list, target);
}

function skipRest(list: StepList, steps: readonly string[]): undefined {
  for (const step of steps) list.skip(step, "not tried, because the step before it failed");
  return undefined;
}

async function checkName(list: StepList, target: ConnectionTarget): Promise<boolean> {
  if (target.host.startsWith("/")) {
    list.ok("name", `a Unix socket in ${target.host}`);
    return true;
  }
  if (net.isIP(target.host) !== 0) {
    list.ok("name", `${target.host} is an IP address`);
    return true;
  }
  const found = await list.attempt(
    "name",
    target,
    "resolve the host",
    () => within(target, "resolve the host", lookup(target.host, { all: true })),
  );
  if (found === undefined) return false;
  list.ok("name", `${target.host} is ${found.map(({ address }) => address).join(", ")}`);
  return true;
}

/** The resolver has no time limit of its own that could be set. */
async function within<T>(target: ConnectionTarget, doing: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    const late = () => reject(makeFailure("PG203", { doing, target }));
    timer = setTimeout(late, target.connectTimeoutMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

async function checkTcp(list: StepList, target: ConnectionTarget): Promise<boolean> {
  const startedAt = performance.now();
  const transport = await list.attempt(
    "TCP",
    target,
    "connect",
    () => openTransport(target, "never"),
  );
  if (transport === undefined) return false;
  transport.socket.destroy();
  list.ok("TCP", `port ${target.port} answered in ${formatMs(performance.now() - startedAt)}`);
  return true;
}

/** `0.4 ms`, `35 ms`. */
export function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** Mode `allow` goes unencrypted first, so only the login shows what it comes to. */
async function checkTls(list: StepList, target: ConnectionTarget): Promise<boolean> {
  const [use = "never"] = planTls(target.ssl.mode, target.host);
  if (use === "never") {
    if (target.ssl.mode !== "allow") reportTls(list, target, undefined);
    return true;
  }
  try {
    const transport = await openTransport(target, use);
    transport.socket.destroy();
    reportTls(list, target, transport);
    return true;
  } catch (cause) {
    const error = describeFailure(cause, { doing: "connect", target });
    list.failBy("TLS", error);
    // Mode `prefer` goes on without TLS where TLS fails, so the login has still to be seen.
    return target.ssl.mode === "prefer";
  }
}

function reportTls(
  list: StepList,
  target: ConnectionTarget,
  link: Pick<OpenTransport, "isEncrypted" | "isVerified" | "peerCertificate"> | undefined,
): void {
  const { mode } = target.ssl;
  if (target.host.startsWith("/")) {
    return list.ok("TLS", "none is needed: a Unix socket does not leave the machine");
  }
  if (link === undefined || !link.isEncrypted) {
    const reason = mode === "disable" ? "ssl mode disable" : `ssl mode ${mode}, not offered`;
    const advice = "Turn TLS on at the server and set ssl mode verify-full.";
    return list.warn("TLS", `Connection is not SSL-secured (${reason})`, advice);
  }
  const certificate = link.peerCertificate;
  const about = certificate === undefined
    ? "the server showed no certificate"
    : `certificate ${certificate.subject || "without a name"}, valid until ${
      certificate.expiresAt.toISOString().slice(0, 10)
    }`;
  const level = mode === "verify-full" ? "its name too" : "but not its name";
  const checked = link.isVerified ? `verified, ${level}` : "not verified";
  const text = `encrypted, ${checked} (ssl mode ${mode}); ${about}`;
  const daysLeft = certificate === undefined
    ? Infinity
    : (certificate.expiresAt.getTime() - Date.now()) / dayMs;
  if (daysLeft < 0) {
    return list.warn("TLS", `${text}: it has expired`, "Renew the server's certificate.");
  }
  if (daysLeft < expiryWarningDays) {
    const days = Math.floor(daysLeft);
    const advice = "Renew the server's certificate in time.";
    return list.warn("TLS", `${text}: it ends in ${days} ${days === 1 ? "day" : "days"}`, advice);
  }
  list.ok("TLS", text);
}

async function checkLogin(
  list: StepList,
  target: ConnectionTarget,
): Promise<Connection | undefined> {
  try {
    const connection = await openConnection(target, { applicationName });
    if (target.ssl.mode === "allow") reportTls(list, target, connection);
    list.ok("login", `logged in as ${target.username}`);
    return connection;
  } catch (cause) {
    const error = describeFailure(cause, { doing: "log in", target });
    return await tryAsPooled(list, target, error);
  }
}

/**
 * A transaction pooler refuses the settings that a session would start with (PG209). When the same
 * address lets us in without them, it is one, and the other looks go on with what works.
 */
async function tryAsPooled(
  list: StepList,
  target: ConnectionTarget,
  error: PerigeeError,
): Promise<Connection | undefined> {
  if (error.code === "PG209" && !target.isPooled) {
    const connection = await openConnection({ ...target, isPooled: true }, { applicationName })
      .catch(() => undefined);
    if (connection !== undefined) {
      const text = `${target.name} is behind a transaction pooler, which refuses session settings`;
      const advice = "Set `pooled: true`, and give `direct:` an address past the pooler.";
      list.fail("login", text, advice, error.code);
      return connection;
    }
  }
  list.failBy("login", error, adviseOnLogin(error, target));
  return undefined;
}

function adviseOnLogin(error: PerigeeError, target: ConnectionTarget): string | undefined {
  if (error.code !== "PG210") return undefined;
  return `Correct username and password of ${target.name}; the user is ${target.username}.`;
}
