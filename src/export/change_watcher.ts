import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import {
  type ChangeGlance,
  glanceAtChanges,
  keepWritersQuiet,
  passRunningTransactions,
} from "../hub/change_log.ts";
import type { Observe } from "../observe/observation.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { Pool } from "../postgres/pool.ts";

/** What a watcher works with. */
export interface ChangeWatcherOptions {
  readonly hub: Pool;
  /** Exports that are to run when one of their datasets changes. */
  readonly exports: readonly ExportConfig[];
  /** Asks for a run of `export/<name>`. Must not throw. */
  readonly wake: (name: string) => void;
  readonly observe: Observe;
}

/** Tells exports on change that one of their datasets changed. */
export interface ChangeWatcher {
  /** Call at each NOTIFY on the hub's channel `perigee_changes` and whenever it is listened to anew. */
  heard(): void;
  /** Looks no more; resolves when the last look is over. */
  close(): Promise<void>;
}

/**
 * Wait between being told and the second look, ms. Whoever writes within 5 ms of a wake-up leaves its
 * own out (migration 0041); this is twice that time, and has to stay above it.
 */
const echoMs = 10;
/** First wait before a further look, ms; it doubles. Half finds nothing more, twice is felt. */
const firstWaitMs = 4;
/** Longest wait between looks while a writer that may not have notified is still running, ms. */
const longestWaitMs = 1_000;
/**
 * Looks without being told, ms: a transaction that was to notify for others may have rolled back,
 * and a connection may be deaf. Twice as long leaves such a change for as long; half costs a query
 * more each time.
 */
const pollMs = 10_000;
/**
 * While change follows change, writers are told for this time to leave the NOTIFY out, ms. A daemon
 * that dies meanwhile leaves others without wake-ups for as long; half as much has writers ask twice
 * as often.
 */
const quietMs = 200;
/** Wait between looks meanwhile, ms. Half as much took a fourteenth of a processor from writers. */
const quietLookMs = 50;
/**
 * Keys that two looks in a row have to find touched, each for itself, for a burst. Half as many take
 * a client that writes one row after the other for one, and then its changes wait for the next look.
 */
const burstKeys = 8;
/** A pool with fewer connections has none to spare for that. */
const leastPool = 4;

/**
 * Starts to watch the hub's change log for exports on change. The hub notifies from few of its
 * transactions, so after each notification the log is looked at again a moment later, and then for
 * as long as one of the transactions that were running still runs: whoever did not notify is among
 * them (G3). A look costs one small query and wakes only the exports whose datasets were touched; the first
 * wakes all.
 */
export function startChangeWatcher(options: ChangeWatcherOptions): ChangeWatcher {
  const watch = new Watch(options);
  watch.heard();
  return watch;
}

class Watch implements ChangeWatcher {
  readonly #options: ChangeWatcherOptions;
  readonly #watched: readonly DatasetName[];
  readonly #end = new AbortController();
  #last: ChangeGlance | undefined;
  /** Transactions that were running when it was last told of a change, and may not have notified. */
  #unheard = new Set<string>();
  #waitMs = firstWaitMs;
  #timer: NodeJS.Timeout | undefined;
  #hasFailed = false;
  #isAskedAgain = false;
  /** It was told and has not looked a second time yet. */
  #owesEcho = false;
  /** The last look found as much as a burst brings. */
  #hasFoundMany = false;
  /** Writers leave the NOTIFY out until it settles. */
  #quiet: Promise<void> | undefined;
  #look: Promise<void> | undefined;

  constructor(options: ChangeWatcherOptions) {
    this.#options = options;
    this.#watched = [...new Set(options.exports.flatMap(({ datasets }) => datasets))];
  }

  heard(): void {
    this.#start(true);
  }

  async close(): Promise<void> {
    this.#end.abort();
    clearTimeout(this.#timer);
    await Promise.all([this.#look, this.#quiet]);
  }

  #start(isTold: boolean): void {
    if (this.#end.signal.aborted || this.#watched.length === 0) return;
    clearTimeout(this.#timer);
    if (this.#look !== undefined) {
      this.#isAskedAgain ||= isTold;
      return;
    }
    this.#look = this.#lookOnce(isTold).finally(() => {
      this.#look = undefined;
      const isAskedAgain = this.#isAskedAgain;
      this.#isAskedAgain = false;
      if (isAskedAgain) this.#start(true);
      else this.#schedule();
    });
  }

  async #lookOnce(isTold: boolean): Promise<void> {
    const { hub, observe } = this.#options;
    try {
      // Not before the first look, which has to be soon: those that it misses are in the second.
      if (this.#owesEcho) await passRunningTransactions(hub.sql);
      const glance = await glanceAtChanges(
        hub.sql,
        this.#watched,
        this.#last?.snapshot,
        burstKeys,
      );
      this.#wakeTouched(glance);
      this.#noticeBurst(glance);
      this.#remember(glance, isTold);
      this.#hasFailed = false;
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const failure = describeFailure(error, { doing: "look for changes", target: hub.target });
      observe({ kind: "fault", where: "change_watcher", error: failure });
      this.#hasFailed = true;
      this.#owesEcho ||= isTold;
    }
  }

  #noticeBurst({ touched }: ChangeGlance): void {
    const hasFoundMany = Object.values(touched).some((count) => count >= burstKeys);
    if (hasFoundMany && this.#hasFoundMany && this.#options.hub.usage().max >= leastPool) {
      this.#quiet ??= this.#keepQuiet();
    }
    this.#hasFoundMany = hasFoundMany;
  }

  /** Spares writers the NOTIFY for a while, and then looks as if there had been one. */
  async #keepQuiet(): Promise<void> {
    // A hub that does not answer is told of by the next look.
    const wasHeld = await keepWritersQuiet(this.#options.hub.sql, quietMs).catch(() => true);
    this.#quiet = undefined;
    if (wasHeld) this.heard();
  }

  #wakeTouched(glance: ChangeGlance): void {
    const last = this.#last;
    // What changed before the first look is not known, so everybody looks.
    const touched = new Set<string>(
      last === undefined ? this.#watched : Object.keys(glance.touched),
    );
    for (const name of this.#watched) {
      if (glance.epochs[name] !== last?.epochs[name]) touched.add(name);
    }
    for (const { name, datasets } of this.#options.exports) {
      if (datasets.some((dataset) => touched.has(dataset))) this.#options.wake(`export/${name}`);
    }
  }

  #remember(glance: ChangeGlance, isTold: boolean): void {
    this.#last = glance;
    const running = new Set(glance.inProgress);
    const collects = isTold || this.#owesEcho;
    this.#owesEcho = isTold;
    this.#waitMs = collects ? firstWaitMs : Math.min(this.#waitMs * 2, longestWaitMs);
    this.#unheard = collects
      ? running
      : new Set([...this.#unheard].filter((transaction) => running.has(transaction)));
  }

  #schedule(): void {
    if (this.#end.signal.aborted) return;
    const looksSoon = this.#unheard.size > 0 ? this.#waitMs : pollMs;
    const next = this.#quiet !== undefined ? quietLookMs : this.#owesEcho ? echoMs : looksSoon;
    const waitMs = this.#hasFailed ? longestWaitMs : next;
    this.#timer = setTimeout(() => this.#start(false), waitMs);
    this.#timer.unref?.();
  }
}
