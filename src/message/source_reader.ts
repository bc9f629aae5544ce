import type { Clock } from "../clock.ts";
import type { Config, KeyField, SourceConfig } from "../config/model.ts";
import { normaliseKey } from "../connector/contact_key.ts";
import { withReadSettings } from "../connector/read_settings.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import { fetchSourceRows, type SourceShape } from "../connector/source_rows.ts";
import { loadSourceShape } from "../connector/source_shape.ts";
import type { ContactValues } from "../hub/contacts.ts";
import { describeFailure } from "../postgres/failure.ts";
import { RowCache, type SourceRow } from "./row_cache.ts";

/**
 * How long what is known of a source's table serves again, ms. A column that the customer adds is
 * seen after this; a tenth would add catalog queries to every tenth render, for nothing.
 */
const shapeAgeLimitMs = 60_000;

interface KnownShape {
  readonly shape: Promise<SourceShape>;
  readonly loadedAt: number;
}

/** One contact's rows of a source, parsed anew at each call. */
export type RowsOf = () => readonly SourceRow[];

/** Reads rows of sources for contacts: one prepared query a source, on the connector's pool. */
export class SourceReader {
  readonly #config: Config;
  readonly #connectors: ConnectorRegistry;
  readonly #clock: Clock;
  readonly #cache: RowCache;
  readonly #shapes = new Map<string, KnownShape>();

  constructor(deps: { config: Config; connectors: ConnectorRegistry; clock: Clock }) {
    this.#config = deps.config;
    this.#connectors = deps.connectors;
    this.#clock = deps.clock;
    this.#cache = new RowCache(deps.config.render.cacheMs, deps.clock);
  }

  /**
   * The rows of each of `contacts`, in their order; empty for a contact without a key. Rows may be
   * shared with other renders and must not be changed. Throws what `describeFailure` makes of a
   * connector's failure.
   */
  async read(name: string, contacts: readonly ContactValues[]): Promise<(readonly SourceRow[])[]> {
    return (await this.readUnparsed(name, contacts)).map((rows) => rows());
  }

  /**
   * As `read`, with rows that are parsed when they are asked for. Text that waits for its turn costs
   * the garbage collector next to nothing, where the objects of a few pages were a fifth of the work.
   */
  async readUnparsed(name: string, contacts: readonly ContactValues[]): Promise<RowsOf[]> {
    const source = this.#requireSource(name);
    const { field } = this.#connectors.require(source.connector).key;
    const keys = contacts.map((contact) => sourceKey(contact, field));
    const found = keys.map((key) => key === undefined ? [] : this.#cache.find(name, key));
    const missing = [...new Set(keys.filter((_key, index) => found[index] === undefined))];
    const fetched = await this.#fetch(source, missing as string[]);
    return keys.map((key, index) => {
      const known = found[index];
      if (known !== undefined) return () => known;
      const json = fetched.get(key as string) ?? "[]";
      return () => {
        const rows = JSON.parse(json) as SourceRow[];
        this.#cache.keep(name, key as string, rows);
        return rows;
      };
    });
  }

  /**
   * Keeps the connectors of these sources open until the answered function is called, whatever the
   * configuration becomes meanwhile.
   */
  hold(names: readonly string[]): () => void {
    return this.#connectors.hold(names.map((name) => this.#requireSource(name).connector));
  }

  /** The rows of each key as JSON text. */
  async #fetch(
    source: SourceConfig,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    if (keys.length === 0) return new Map();
    const pool = this.#connectors.pool(source.connector);
    try {
      const shape = await this.#shape(source);
      const rows = await withReadSettings(
        pool.sql,
        pool.target,
        (sql) => fetchSourceRows(sql, shape, keys),
      );
      return new Map(keys.map((key, index) => [key, rows[index]?.json ?? "[]"]));
    } catch (error) {
      this.#shapes.delete(source.name); // the table may have changed: look at it again next time
      throw describeFailure(error, { doing: `read source ${source.name}`, target: pool.target });
    }
  }

  #shape(source: SourceConfig): Promise<SourceShape> {
    const now = this.#clock.now().getTime();
    const known = this.#shapes.get(source.name);
    if (known !== undefined && now - known.loadedAt < shapeAgeLimitMs) return known.shape;
    const connector = this.#connectors.require(source.connector);
    const shape = loadSourceShape(this.#connectors.pool(source.connector).sql, source, connector);
    this.#shapes.set(source.name, { shape, loadedAt: now });
    return shape;
  }

  #requireSource(name: string): SourceConfig {
    const source = this.#config.sources.get(name);
    if (source === undefined) throw new Error(`there is no source ${name}`);
    return source;
  }
}

/** The contact's key in a connector with this key field; undefined when the contact has none. */
function sourceKey(contact: ContactValues, field: KeyField): string | undefined {
  const value = field.kind === "field"
    ? contact[field.name]
    : contact[field.kind === "phone" ? "sms" : field.kind];
  if (typeof value !== "string" && typeof value !== "boolean") return undefined;
  return normaliseKey(String(value), field);
}
