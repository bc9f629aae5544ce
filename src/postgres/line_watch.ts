import type { Connection } from "./connection.ts";
import type { DriverSocket } from "./driver_socket.ts";
import { describeFailure, makeFailure } from "./failure.ts";
import type { ConnectionTarget } from "./target.ts";

/** A line to watch. */
export interface WatchedLine {
  readonly line: DriverSocket;
  /** The server's process at the other end. */
  readonly pid: number;
  readonly target: ConnectionTarget;
  readonly everyMs: number;
  /** Opens another connection of the same user to the same server. */
  readonly probe: () => Promise<Connection>;
}

/** How often in turn a line must look broken, so that what is merely under way does not count. */
const strikesToBreak = 2;

/**
 * Finds a line on which the last word was lost: we wait for the server, and the server waits for
 * us. TCP finds that after a quarter of an hour, and a statement's time limit does not help, as it
 * is the server that keeps it. While we wait and nothing passes, the server is asked over another
 * connection what its process is doing. One that computes, or waits for a lock, is left in peace for
 * as long as it takes. Destroys a broken line with PG207. Returns what ends the watch.
 */
export function watchLine(watched: WatchedLine): () => void {
  const { line, everyMs } = watched;
  let progress = line.progress;
  let strikes = 0;
  let isLooking = false;
  const look = async () => {
    const isStill = line.waitsForServer && line.progress === progress;
    progress = line.progress;
    strikes = isStill && await looksBroken(watched) ? strikes + 1 : 0;
    if (strikes < strikesToBreak || !line.waitsForServer || line.progress !== progress) return;
    const detail = `no answer, and the server has got no question for ${everyMs} ms`;
    line.destroy(makeFailure("PG207", { doing: "go on", target: watched.target }, { detail }));
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => isLooking = false);
  }, everyMs);
  timer.unref?.();
  return () => clearInterval(timer);
}

/** Never throws: a server that cannot be reached counts as broken, one that refuses does not. */
async function looksBroken({ pid, target, probe }: WatchedLine): Promise<boolean> {
  let other: Connection | undefined;
  let limit: NodeJS.Timeout | undefined;
  try {
    other = await probe();
    // The probe's own line may be swallowed as well.
    const late = makeFailure("PG203", { doing: "look", target });
    limit = setTimeout(() => other?.destroy(late), target.connectTimeoutMs);
    const [row] = await other.sql<{ event: string | null }[]>`
      select wait_event as event from pg_stat_activity where pid = ${pid}`;
    return row === undefined || row.event === "ClientRead" || row.event === "ClientWrite";
  } catch (error) {
    return describeFailure(error, { doing: "look", target }).kind === "connection";
  } finally {
    clearTimeout(limit);
    other?.destroy();
  }
}
