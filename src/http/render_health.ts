import type { Clock } from "../clock.ts";
import { type ConnectorRegistry, connectorTarget } from "../connector/registry.ts";
import type { Renderer } from "../message/renderer.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { Pool } from "../postgres/pool.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import {
  type DatabaseHealth,
  describeTls,
  type EntityHealth,
  type HealthReport,
  type HealthSource,
  toHealthError,
} from "./health.ts";

/**
 * How long the answer of a database counts, ms. Half of it doubles the probes of a busy health
 * check; twice as much shows a dead database later.
 */
const answerAgeLimitMs = 10_000;

/** What a render-only server is made of. */
export interface RenderHealthParts {
  readonly renderer: Renderer;
  readonly connectors: ConnectorRegistry;
  readonly clock: Clock;
  readonly version: string;
  readonly runtime: string;
}

/**
 * Health of a server that only renders: it asks the hub and every connector when somebody asks it,
 * at most every ten seconds, and has no runs to tell of.
 */
export class RenderHealth implements HealthSource {
  readonly #parts: RenderHealthParts;
  readonly #startedAt: string;
  #asked: { readonly atMs: number; readonly answer: Promise<Answer> } | undefined;

  constructor(parts: RenderHealthParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now().toISOString();
  }

  async findUnreadyReasons(): Promise<readonly string[]> {
    const { hub } = await this.#ask();
    if (hub.error !== undefined) return [`the hub does not answer (${hub.error.code})`];
    return hub.migration === undefined ? ["the hub is not migrated; start a daemon on it"] : [];
  }

  async describe(): Promise<HealthReport> {
    const { renderer, version, runtime } = this.#parts;
    const { hub, connectors } = await this.#ask();
    return {
      version,
      runtime,
      startedAt: this.#startedAt,
      config: { hash: renderer.config.hash, loadedAt: this.#startedAt, refused: undefined },
      hub,
      connectors,
      entities: renderer.messages.all.map((message) => this.#describeMessage(message)),
    };
  }

  #ask(): Promise<Answer> {
    const nowMs = this.#parts.clock.now().getTime();
    if (this.#asked === undefined || nowMs - this.#asked.atMs > answerAgeLimitMs) {
      this.#asked = { atMs: nowMs, answer: this.#askAll() };
    }
    return this.#asked.answer;
  }

  async #askAll(): Promise<Answer> {
    const { renderer, connectors } = this.#parts;
    const names = [...renderer.config.connectors.keys()];
    const [hub, ...others] = await Promise.all([
      this.#askHub(),
      ...names.map((name) => {
        const target = connectorTarget(connectors.require(name), "read");
        return this.#askOne(connectors.pool(name), target, (sql) => sql`select 1`);
      }),
    ]);
    return { hub, connectors: others };
  }

  async #askHub(): Promise<Answer["hub"]> {
    const { hub } = this.#parts.renderer;
    let migration: string | undefined;
    const health = await this.#askOne(hub, hub.target, async (sql) => {
      const [found] = await sql<{ isMigrated: boolean }[]>`
        select to_regclass('perigee.migrations') is not null as "isMigrated"`;
      if (found?.isMigrated !== true) return;
      const [last] = await sql<{ name: string }[]>`
        select name from perigee.migrations order by version desc limit 1`;
      migration = last?.name;
    });
    return { ...health, migration };
  }

  async #askOne(
    pool: Pool,
    target: ConnectionTarget,
    ask: (sql: Pool["sql"]) => Promise<unknown>,
  ): Promise<DatabaseHealth> {
    const startedAt = performance.now();
    const at = this.#parts.clock.now();
    const base = { name: target.name, checkedAt: at.toISOString() };
    try {
      await ask(pool.sql);
      const { mode } = target.ssl;
      const isVerified = mode === "verify-ca" || mode === "verify-full";
      return {
        ...base,
        state: "up",
        tls: describeTls({ isSecured: pool.isSecured() ?? false, isVerified }),
        latencyMs: Math.round(performance.now() - startedAt),
        error: undefined,
      };
    } catch (error) {
      const failure = describeFailure(error, { doing: "ask whether it answers", target });
      const health = toHealthError(failure, at);
      return { ...base, state: "down", tls: undefined, latencyMs: undefined, error: health };
    }
  }

  #describeMessage(message: Renderer["messages"]["all"][number]): EntityHealth {
    const [fault] = message.faults;
    return {
      name: `message/${message.config.name}`,
      state: fault === undefined ? "healthy" : "broken",
      lastRun: undefined,
      nextRunAt: undefined,
      error: fault === undefined ? undefined : toHealthError(fault, this.#parts.clock.now()),
    };
  }
}

interface Answer {
  readonly hub: DatabaseHealth & { readonly migration: string | undefined };
  readonly connectors: readonly DatabaseHealth[];
}
