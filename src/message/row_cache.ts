import type { Clock } from "../clock.ts";

/** One row of a source as templates see it: column names and documented values. */
export type SourceRow = Readonly<Record<string, unknown>>;

interface Entry {
  readonly rows: readonly SourceRow[];
  readonly expiresAt: number;
}

/**
 * Contacts whose rows are kept, per renderer. A row is about 1 kB, so this is some tens of MB at
 * most; half of it makes a second render of a large campaign fetch again, which is only slower.
 */
const maxEntries = 20_000;

/**
 * Rows that were fetched a moment ago, by source and key. Rows are shared between renders, so
 * whoever gets them must not change them. Keeps nothing at all where `keepMs` is 0.
 */
export class RowCache {
  readonly #keepMs: number;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(keepMs: number, clock: Clock) {
    this.#keepMs = keepMs;
    this.#clock = clock;
  }

  /** The rows, or undefined when they must be fetched. */
  find(source: string, key: string): readonly SourceRow[] | undefined {
    const id = entryId(source, key);
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    if (entry.expiresAt > this.#clock.now().getTime()) return entry.rows;
    this.#entries.delete(id);
    return undefined;
  }

  /** Keeps rows; the oldest entries go where there are too many. */
  keep(source: string, key: string, rows: readonly SourceRow[]): void {
    if (this.#keepMs === 0) return;
    const id = entryId(source, key);
    this.#entries.delete(id);
    this.#entries.set(id, { rows, expiresAt: this.#clock.now().getTime() + this.#keepMs });
    if (this.#entries.size <= maxEntries) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}

function entryId(source: string, key: string): string {
  return `${source}\0${key}`;
}
