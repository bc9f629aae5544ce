import type { Scope } from "../support/database.ts";
import { waitFor } from "../support/wait.ts";
import { auditSql, compareAll, type Findings, requireAllDone, requireInStep } from "./compare.ts";
import { setReadOnly } from "../faults/fault_world.ts";
import { endPrepared } from "./platform.ts";
import { endDaemon, prepareDaemon, type SoakDaemon, type Usage } from "./soak_daemon.ts";
import { openSoakWorld, type SoakWorld, soakYaml } from "./soak_world.ts";
import { raiseStorm, type Storm } from "./storm.ts";

/** What a soak found out. */
export interface SoakReport extends Findings, Pick<Storm, "operations" | "faults"> {
  readonly seed: number;
  readonly requests: number;
  readonly events: number;
  /** Sessions of both daemons in all databases, when all was quiet again. */
  readonly sessions: number;
  /** Sessions that daemons left behind when they had ended. */
  readonly sessionsLeft: number;
  /** How often the first daemon was started. */
  readonly starts: number;
  /** The daemon that lived all along: at its beginning, and when all was quiet again. */
  readonly before: Usage | undefined;
  readonly after: Usage | undefined;
  /** The largest of both, MB. */
  readonly peakMb: number;
}

/** How long a soak lasts, and what decides what happens in it. */
export interface SoakOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Is told how far it is. */
  readonly tell?: (text: string) => void;
}

/** How long each step towards rest may take, ms. */
const restLimitMs = 60_000;

/**
 * Lets writers, customers, readers and faults loose on two daemons for a time, then lets everything
 * come to rest and compares all contents. The seed decides what each actor does and in which order;
 * how they interleave is the machine's business. Rejects where things do not come to rest. The
 * scope has to end last to first.
 */
export async function runSoak(
  scope: Scope,
  { seed, durationMs, tell = () => {} }: SoakOptions,
): Promise<SoakReport> {
  const world = await openSoakWorld(scope);
  for (const { sql } of [world.shop, world.store]) await sql.unsafe(auditSql);
  const prepare = (name: string, index: 0 | 1) =>
    prepareDaemon(scope, name, soakYaml(world, world.lines[index], { edition: 0, isQuiet: false }));
  const daemons = [await prepare("first", 0), await prepare("second", 1)] as const;
  for (const daemon of daemons) await daemon.start();
  await waitFor("the first exports", () => requireInStep(world), restLimitMs);
  const before = await daemons[1].readUsage();
  tell("two daemons run; everything begins");
  const storm = await raiseStorm(world, daemons, { seed, durationMs });
  tell("everything has happened; coming to rest");
  await mend(world);
  await comeToRest(world, daemons, tell);
  const found = await compareAll(world);
  const wrong = [...found.wrong, ...storm.wrong];
  const [after, sessions] = [await daemons[1].readUsage(), await countSessions(world)];
  for (const daemon of daemons) await endDaemon(daemon, wrong);
  const [row] = await world.hub.sql<{ events: number }[]>`
    select count(*)::integer as events from perigee.events`;
  return {
    ...storm,
    ...found,
    wrong,
    seed,
    requests: world.receiver.requests.length,
    events: row?.events ?? 0,
    sessions,
    sessionsLeft: await countSessions(world),
    starts: daemons[0].starts,
    before,
    after,
    peakMb: Math.max(...daemons.map(({ peakMb }) => peakMb)),
  };
}

/** Ends what outlives the faults themselves: a crash may have come in between. */
async function mend(world: SoakWorld): Promise<void> {
  for (const { target } of [world.shop, world.store]) await setReadOnly(target, "off");
  await endPrepared(world.hub.sql);
}

/** Waits until all that is due was done; after the half of it nothing makes events any more. */
async function comeToRest(
  world: SoakWorld,
  daemons: readonly [SoakDaemon, SoakDaemon],
  tell: (text: string) => void,
): Promise<void> {
  await waitFor("everything to be in step", () => requireInStep(world), restLimitMs);
  tell("imports, memberships and exports are in step");
  await waitFor("an event for everybody in luck", async () => {
    const rows = await world.hub.sql`
      select from perigee.segment_members as member where segment_id = 7 and not exists
        (select from perigee.events as event
          where event.trigger_name = 'once' and event.contact_id = member.contact_id)`;
    return rows.length === 0 || undefined;
  }, restLimitMs);
  for (const [index, daemon] of daemons.entries()) {
    const reloaded = daemon.waitForNext("config_reloaded", restLimitMs);
    const lines = world.lines[index as 0 | 1];
    await daemon.configure(soakYaml(world, lines, { edition: 0, isQuiet: true }));
    await reloaded;
  }
  tell("nothing makes events any more");
  await waitFor("all events to be delivered", () => requireAllDone(world), restLimitMs);
  await waitFor("everything to be in step", () => requireInStep(world), restLimitMs);
}

async function countSessions({ hub, shop, store }: SoakWorld): Promise<number> {
  let sessions = 0;
  for (const { sql } of [hub, shop, store]) {
    const [row] = await sql<{ sessions: number }[]>`
      select count(*)::integer as sessions from pg_stat_activity
      where datname = current_database() and application_name like 'perigee %'
        and application_name <> 'perigee test'`;
    sessions += row?.sessions ?? 0;
  }
  return sessions;
}
