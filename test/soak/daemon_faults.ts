import type { Seeded } from "../support/seeded.ts";
import type { Actor, Pause } from "./actor.ts";
import { endDaemon, type SoakDaemon } from "./soak_daemon.ts";
import { type SoakWorld, soakYaml } from "./soak_world.ts";

/** A lease lasts 15 s: a daemon that is paused for longer finds its runs taken over, ms. */
const pastLeaseMs = 17_000;

/**
 * What happens to daemons: the first is killed or told to stop and started again, the second lives
 * on, so that what it leaks shows; both are paused and get new configurations, good and bad.
 */
export function createDaemonFaults(
  world: SoakWorld,
  daemons: readonly [SoakDaemon, SoakDaemon],
  choices: Seeded,
  wrong: string[],
): Actor {
  const [mortal] = daemons;
  let edition = 0;
  const kill = async () => {
    await mortal.end("SIGKILL");
    await mortal.start();
    return "daemon killed";
  };
  const stop = async () => {
    await endDaemon(mortal, wrong);
    await mortal.start();
    return "daemon told to stop";
  };
  const acts: readonly ((pause: Pause) => Promise<string>)[] = [
    kill,
    kill,
    stop,
    async (pause) => {
      const daemon = choices.pick(daemons);
      const isLong = choices.isHit(0.2);
      daemon.signal("SIGSTOP");
      await pause(isLong ? pastLeaseMs : 200 + choices.below(2_500));
      daemon.signal("SIGCONT");
      return isLong ? "daemon paused past its leases" : "daemon paused";
    },
    async () => {
      const index = choices.below(2) as 0 | 1;
      edition += 1;
      await daemons[index].configure(soakYaml(world, world.lines[index], {
        edition,
        isQuiet: false,
      }));
      return "configuration changed";
    },
    async (pause) => {
      const index = choices.below(2) as 0 | 1;
      const yaml = soakYaml(world, world.lines[index], { edition, isQuiet: false });
      await daemons[index].configure(yaml.replace("every: 1s", "every: sometimes"));
      await pause(500 + choices.below(1_500));
      await daemons[index].configure(yaml);
      return "configuration broken for a while";
    },
  ];
  return {
    name: "daemons",
    longestPauseMs: 3_000,
    act: (pause) => choices.pick(acts)(pause),
  };
}
