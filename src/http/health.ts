import type { PerigeeError } from "../error.ts";
import type { Counts } from "../observe/observation.ts";

/** An error as /health shows it: no stack, no values. */
export interface HealthError {
  readonly code: string;
  readonly message: string;
  readonly advice: string | undefined;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** The hub or a connector. */
export interface DatabaseHealth {
  readonly name: string;
  readonly state: "untried" | "up" | "down";
  /** As `describeTls` says it; undefined while nothing was connected. */
  readonly tls: string | undefined;
  readonly latencyMs: number | undefined;
  readonly checkedAt: string | undefined;
  readonly error: HealthError | undefined;
}

/** A run, as the `runs` table has it. */
export interface RunHealth {
  readonly runId: string;
  readonly state: string;
  readonly cause: string;
  readonly startedAt: string;
  readonly finishedAt: string | undefined;
  readonly counts: Counts;
  readonly error: HealthError | undefined;
}

/** How old what an import, segment, trigger or export last did is. */
export interface FreshnessHealth {
  /** Start of its last run that succeeded. */
  readonly lastSuccessAt: string | undefined;
  readonly ageSeconds: number | undefined;
  /** `max_staleness`; undefined where any age will do. */
  readonly maxStalenessSeconds: number | undefined;
}

/** Something that the configuration names: `import/customers`, `sink/crm`, `message/welcome`. */
export interface EntityHealth {
  readonly name: string;
  /** `stale`: nothing failed, and yet the last success is older than `max_staleness`. */
  readonly state: "waiting" | "running" | "healthy" | "stale" | "failing" | "paused" | "broken";
  readonly lastRun: RunHealth | undefined;
  readonly nextRunAt: string | undefined;
  /** Absent for what has no runs. */
  readonly freshness?: FreshnessHealth | undefined;
  /** What is wrong besides the last run: a template that does not compile, a sink that is closed. */
  readonly error: HealthError | undefined;
}

/** Everything that `GET /health` says. No secrets, no row values. */
export interface HealthReport {
  readonly version: string;
  readonly runtime: string;
  readonly startedAt: string;
  readonly config: {
    readonly hash: string;
    readonly loadedAt: string;
    /** Why a newer configuration was refused; undefined where the one that runs is the newest. */
    readonly refused: HealthError | undefined;
  };
  /** Why this daemon begins nothing any more; undefined where it works. */
  readonly draining?: HealthError | undefined;
  readonly hub: DatabaseHealth & { readonly migration: string | undefined };
  readonly connectors: readonly DatabaseHealth[];
  readonly entities: readonly EntityHealth[];
}

/** Where the HTTP app gets health from: the daemon, or the render-only server. */
export interface HealthSource {
  /**
   * Why the server cannot do its work yet: the hub is not migrated or is away, a connector was not
   * tried yet, it is stopping. Empty is ready. A connector that was tried and is dead is no reason.
   */
  findUnreadyReasons(): readonly string[] | Promise<readonly string[]>;
  describe(): HealthReport | Promise<HealthReport>;
}

/** What the link to a database is called; the first is the platform's own wording. Pure. */
export function describeTls(link: { isSecured: boolean; isVerified: boolean }): string {
  if (!link.isSecured) return "Connection is not SSL-secured";
  return link.isVerified ? "SSL-secured, server verified" : "SSL-secured, server not verified";
}

/** An error as /health shows it. Pure. */
export function toHealthError(error: PerigeeError, at: Date): HealthError {
  const { code, message, advice } = error;
  return { code, message, advice, at: at.toISOString() };
}

/** States of entities that somebody should look at. */
const badStates: ReadonlySet<EntityHealth["state"]> = new Set(["stale", "failing", "broken"]);

/**
 * `degraded` where something the configuration names does not work, a newer configuration was refused
 * or the daemon drains, though the server works. Pure.
 */
export function overallState(
  report: HealthReport,
  unready: readonly string[],
): "ok" | "degraded" | "unready" {
  if (unready.length > 0) return "unready";
  const isDown = report.connectors.some(({ state }) => state === "down");
  const isBad = report.entities.some(({ state }) => badStates.has(state));
  const isHeld = report.config.refused !== undefined || report.draining !== undefined;
  return isDown || isBad || isHeld ? "degraded" : "ok";
}
