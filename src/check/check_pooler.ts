import { randomBytes } from "node:crypto";
import { type Connection, openConnection } from "../postgres/connection.ts";
import { quoteIdentifier } from "../postgres/identifier.ts";
import { isBehindPooler } from "../postgres/pooler.ts";
import type { StepList } from "./check_step.ts";

/** How long our own NOTIFY may take to come back; it takes one round trip where LISTEN works. */
const listenLimitMs = 2_000;

/** What stands between us and the server. */
type Finding = "direct" | "session_pooler" | "transaction_pooler";

/**
 * Finds out whether sessions are ours alone, and whether LISTEN works, by trying: sets a session
 * setting and looks from a second connection whether it has leaked there, and notifies itself.
 * `needsListen`: something of the configuration listens through this address.
 */
export async function checkPooler(
  list: StepList,
  connection: Connection,
  needsListen: boolean,
): Promise<void> {
  const { target } = connection;
  const finding = await list.attempt(
    "pooler",
    target,
    "look for a pooler",
    () => findPooler(connection),
  );
  if (finding === undefined) return;
  reportPooler(list, finding, target.isPooled);
  const hears = finding !== "transaction_pooler" && await hearsItself(connection);
  if (hears) return list.ok("LISTEN", "our own NOTIFY came back");
  const text = "LISTEN does not work through this address";
  if (!needsListen) return list.ok("LISTEN", `${text}, and nothing needs it here`);
  const advice =
    "Give `direct:` an address past the pooler; until then changes wait for the next tick.";
  list.warn("LISTEN", text, advice);
}

function reportPooler(list: StepList, finding: Finding, isPooled: boolean): void {
  if (finding === "transaction_pooler") {
    const text = "a transaction pooler: sessions are shared between clients";
    if (isPooled) return list.ok("pooler", `${text}, as configured`);
    return list.fail("pooler", text, "Set `pooled: true` for this address.");
  }
  const found = finding === "direct" ? "none in between" : "one that keeps sessions apart";
  list.ok("pooler", isPooled ? `${found} at the moment; \`pooled: true\` does no harm` : found);
}

async function findPooler(connection: Connection): Promise<Finding> {
  if (!(await isBehindPooler(connection.sql))) return "direct";
  const other = await openConnection(connection.target, { applicationName: "perigee check" });
  try {
    return await leaksSessions(connection, other) ? "transaction_pooler" : "session_pooler";
  } finally {
    other.destroy();
  }
}

/**
 * A pooler hands the session that was freed last to whoever comes next, so the second connection
 * gets the one that the first has marked. Nothing but our own mark is changed, and it is taken back.
 */
async function leaksSessions(first: Connection, second: Connection): Promise<boolean> {
  const mark = randomBytes(8).toString("hex");
  await first.sql`select set_config('perigee.check', ${mark}, false)`;
  await second.sql.unsafe("begin");
  const [seen] = await second.sql<{ mark: string | null }[]>`
    select current_setting('perigee.check', true) as mark`;
  const [own] = await first.sql<{ mark: string | null }[]>`
    select current_setting('perigee.check', true) as mark`;
  await second.sql`select set_config('perigee.check', '', false)`;
  await second.sql.unsafe("commit");
  return seen?.mark === mark || own?.mark !== mark;
}

async function hearsItself(connection: Connection): Promise<boolean> {
  const channel = `perigee_check_${randomBytes(8).toString("hex")}`;
  let heard = (): void => undefined;
  const echo = new Promise<true>((resolve) => heard = () => resolve(true));
  const listener = await openConnection(connection.target, {
    applicationName: "perigee check",
    onNotify: (name) => name === channel && heard(),
  }).catch(() => undefined);
  if (listener === undefined) return false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), listenLimitMs);
  });
  try {
    await listener.sql.unsafe(`listen ${quoteIdentifier(channel)}`);
    await listener.sql`select pg_notify(${channel}, '')`;
    return await Promise.race([echo, silence]);
  } catch {
    return false; // A standby refuses LISTEN; so may a proxy. Either way it does not work here.
  } finally {
    clearTimeout(timer);
    listener.destroy();
  }
}
