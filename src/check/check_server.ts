import type { Connection } from "../postgres/connection.ts";
import { findServerFacts, type ServerFacts } from "../postgres/catalog.ts";
import type { StepList } from "./check_step.ts";

/** The oldest major version whose features exports and imports rest on, and that is tested. */
const oldestVersion = 130_000;

/** A larger difference makes "today" and the times in logs doubtful; NTP keeps well below it. */
const clockToleranceMs = 5_000;

/** What an address is used for: an export needs a primary that takes writes. */
export type AddressUse = "hub" | "read" | "write";

/** Looks at the server itself: version, encoding, role, clock. Answers what it found. */
export async function checkServer(
  list: StepList,
  connection: Connection,
  use: AddressUse,
): Promise<ServerFacts | undefined> {
  const { target } = connection;
  const facts = await list.attempt(
    "server",
    target,
    "ask for the server's facts",
    () => findServerFacts(connection.sql),
  );
  if (facts === undefined) return undefined;
  reportVersion(list, facts);
  reportRole(list, facts, use);
  reportEncoding(list, facts, use);
  reportClock(list, facts);
  return facts;
}

function reportVersion(list: StepList, facts: ServerFacts): void {
  if (facts.versionNum >= oldestVersion) return list.ok("server", `PostgreSQL ${facts.version}`);
  const text = `PostgreSQL ${facts.version} is older than 13, the oldest supported version`;
  list.fail("server", text, "Upgrade the server.");
}

function reportRole(list: StepList, facts: ServerFacts, use: AddressUse): void {
  const found = facts.isStandby ? "a standby" : facts.isReadOnly ? "read-only" : "a primary";
  if (use === "read") {
    const note = facts.isStandby ? "; NOTIFY does not reach it, so give `direct:` the primary" : "";
    return list.ok("role", `${found}, which is enough for reading${note}`);
  }
  if (!facts.isReadOnly) return list.ok("role", `${found}, which takes writes`);
  const purpose = use === "hub" ? "the hub" : "an export";
  list.fail("role", `this server is ${found}, and ${purpose} has to write`, adviseOnRole(use));
}

function adviseOnRole(use: AddressUse): string {
  return use === "hub"
    ? "Give the hub the address of the primary."
    : "Give the connector the address of the primary, and the standby as `replica:`.";
}

function reportEncoding(list: StepList, facts: ServerFacts, use: AddressUse): void {
  if (facts.encoding === "UTF8") return list.ok("encoding", "UTF8");
  const text = `the database's encoding is ${facts.encoding}`;
  if (use === "hub") {
    return list.fail("encoding", `${text}; the hub's must be UTF8`, "Create the hub with UTF8.");
  }
  if (facts.encoding === "SQL_ASCII") {
    return list.warn(
      "encoding",
      `${text}, which stores bytes without checking them: rows that are no UTF-8 are refused`,
      "Move the data to a database with encoding UTF8.",
    );
  }
  list.warn(
    "encoding",
    use === "write"
      ? `${text}: exported rows with other characters than it has are set aside`
      : `${text}; values are converted to UTF-8`,
    use === "write" ? "Export to a database with encoding UTF8." : undefined,
  );
}

function reportClock(list: StepList, facts: ServerFacts): void {
  const ms = facts.clockDifferenceMs;
  if (Math.abs(ms) <= clockToleranceMs) {
    return list.ok("clock", `within ${Math.max(1, Math.abs(ms))} ms of this machine's`);
  }
  const seconds = (Math.abs(ms) / 1000).toFixed(1);
  const text = `the server's clock is ${seconds} s ${
    ms > 0 ? "ahead of" : "behind"
  } this machine's`;
  list.warn("clock", text, "Let NTP keep the clocks of both machines.");
}
