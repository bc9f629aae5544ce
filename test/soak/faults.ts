import { openConnection } from "../../src/postgres/connection.ts";
import { quoteIdentifier } from "../../src/postgres/identifier.ts";
import { setReadOnly } from "../faults/fault_world.ts";
import { findBackendPid } from "../support/backends.ts";
import { always } from "../support/receiver.ts";
import type { Seeded } from "../support/seeded.ts";
import { waitFor } from "../support/wait.ts";
import process from "node:process";
import type { Actor, Pause } from "./actor.ts";
import { inSession } from "./customers.ts";
import { databaseNames, type SoakWorld } from "./soak_world.ts";

/** A fault and its end, in one act; the name is the report's. */
interface Fault {
  readonly name: string;
  happen(pause: Pause): Promise<void>;
}

/** An actor that lets one fault of a list happen after the other. */
function createFaultActor(
  name: string,
  faults: readonly Fault[],
  choices: Seeded,
  longestPauseMs: number,
): Actor {
  return {
    name,
    longestPauseMs,
    async act(pause) {
      const fault = choices.pick(faults);
      await fault.happen(pause);
      return fault.name;
    },
  };
}

/** Breaks the lines between one daemon and its databases, in every way that networks know. */
export function createLineFaults(world: SoakWorld, choices: Seeded): Actor {
  const someLine = () => choices.pick(world.lines)[choices.pick(databaseNames)];
  const faults: readonly Fault[] = [{
    name: "lines cut",
    happen: () => Promise.resolve(someLine().cut()),
  }, {
    name: "lines cut and refused for a while",
    async happen(pause) {
      const line = someLine();
      line.refuse(true);
      line.cut();
      await pause(200 + choices.below(2_500));
      line.refuse(false);
    },
  }, {
    name: "lines half-open for a while, then lost",
    async happen(pause) {
      const line = someLine();
      line.stall();
      await pause(200 + choices.below(4_000));
      line.resume();
      line.cut();
    },
  }, {
    name: "lines that stood still for a while",
    async happen(pause) {
      const line = someLine();
      line.stall();
      await pause(100 + choices.below(2_000));
      line.resume();
    },
  }, {
    name: "lines slow for a while",
    async happen(pause) {
      const line = someLine();
      line.throttle(20_000);
      await pause(500 + choices.below(2_000));
      line.throttle(Infinity);
    },
  }];
  return createFaultActor("lines", faults, choices, 2_000);
}

/** What customers and administrators do to servers and tables, and what receivers do to events. */
export function createServerFaults(world: SoakWorld, choices: Seeded): Actor {
  const faults = [
    ...createSessionFaults(world, choices),
    ...createTableFaults(world, choices),
    ...createReceiverFaults(world, choices),
  ];
  return createFaultActor("servers", faults, choices, 2_000);
}

function createSessionFaults(
  { hub, shop, store }: SoakWorld,
  choices: Seeded,
): readonly Fault[] {
  const ofDaemons = `datname = current_database() and application_name like 'perigee %'
    and application_name <> 'perigee test'`;
  const act = async (what: string, more = "") => {
    const { sql } = choices.pick([hub, shop, store]);
    await sql.unsafe(`select ${what}(pid) from pg_stat_activity where ${ofDaemons} ${more}`);
  };
  return [{
    name: "one session ended",
    happen: () => act("pg_terminate_backend", "order by random() limit 1"),
  }, {
    name: "all sessions of a database ended",
    happen: () => act("pg_terminate_backend"),
  }, {
    name: "statements cancelled",
    happen: () => act("pg_cancel_backend", "and state = 'active'"),
  }];
}

function createTableFaults({ shop, store }: SoakWorld, choices: Seeded): readonly Fault[] {
  const customers = [shop, store];
  return [{
    name: "exported table locked for a while",
    async happen(pause) {
      const table = quoteIdentifier(choices.pick(["contacts", "orders", "orderItems"]));
      const lastsMs = 200 + choices.below(1_500);
      await inSession(choices.pick(customers).sql, async (session) => {
        await session.unsafe("begin; set local lock_timeout = '5s'");
        await session.unsafe(`lock table ${table} in access exclusive mode`);
        await pause(lastsMs);
        await session.unsafe("commit");
      });
    },
  }, {
    name: "exported table dropped",
    async happen() {
      const table = quoteIdentifier(choices.pick(["revenue", "devices", "contacts"]));
      await inSession(choices.pick(customers).sql, async (session) => {
        await session.unsafe("begin; set local lock_timeout = '5s'");
        await session.unsafe(`drop table if exists ${table}; commit`);
      });
    },
  }, {
    name: "customer read-only for a while",
    async happen(pause) {
      const { target } = choices.pick(customers);
      await setReadOnly(target, "on");
      await pause(300 + choices.below(2_000));
      await setReadOnly(target, "off");
    },
  }];
}

function createReceiverFaults({ receiver }: SoakWorld, choices: Seeded): readonly Fault[] {
  return [{
    name: "receiver away for a while",
    async happen(pause) {
      await receiver.refuse();
      await pause(300 + choices.below(2_000));
      await receiver.listen();
    },
  }, {
    name: "receiver breaks, overloaded or silent for a while",
    async happen(pause) {
      receiver.follow((_request, count) => {
        if (count % 5 === 1) return { kind: "drop" };
        if (count % 5 === 2) return { kind: "status", status: 503 };
        if (count % 5 === 3) return { kind: "status", status: 500 };
        return count % 25 === 4 ? { kind: "hold" } : { kind: "status", status: 204 };
      });
      await pause(1_000 + choices.below(3_000));
      receiver.follow(always(204));
    },
  }];
}

/**
 * Kills a server process, after which Postgres ends all sessions and starts anew from its log. It
 * comes seldom, because nothing else is of interest meanwhile.
 */
export function createCrashes({ shop }: SoakWorld): Actor {
  return {
    name: "crashes",
    longestPauseMs: 5_000,
    async act(pause) {
      if (!await pause(15_000)) return undefined;
      const victim = await openConnection(shop.target);
      process.kill(await findBackendPid(victim), "SIGKILL");
      await victim.died;
      victim.destroy();
      await waitFor("the servers to be back after a crash", async () => {
        await (await openConnection(shop.target)).end();
        return true;
      }, 60_000);
      return "servers crashed";
    },
  };
}
