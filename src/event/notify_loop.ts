import type { NotifySinkConfig } from "../config/model.ts";
import { notifyDeliveries } from "../hub/deliveries.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { LoopDeps } from "./webhook_loop.ts";
import { WakeSignal } from "./wake_signal.ts";

/** Longest time between two looks at the hub, ms. */
const pollMs = 1_000;

/** First look after one that found nothing, ms (`WebhookLoop` says why there is one). */
const firstLookMs = 5;

/** Events per statement. NOTIFY holds a lock of the whole server until its transaction is through. */
const batchSize = 200;

/**
 * Delivers to a NOTIFY channel of the hub until it is stopped, in the order of the events. The
 * channel hears each event exactly once; who listens when nobody does hears nothing (a sink that
 * must not lose events is a webhook).
 */
export class NotifyLoop {
  readonly #sink: NotifySinkConfig;
  readonly #deps: LoopDeps;
  readonly #signal = new WakeSignal();
  #lookMs = firstLookMs;
  #isStopping = false;

  constructor(sink: NotifySinkConfig, deps: LoopDeps) {
    this.#sink = sink;
    this.#deps = deps;
  }

  /** Something may be due. */
  wake(): void {
    this.#lookMs = firstLookMs;
    this.#signal.wake();
  }

  /** Resolves after `stop`. Never rejects. */
  async run(): Promise<void> {
    while (!this.#isStopping) await this.#signal.sleep(await this.#look());
  }

  stop(): void {
    this.#isStopping = true;
    this.#signal.wake();
  }

  async #look(): Promise<number> {
    const { hub, observe } = this.#deps;
    const { name } = this.#sink;
    const startedAt = performance.now();
    try {
      const events = await notifyDeliveries(hub.sql, this.#sink, batchSize);
      if (events > 0) {
        const durationMs = performance.now() - startedAt;
        const outcome = { outcome: "delivered", status: undefined } as const;
        observe({ kind: "delivery_attempted", sink: name, ...outcome, events, durationMs });
        this.#lookMs = firstLookMs;
        return 0;
      }
    } catch (error) {
      const what = { doing: `notify the channel of sink ${name}`, target: hub.target };
      observe({ kind: "fault", where: `sink/${name}`, error: describeFailure(error, what) });
      return pollMs;
    }
    this.#lookMs = Math.min(pollMs, this.#lookMs * 2);
    return this.#lookMs;
  }
}
