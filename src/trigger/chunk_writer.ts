import type { ConnectorRegistry } from "../connector/registry.ts";
import { hubKeyExpression } from "../connector/contact_key.ts";
import { sourceRowsSql, type SourceShape } from "../connector/source_rows.ts";
import { loadSourceShape } from "../connector/source_shape.ts";
import type { Config, TriggerConfig } from "../config/model.ts";
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

/**
 * Turns chunks of a tick into events: reads the rows of the chunk's contacts from every source as
 * JSON that the customer's Postgres makes, stages them in the hub by COPY and writes events and
 * deliveries, all in one hub transaction. Rows never become objects here. The customer's database is
 * read before the first hub row is locked.
 */
export class ChunkWriter {
  readonly #hub: Connection;
  readonly #sources: readonly OpenSource[];
  readonly #rules: EventRules;
  readonly #context: RunContext;

  private constructor(
    hub: Connection,
    sources: readonly OpenSource[],
    rules: EventRules,
    context: RunContext,
  ) {
    this.#hub = hub;
    this.#sources = sources;
    this.#rules = rules;
    this.#context = context;
  }

  /** Opens one session with the hub and one with each connector of the trigger's sources. */
  static async open(
    trigger: TriggerConfig,
    context: RunContext,
    deps: ChunkDeps,
  ): Promise<ChunkWriter> {
    const sources: OpenSource[] = [];
    const readers = new Map<string, Connection>();
    try {
      for (const { source: name } of trigger.sources) {
        sources.push(await openSource(name, readers, deps));
      }
      const hub = await openConnection(deps.hubTarget);
      return new ChunkWriter(hub, sources, eventRules(trigger, deps.config), context);
    } catch (error) {
      await Promise.all([...readers.values()].map((reader) => reader.end()));
      throw error;
    }
  }

  /** Writes one chunk. Throws a `PerigeeError`; then nothing of the chunk was written. */
  async write(chunk: TriggerChunk): Promise<void> {
    const { lease } = this.#context;
    await inTransaction(this.#hub, "", async (sql) => {
      await sql.unsafe(createStage);
      await this.#stageRows(chunk);
      await sql.unsafe(indexStage);
      await requireLease(sql, lease);
      await lockChunks(sql);
      const { chunks, ...counts } = await writeChunk(sql, chunk, this.#rules);
      if (chunks === 1) await addTickCounts(sql, chunk, counts);
    });
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    const readers = new Set(this.#sources.map((source) => source.reader));
    await Promise.all([this.#hub, ...readers].map((connection) => connection.end()));
  }

  async #stageRows(chunk: TriggerChunk): Promise<void> {
    const wanted = new Map<string, string | undefined>();
    for (const { shape, reader, keyExpression } of this.#sources) {
      if (!wanted.has(keyExpression)) {
        wanted.set(keyExpression, await this.#readWanted(chunk, keyExpression));
      }
      const contacts = wanted.get(keyExpression);
      if (contacts === undefined) continue;
      const read = `copy (select ${shape.source.id}::int4, id, rows, found, kept, too_long
        from (${sourceRowsSql(shape, contacts)}) fetched) to stdout (format binary)`;
      const { signal } = this.#context;
      await inTransaction(
        reader,
        "read only",
        () => copyBetween({ from: reader, read, to: this.#hub, write: stageStatement, signal }),
      );
    }
  }

  async #readWanted(chunk: TriggerChunk, keyExpression: string): Promise<string | undefined> {
    const found = await readChunkKeys(this.#hub.sql, chunk, keyExpression);
    if (found === undefined) return undefined;
    const { contactIds, keys } = found;
    return `unnest(${quoteLiteral(contactIds)}::bigint[], ${quoteLiteral(keys)}::text[])`;
  }
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

function eventRules(trigger: TriggerConfig, config: Config): EventRules {
  const segment = config.segments.get(trigger.segment);
  if (segment === undefined) throw new Error(`there is no segment ${trigger.segment}`);
  return {
    segmentId: segment.id,
    sources: trigger.sources.map(({ source, whenEmpty }) => ({
      sourceId: config.sources.get(source)?.id ?? 0,
      isSkippedWhenEmpty: whenEmpty === "skip",
    })),
    sinks: trigger.sinks,
    isRemembered: trigger.repeat.kind !== "every_run" || trigger.enteringOnly,
  };
}
