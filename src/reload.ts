import { diffConfig } from "./config/diff.ts";
import type { LoadResult } from "./config/load.ts";
import type { Config } from "./config/model.ts";
import { formatProblem } from "./config/problem.ts";
import { type Foundation, type Generation, prepareGeneration } from "./generation.ts";
import { debounce } from "./schedule/debounce.ts";
import { describeRunFailure } from "./schedule/run_failure.ts";
import type { Runner } from "./schedule/runner.ts";

/** A changed folder, a signal and a NOTIFY within this time are one reload, ms. */
const quietMs = 300;

/** Settings that are read once, at start, and differ. Pure. */
function findFixed(running: Config, next: Config, changed: readonly string[]): string[] {
  const settings = ["host", "port"] as const;
  return [
    ...changed.filter((name) => name === "hub"),
    ...settings.filter((name) => running.server[name] !== next.server[name])
      .map((name) => `server.${name}`),
  ];
}

/** What a reload works with; all of it is handed in. */
export interface ReloadOptions {
  /** The configuration that runs, as it was loaded. */
  readonly loaded: Config;
  readonly load: () => Promise<LoadResult>;
  readonly foundation: Foundation;
  readonly runner: Runner;
  /** The generation that serves requests and runs. */
  readonly current: () => Generation;
  readonly swap: (next: Generation) => void;
  /** Closes a generation that was replaced when its last stream has ended. Must not throw. */
  readonly retire: (before: Generation, timeoutMs: number) => void;
}

/** Reloads, one after the other. */
export interface Reload {
  /** Asks for one; many at once become one. */
  wake(): void;
  /** Takes no more requests and waits for the reload that is at work. */
  stop(): Promise<void>;
}

/**
 * Replaces the running generation by one of the configuration as it is now. Everything that can
 * fail is done before anything changes; a configuration with problems is refused and observed, and
 * the running one stays. Runs at work end on the old generation, new ones begin on the new.
 */
export function createReload(options: ReloadOptions): Reload {
  let loaded: Loaded = { config: options.loaded, isOutdated: false };
  let working = Promise.resolve();
  const { observe, hub } = options.foundation;
  const reload = async () => {
    try {
      loaded = await reloadOnce(loaded, options);
    } catch (thrown) {
      const error = describeRunFailure(thrown, "reload", hub.target);
      observe({ kind: "fault", where: "reload", error });
    }
  };
  let isStopped = false;
  const debounced = debounce(() => {
    if (!isStopped) working = working.then(reload);
  }, quietMs);
  return {
    wake: () => debounced.wake(),
    stop() {
      isStopped = true;
      debounced.stop();
      return working;
    },
  };
}

/** What runs, and whether a newer configuration was refused since. */
interface Loaded {
  readonly config: Config;
  readonly isOutdated: boolean;
}

/** Answers the configuration that runs afterwards: the new one, or the same where it was refused. */
async function reloadOnce(
  { config: running, isOutdated }: Loaded,
  options: ReloadOptions,
): Promise<Loaded> {
  const { foundation, runner } = options;
  const { observe, hub, scheduler } = foundation;
  const result = await options.load();
  if (!result.ok) {
    const text = result.problems.map((each) => formatProblem(each, { colour: false })).join("\n");
    observe({ kind: "config_refused", problems: result.problems.length, text });
    return { config: running, isOutdated: true };
  }
  if (result.config.hash === running.hash) {
    // The fault was taken back; nobody is to go on looking for it.
    if (isOutdated) observe({ kind: "config_reloaded", hash: running.hash, changed: [] });
    return { config: running, isOutdated: false };
  }
  const { added, changed, removed } = diffConfig(running, result.config);
  const fixed = findFixed(running, result.config, changed);
  if (fixed.length > 0) {
    const text = `${fixed.join(", ")}: needs a restart, because it is read at start alone`;
    observe({ kind: "config_refused", problems: fixed.length, text });
    return { config: running, isOutdated: true };
  }
  const before = options.current();
  const next = prepareGeneration(await hub.resolve(result.config), foundation, before);
  options.swap(next);
  await before.quiesce();
  const routed = next.start();
  scheduler.replace(next.jobs);
  await routed;
  observe({
    kind: "config_reloaded",
    hash: result.config.hash,
    changed: [
      ...added.map((name) => `+${name}`),
      ...changed.map((name) => `~${name}`),
      ...removed.map((name) => `-${name}`),
    ],
  });
  await runner.whenIdle();
  options.retire(before, result.config.server.shutdownTimeoutMs);
  return { config: result.config, isOutdated: false };
}
