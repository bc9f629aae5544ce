import { setMaxListeners } from "node:events";
import { Seeded } from "../support/seeded.ts";
import { type Actor, runActor, type Tally } from "./actor.ts";
import { createCustomerWriter, createVersionWriter, openVersions } from "./customers.ts";
import { createDaemonFaults } from "./daemon_faults.ts";
import { createCrashes, createLineFaults, createServerFaults } from "./faults.ts";
import { createPlatformWriter } from "./platform.ts";
import { createReader } from "./readers.ts";
import type { SoakDaemon } from "./soak_daemon.ts";
import type { SoakWorld } from "./soak_world.ts";

/** What happened while everything happened at once. */
export interface Storm {
  readonly operations: Tally;
  readonly faults: Tally;
  /** What readers and whoever ends daemons saw that must not be. */
  readonly wrong: readonly string[];
}

/**
 * Lets writers, readers and faults act for a time; resolves when all have come to an end. Rejects
 * with the first error that no fault explains, as soon as the others have stopped.
 */
export async function raiseStorm(
  world: SoakWorld,
  daemons: readonly [SoakDaemon, SoakDaemon],
  { seed, durationMs }: { seed: number; durationMs: number },
): Promise<Storm> {
  const wrong: string[] = [];
  const [operations, faults]: [Tally, Tally] = [new Map(), new Map()];
  const stop = new AbortController();
  const over = stop.signal;
  setMaxListeners(0, over);
  const end = setTimeout(() => stop.abort(), durationMs);
  const run = async (actor: Actor, tally: Tally, index: number) => {
    const choices = new Seeded(seed, `pauses of ${actor.name} ${index}`);
    try {
      await runActor(actor, { choices, tally, over });
    } finally {
      stop.abort();
    }
  };
  const ends = await Promise.allSettled([
    ...createWriters(world, daemons, seed, wrong).map((actor, i) => run(actor, operations, i)),
    ...createFaults(world, daemons, seed, wrong).map((actor, i) => run(actor, faults, i)),
  ]);
  clearTimeout(end);
  for (const each of ends) if (each.status === "rejected") throw each.reason;
  return { operations, faults, wrong };
}

function createWriters(
  world: SoakWorld,
  daemons: readonly SoakDaemon[],
  seed: number,
  wrong: string[],
): readonly Actor[] {
  const { hub, shop } = world.writers;
  const versions = openVersions();
  const choices = (name: string) => new Seeded(seed, name);
  return [
    createCustomerWriter(shop, choices("customer 1")),
    createCustomerWriter(shop, choices("customer 2")),
    createVersionWriter(shop, choices("versions"), versions),
    createPlatformWriter(hub, choices("platform 1")),
    createPlatformWriter(hub, choices("platform 2")),
    createReader(daemons, choices("reader 1"), { versions, wrong }),
    createReader(daemons, choices("reader 2"), { versions, wrong }),
  ];
}

function createFaults(
  world: SoakWorld,
  daemons: readonly [SoakDaemon, SoakDaemon],
  seed: number,
  wrong: string[],
): readonly Actor[] {
  return [
    createDaemonFaults(world, daemons, new Seeded(seed, "daemons"), wrong),
    createLineFaults(world, new Seeded(seed, "lines")),
    createServerFaults(world, new Seeded(seed, "servers")),
    createCrashes(world),
  ];
}
