import { alertCodes } from "../alert/codes.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/model.ts";
import { hubCodes } from "../hub/codes.ts";
import { findFreshness, type Freshness } from "../hub/freshness.ts";
import { findLastRuns, type RunRecord } from "../hub/run.ts";
import type { CompiledMessages } from "../message/compile_messages.ts";
import type { Observation } from "../observe/observation.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { Pool } from "../postgres/pool.ts";
import type { Job } from "../schedule/job.ts";
import { stalenessLimits } from "../schedule/staleness_limits.ts";
import {
  type DatabaseHealth,
  describeTls,
  type EntityHealth,
  type HealthError,
  type HealthReport,
  type HealthSource,
  toHealthError,
} from "./health.ts";
import { describeJob } from "./job_health.ts";

/** What one configuration adds to the daemon's health. */
export interface HealthSubject {
  readonly config: Config;
  /** Everything that runs, for the time of its next run. */
  readonly jobs: readonly Job[];
  readonly messages: CompiledMessages;
}

/** The daemon's health: what it observed of itself, and the newest runs from the hub. */
export class DaemonHealth implements HealthSource {
  readonly #parts: { readonly version: string; readonly runtime: string; readonly clock: Clock };
  readonly #startedAt: Date;
  #hub: Pool | undefined;
  #subject: HealthSubject | undefined;
  #loadedAt: Date;
  #refused: HealthError | undefined;
  #databases = new Map<string, DatabaseHealth>();
  #sinks = new Map<string, EntityHealth>();
  #migration: string | undefined;
  #draining: HealthError | undefined;
  #isStopping = false;

  constructor(parts: { version: string; runtime: string; clock: Clock }) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.#loadedAt = this.#startedAt;
  }

  /** The hub is open from now on; what runs is read from it. */
  useHub(hub: Pool): void {
    this.#hub = hub;
  }

  /** Goes on with another configuration; what is known of connectors that stay is kept. */
  adopt(subject: HealthSubject): void {
    const { config } = subject;
    const [databases, sinks] = [this.#databases, this.#sinks];
    this.#subject = subject;
    this.#loadedAt = this.#parts.clock.now();
    this.#refused = undefined;
    this.#databases = new Map(
      [...config.connectors.keys()].map((name) => [name, databases.get(name) ?? untried(name)]),
    );
    this.#sinks = new Map(
      [...config.sinks.keys()].map((name) => [
        name,
        sinks.get(name) ?? plainEntity(`sink/${name}`, "healthy", undefined),
      ]),
    );
  }

  /** Takes in one observation; the only way by which this learns of anything but runs. */
  observe(observation: Observation): void {
    const now = this.#parts.clock.now();
    if (observation.kind === "hub_migrated") this.#migration = observation.version;
    if (observation.kind === "hub_outgrown") {
      this.#draining = {
        code: "PG303",
        message:
          `a newer version has migrated the hub (${observation.migration}), so this daemon drains`,
        advice: hubCodes.PG303.advice,
        at: now.toISOString(),
      };
    }
    if (observation.kind === "daemon_stopping") this.#isStopping = true;
    if (observation.kind === "config_reloaded") this.#refused = undefined;
    if (observation.kind === "config_refused") {
      const { problems } = observation;
      this.#refused = {
        code: "PG920",
        message: `a newer configuration was refused; it has ${problems} ${
          problems === 1 ? "problem" : "problems"
        }`,
        advice: "The log lists them; `perigee check` does too.",
        at: now.toISOString(),
      };
    }
    if (observation.kind === "connector_checked") {
      const { connector, isSecured, latencyMs } = observation;
      const mode = this.#subject?.config.connectors.get(connector)?.address.ssl.mode;
      const isVerified = mode === "verify-ca" || mode === "verify-full";
      this.#databases.set(connector, {
        name: connector,
        state: "up",
        tls: describeTls({ isSecured, isVerified }),
        latencyMs: Math.round(latencyMs * 10) / 10,
        checkedAt: now.toISOString(),
        error: undefined,
      });
    }
    if (observation.kind === "connector_failed") {
      const { connector, error } = observation;
      this.#databases.set(connector, {
        ...untried(connector),
        state: "down",
        checkedAt: now.toISOString(),
        error: toHealthError(error, now),
      });
    }
    if (observation.kind === "sink_changed") this.#noteSink(observation, now);
  }

  findUnreadyReasons(): string[] {
    const reasons: string[] = [];
    if (this.#isStopping) reasons.push("the daemon is stopping");
    if (this.#migration === undefined) reasons.push("the hub is not migrated yet");
    for (const { name, state } of this.#databases.values()) {
      if (state === "untried") reasons.push(`connector ${name} was not tried yet`);
    }
    return reasons;
  }

  async describe(): Promise<HealthReport> {
    const { version, runtime } = this.#parts;
    const hub = await this.#describeHub();
    return {
      version,
      runtime,
      startedAt: this.#startedAt.toISOString(),
      config: {
        hash: this.#subject?.config.hash ?? "",
        loadedAt: this.#loadedAt.toISOString(),
        refused: this.#refused,
      },
      draining: this.#draining,
      hub: { ...hub.database, migration: this.#migration },
      connectors: [...this.#databases.values()],
      entities: [
        ...this.#describeJobs(hub),
        ...this.#sinks.values(),
        ...this.#describeMessages(),
      ],
    };
  }

  async #describeHub(): Promise<HubFindings & { readonly database: DatabaseHealth }> {
    const checkedAt = this.#parts.clock.now();
    if (this.#hub === undefined) return { ...nothingFound, database: untried("hub") };
    const startedAt = performance.now();
    try {
      const names = this.#subject?.jobs.map((job) => job.name) ?? [];
      const runs = await findLastRuns(this.#hub.sql, names);
      // Of one round trip only, or it would be no latency.
      const latencyMs = Math.round((performance.now() - startedAt) * 10) / 10;
      const { mode } = this.#hub.target.ssl;
      const isVerified = mode === "verify-ca" || mode === "verify-full";
      const tls = describeTls({ isSecured: this.#hub.isSecured() ?? false, isVerified });
      const database = { ...untried("hub"), state: "up" as const, tls, latencyMs };
      const freshness = await findFreshness(this.#hub.sql, names);
      return { database: { ...database, checkedAt: checkedAt.toISOString() }, runs, freshness };
    } catch (thrown) {
      const error = describeFailure(thrown, { doing: "read runs", target: this.#hub.target });
      const database: DatabaseHealth = {
        ...untried("hub"),
        state: "down",
        checkedAt: checkedAt.toISOString(),
        error: toHealthError(error, checkedAt),
      };
      return { ...nothingFound, database };
    }
  }

  #describeJobs({ runs, freshness }: HubFindings): EntityHealth[] {
    const now = this.#parts.clock.now();
    const { jobs = [], config } = this.#subject ?? {};
    const limits = config === undefined ? new Map<string, number>() : stalenessLimits(config);
    return jobs.map((job) =>
      describeJob(job, now, {
        run: runs.find(({ name }) => name === job.name),
        freshness: freshness.find(({ name }) => name === job.name),
        limitMs: limits.get(job.name),
      })
    );
  }

  #describeMessages(): EntityHealth[] {
    return (this.#subject?.messages.all ?? []).map(({ config, faults: [fault] }) => {
      const name = `message/${config.name}`;
      if (fault === undefined) return plainEntity(name, "healthy", undefined);
      return plainEntity(name, "broken", toHealthError(fault, this.#startedAt));
    });
  }

  #noteSink(change: Extract<Observation, { kind: "sink_changed" }>, now: Date): void {
    const states = {
      open: "failing",
      probing: "failing",
      closed: "healthy",
      paused: "paused",
      resumed: "healthy",
      disabled: "broken",
    } as const;
    const state = states[change.state];
    const error = state === "healthy"
      ? undefined
      : describeHeld(change.reason, state === "broken" ? "PG701" : "PG700", now);
    this.#sinks.set(change.sink, plainEntity(`sink/${change.sink}`, state, error));
  }
}

function describeHeld(message: string, code: "PG700" | "PG701", now: Date): HealthError {
  return { code, message, advice: alertCodes[code].advice, at: now.toISOString() };
}

/** What the hub knows of the jobs. */
interface HubFindings {
  readonly runs: readonly RunRecord[];
  readonly freshness: readonly Freshness[];
}

const nothingFound: HubFindings = { runs: [], freshness: [] };

function untried(name: string): DatabaseHealth {
  return {
    name,
    state: "untried",
    tls: undefined,
    latencyMs: undefined,
    checkedAt: undefined,
    error: undefined,
  };
}

function plainEntity(
  name: string,
  state: EntityHealth["state"],
  error: EntityHealth["error"],
): EntityHealth {
  return { name, state, lastRun: undefined, nextRunAt: undefined, error };
}
