import type { Sql } from "postgres";
import { setSinkState } from "../hub/sinks.ts";

/** What can be asked of a sink by `NOTIFY perigee_deliveries, 'pause <sink>'`. */
export interface SinkCommand {
  readonly action: "pause" | "resume";
  readonly sink: string;
}

/** Reads the payload of a notification; undefined when it is no command. Pure. */
export function parseSinkCommand(payload: string): SinkCommand | undefined {
  const [, action, sink] = /^(pause|resume) (\S.*)$/.exec(payload.trim()) ?? [];
  if (sink === undefined) return undefined;
  return { action: action === "pause" ? "pause" : "resume", sink };
}

/**
 * Pauses a sink for all daemons until it is resumed, over restarts too; or resumes it, also when an
 * answer 410 had disabled it. Answers false when it stood like that already. What is on its way
 * when a sink is paused still arrives.
 */
export async function setSinkPaused(sql: Sql, sink: string, isPaused: boolean): Promise<boolean> {
  return isPaused
    ? await setSinkState(sql, sink, "paused", "paused by command")
    : await setSinkState(sql, sink, "active", undefined);
}
