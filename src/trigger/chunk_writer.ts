import type { ConnectorRegistry } from "../connector/registry.ts";
import { hubKeyExpression } from "../connector/contact_key.ts";
import { readSettings } from "../connector/read_settings.ts";
import { sourceRowsSql, type SourceShape } from "../connector/source_rows.ts";
import { loadSourceShape } from "../connector/source_shape.ts";
import type { Config, TriggerConfig } from "../config/model.ts";
import type { PerigeeError } from "../error.ts";
import { requireLease } from "../hub/lease.ts";
import type { RunContext } from "../hub/run.ts";
import {
  createStage,
  type EventRules,
  indexStage,
  lockChunks,
  readChunkKeys,
  stageStatement,
  type TriggerChunk,
  writeChunk,
} from "../hub/trigger_events.ts";
import { addTickCounts } from "../hub/trigger_ticks.ts";
import { type Connection, openConnection } from "../postgres/connection.ts";
import { copyBetween } from "../postgres/copy_stream.ts";
import { describeFailure } from "../postgres/failure.ts";
import { quoteLiteral } from "../postgres/identifier.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { eventRules } from "./event_rules.ts";
import { inTransaction } from "./session_transaction.ts";

/** What a writer of chunks works with. */
export interface ChunkDeps {
  readonly config: Config;
  readonly hubTarget: ConnectionTarget;
  readonly connectors: ConnectorRegistry;
}

/** A source of the trigger with the session that reads it. */
interface OpenSource {
  readonly shape: SourceShape;
  readonly reader: Connection;
  /** SQL of the contact's key over `perigee.contacts c`; equal for sources of one connector. */
  readonly keyExpression: string;
}

/** A session with the hub that carries one chunk at a time. */
interface HubSession {
  readonly connection: Connection;
  /** The chunk that it carries, or the last one. */
  carried: Promise<void>;
}

/** Reading one chunk and writing the one before keeps two sessions busy; more would only wait. */
const hubSessions = 2;

/**
 * Turns chunks of a tick into events: reads the rows of a chunk's contacts from every source as JSON
 * that the customer's Postgres makes, stages them in the hub by COPY and writes events and
 * deliveries, all in one hub transaction. While one chunk is written, the rows of the next are read
 * and staged in another session; what is staged belongs to that session alone. Rows never become
 * objects here, and no hub row is locked while the customer's database is read for it.
 */
export class ChunkWriter {
  readonly #hubs: readonly HubSession[];
  readonly #sources: readonly OpenSource[];
  readonly #rules: EventRules;
  readonly #context: RunContext;

  private constructor(
    hubs: readonly HubSession[],
    sources: readonly OpenSource[],
    rules: EventRules,
    context: RunContext,
  ) {
    this.#hubs = hubs;
    this.#sources = sources;
    this.#rules = rules;
    this.#context = context;
    context.signal.addEventListener("abort", this.#breakOff, { once: true });
    if (context.signal.aborted) this.#breakOff();
  }

  /** Opens two sessions with the hub and one with each connector of the trigger's sources. */
  static async open(
    trigger: TriggerConfig,
    context: RunContext,
    deps: ChunkDeps,
  ): Promise<ChunkWriter> {
    const sources: OpenSource[] = [];
    const readers = new Map<string, Connection>();
    const hubs: HubSession[] = [];
    try {
      for (const { source: name } of trigger.sources) {
        sources.push(await openSource(name, readers, deps));
      }
      for (let place = 0; place < hubSessions; place++) {
        const connection = await openConnection(deps.hubTarget);
        hubs.push({ connection, carried: Promise.resolve() });
      }
      return new ChunkWriter(hubs, sources, eventRules(trigger, deps.config), context);
    } catch (error) {
      const opened = [...readers.values(), ...hubs.map((hub) => hub.connection)];
      await Promise.all(opened.map((connection) => connection.end()));
      throw error;
    }
  }

  /**
   * Writes chunks in their order, each in a transaction of its own. Throws the `PerigeeError` of the
   * first that fails; then those before it are written, and nothing of it and of those after it.
   */
  async write(chunks: readonly TriggerChunk[]): Promise<void> {
    let last = Promise.resolve();
    try {
      for (const [place, chunk] of chunks.entries()) {
        const hub = this.#hubs[place % this.#hubs.length] as HubSession;
        await hub.carried;
        this.#context.signal.throwIfAborted();
        const before = last;
        await new Promise<void>((isStaged, hasFailed) => {
          last = this.#writeOne(hub.connection, chunk, before, isStaged);
          hub.carried = last;
          last.catch(hasFailed);
        });
      }
      await last;
    } finally {
      await Promise.allSettled(this.#hubs.map((hub) => hub.carried));
    }
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    this.#context.signal.removeEventListener("abort", this.#breakOff);
    await Promise.all([...this.#connections()].map((connection) => connection.end()));
  }

  #connections(): Set<Connection> {
    const readers = this.#sources.map((source) => source.reader);
    return new Set([...this.#hubs.map((hub) => hub.connection), ...readers]);
  }

  /** A run that has to stop waits for no statement: what is open rolls back. */
  readonly #breakOff = (): void => {
    const reason = this.#context.signal.reason as PerigeeError;
    for (const connection of this.#connections()) connection.destroy(reason);
  };

  /** Stages a chunk, says so, and writes it when `before` has been written. */
  async #writeOne(
    hub: Connection,
    chunk: TriggerChunk,
    before: Promise<void>,
    onStaged: () => void,
  ): Promise<void> {
    const { lease } = this.#context;
    await inTransaction(hub, "", async (sql) => {
      await sql.unsafe(createStage);
      await this.#stageRows(hub, chunk);
      await sql.unsafe(indexStage);
      onStaged();
      await before;
      await requireLease(sql, lease);
      await lockChunks(sql);
      const { chunks, ...counts } = await writeChunk(sql, chunk, this.#rules);
      if (chunks === 1) await addTickCounts(sql, chunk, counts);
    });
  }

  async #stageRows(hub: Connection, chunk: TriggerChunk): Promise<void> {
    const wanted = new Map<string, string | undefined>();
    for (const { shape, reader, keyExpression } of this.#sources) {
      if (!wanted.has(keyExpression)) {
        wanted.set(keyExpression, await readWanted(hub, chunk, keyExpression));
      }
      const contacts = wanted.get(keyExpression);
      if (contacts === undefined) continue;
      const read = `copy (select ${shape.source.id}::int4, id, rows, found, kept, too_long
        from (${sourceRowsSql(shape, contacts)}) fetched) to stdout (format binary)`;
      const { signal } = this.#context;
      await inTransaction(
        reader,
        "read only",
        async (sql) => {
          if (reader.target.isPooled) await sql.unsafe(readSettings(reader.target));
          await copyBetween({ from: reader, read, to: hub, write: stageStatement, signal });
        },
      );
    }
  }
}

async function readWanted(
  hub: Connection,
  chunk: TriggerChunk,
  keyExpression: string,
): Promise<string | undefined> {
  const found = await readChunkKeys(hub.sql, chunk, keyExpression);
  if (found === undefined) return undefined;
  const { contactIds, keys } = found;
  return `unnest(${quoteLiteral(contactIds)}::bigint[], ${quoteLiteral(keys)}::text[])`;
}

async function openSource(
  name: string,
  readers: Map<string, Connection>,
  { config, connectors }: ChunkDeps,
): Promise<OpenSource> {
  const source = config.sources.get(name);
  if (source === undefined) throw new Error(`there is no source ${name}`);
  const connector = connectors.require(source.connector);
  let reader = readers.get(connector.name);
  if (reader === undefined) {
    reader = await connectors.connect(connector.name, "read");
    readers.set(connector.name, reader);
  }
  try {
    const shape = await loadSourceShape(reader.sql, source, connector);
    return { shape, reader, keyExpression: hubKeyExpression(connector.key.field, "c") };
  } catch (error) {
    throw describeFailure(error, { doing: `look up source ${name}`, target: reader.target });
  }
}
