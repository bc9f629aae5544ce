import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { WebhookSinkConfig } from "../config/model.ts";
import { claimDeliveries } from "../hub/deliveries.ts";
import { readSinkStatus, setSinkState } from "../hub/sinks.ts";
import type { Observation, Observe } from "../observe/observation.ts";
import { withSpan } from "../observe/trace.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { Pool } from "../postgres/pool.ts";
import { Circuit } from "./circuit.ts";
import { DeliveryQueue, type QueuedDelivery } from "./delivery_queue.ts";
import { DeliveryRecorder, givenBack } from "./delivery_recorder.ts";
import { hasEvent } from "./event_body.ts";
import { QueueSize } from "./queue_size.ts";
import { settle } from "./settlement.ts";
import type { Sent, WebhookSender } from "./webhook_sender.ts";
import { WakeSignal } from "./wake_signal.ts";

/** What a loop works with. */
export interface LoopDeps {
  readonly hub: Pool;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Longest time between two looks at the hub, ms: how late a wake-up that was lost is noticed. */
const pollMs = 1_000;

/**
 * First look after one that found nothing, ms; the next ones come later and later. A NOTIFY is sent
 * by one of several transactions that commit at the same time, perhaps before the others are visible.
 */
const firstLookMs = 5;

/** Time a claim lasts beyond what sending can take, ms. */
const spareLeaseMs = 10_000;

/** How long a stop waits for requests under way to be recorded, ms. */
const recordTimeoutMs = 5_000;

/**
 * Delivers to one webhook until it is stopped: claims what is due, sends with the sink's
 * concurrency, records how it went. Any number of loops in any number of daemons may serve one
 * sink (`claimDeliveries` says why). Nothing that it does rejects or throws.
 */
export class WebhookLoop {
  readonly #sink: WebhookSinkConfig;
  readonly #sender: WebhookSender;
  readonly #deps: LoopDeps;
  readonly #queue = new DeliveryQueue();
  readonly #circuit = new Circuit();
  readonly #recorder: DeliveryRecorder;
  readonly #signal = new WakeSignal();
  readonly #size: QueueSize;
  readonly #sending = new Set<Promise<void>>();
  #claimant = randomUUID();
  #lookMs = firstLookMs;
  #heldUntil = 0;
  #isPaused = false;
  #isAsked = false;
  /** The last claim found nothing, and nothing has happened since that could have made more due. */
  #isDry = false;
  readonly #stopping = new AbortController();

  constructor(sink: WebhookSinkConfig, sender: WebhookSender, deps: LoopDeps) {
    this.#sink = sink;
    this.#sender = sender;
    this.#deps = deps;
    this.#size = new QueueSize(sink.concurrency, sink.batchSize);
    this.#recorder = new DeliveryRecorder(deps.hub.sql, sink.name, {
      error: (error) => this.#observeFault(error),
      recorded: () => this.#lookSoon(),
    });
  }

  /** Something may be due, or the sink's state may have changed. */
  wake(): void {
    this.#lookMs = firstLookMs;
    this.#isAsked = true;
    this.#lookSoon();
  }

  /** Resolves after `stop`, when nothing is under way any more. */
  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      let pauseMs: number;
      try {
        pauseMs = await this.#look();
      } catch (error) {
        // Whether the claim was made is not known, so what it took must not count as ours.
        this.#claimant = randomUUID();
        this.#observeFault(error);
        pauseMs = pollMs;
      }
      await this.#signal.sleep(pauseMs);
    }
    this.#giveBack(this.#queue.drain());
    await Promise.all(this.#sending);
    await this.#recorder.finish(recordTimeoutMs);
    this.#sender.close();
  }

  /** Takes nothing new, lets what is under way end and gives the rest back. */
  stop(): void {
    this.#stopping.abort();
    this.#signal.wake();
  }

  /** Claims what fits, and answers how long to wait before the next look, ms. */
  async #look(): Promise<number> {
    const now = performance.now();
    const { sql } = this.#deps.hub;
    const blockedMs = Math.max(this.#heldUntil, this.#circuit.nextProbeMs(now)) - now;
    if (blockedMs > 0) return await this.#wait(Math.min(blockedMs, pollMs));
    const waiting = this.#queue.size + this.#sending.size * this.#sink.batchSize;
    const room = this.#circuit.allowance(now) === 1
      ? (waiting === 0 ? 1 : 0)
      : this.#size.room(waiting);
    if (room === 0) return await this.#wait(pollMs);
    let found = 0;
    await this.#recorder.duringClaim(async () => {
      const leaseMs = this.#sink.timeoutMs * 6 + spareLeaseMs;
      const claim = { sink: this.#sink.name, claimant: this.#claimant, limit: room, leaseMs };
      const expiresAt = performance.now() + leaseMs - this.#sink.timeoutMs;
      const claimed = await claimDeliveries(sql, claim);
      found = claimed.length;
      this.#accept(claimed.map((delivery) => ({ ...delivery, expiresAt })));
    });
    this.#isDry = found === 0;
    if (found > 0) {
      this.#lookMs = firstLookMs;
      return this.#size.room(waiting + found) > 0 ? 0 : pollMs;
    }
    await this.#followState();
    this.#lookMs = Math.min(pollMs, this.#lookMs * 2);
    return this.#lookMs;
  }

  /** Something may be due that was not at the last look. */
  #lookSoon(): void {
    this.#isDry = false;
    this.#signal.wake();
  }

  /** Nothing is to be claimed now; a wake-up from outside may mean that the sink is held. */
  async #wait(ms: number): Promise<number> {
    if (this.#isAsked) await this.#followState();
    this.#isAsked = false;
    return ms;
  }

  /** While the sink is held nothing can be claimed; what was claimed before goes back. */
  async #followState(): Promise<void> {
    const { state, reason } = await readSinkStatus(this.#deps.hub.sql, this.#sink.name);
    const isPaused = state !== "active";
    if (isPaused) this.#giveBack(this.#queue.drain());
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    const seen = { active: "resumed", paused: "paused", disabled: "disabled" } as const;
    this.#observeState(seen[state], reason ?? "by command");
  }

  #accept(claimed: readonly QueuedDelivery[]): void {
    const accepted: QueuedDelivery[] = [];
    for (const delivery of claimed) {
      if (this.#recorder.isHalted(delivery)) this.#giveBack([delivery]);
      else if (!hasEvent(delivery)) {
        this.#recorder.undeliver(delivery, { ...givenBack, state: "dead", error: "EVENT_GONE" });
      } else accepted.push(delivery);
    }
    this.#size.learn(accepted);
    this.#queue.push(accepted);
    this.#pump();
  }

  /** Starts as many requests as may be under way. */
  #pump(): void {
    const most = Math.min(this.#sink.concurrency, this.#circuit.allowance(performance.now()));
    while (
      this.#sending.size < most && this.#queue.isReady && performance.now() >= this.#heldUntil
    ) {
      const taken = this.#queue.take(this.#sink.batchSize);
      const sending: Promise<void> = this.#send(taken)
        .catch((error) => this.#observeFault(error))
        .finally(() => {
          this.#sending.delete(sending);
          this.#pump();
          if (!this.#isDry && this.#size.room(this.#queue.size) > 0) this.#signal.wake();
        });
      this.#sending.add(sending);
    }
  }

  async #send(taken: readonly QueuedDelivery[]): Promise<void> {
    const [first, ...rest] = taken.filter(hasEvent);
    const isLate = taken.some((delivery) => performance.now() > delivery.expiresAt);
    const startedAt = performance.now();
    const sent = first === undefined || isLate ? undefined : await this.#trace([first, ...rest]);
    if (sent === undefined) return this.#giveBack([...taken, ...this.#queue.abandon(taken)]);
    const durationMs = performance.now() - startedAt;
    this.#size.measure(durationMs);
    const { outcome, results, isOver } = settle(taken, sent, this.#sink.maxAttempts);
    const status = sent.answer.kind === "answered" ? sent.answer.status : undefined;
    if (results === undefined) this.#recorder.deliver(taken, status ?? 0);
    for (const [index, delivery] of taken.entries()) {
      const result = results?.[index];
      if (result !== undefined) this.#recorder.undeliver(delivery, result);
    }
    if (isOver) this.#queue.finish(taken);
    else this.#giveBack(this.#queue.abandon(taken));
    const { name: sink } = this.#sink;
    const events = taken.length;
    this.#deps.observe({ kind: "delivery_attempted", sink, outcome, status, events, durationMs });
    await this.#judgeSink(sent);
  }

  /** One request as a span. */
  #trace(events: Parameters<WebhookSender["send"]>[0]): Promise<Sent | undefined> {
    const attributes = { "perigee.sink": this.#sink.name, "perigee.events": events.length };
    return withSpan({ name: "deliver webhook", attributes, kind: "client" }, async (span) => {
      const sent = await this.#sender.send(events, this.#stopping.signal);
      if (sent?.answer.kind === "answered") {
        span.setAttribute("http.response.status_code", sent.answer.status);
      } else if (sent !== undefined) span.setAttribute("error.type", sent.answer.code);
      return sent;
    });
  }

  /** What an answer means for the sink as a whole. */
  async #judgeSink({ answer, outcome }: Sent): Promise<void> {
    const now = performance.now();
    const said = answer.kind === "answered" ? `answered ${answer.status}` : answer.code;
    if (outcome.holdMs !== undefined && outcome.holdMs > 0) {
      this.#heldUntil = Math.max(this.#heldUntil, now + outcome.holdMs);
      this.#giveBack(this.#queue.drain());
    }
    if (!outcome.isSinkFault) {
      if (this.#circuit.succeed()) this.#observeState("closed", "the receiver works again");
    } else if (this.#circuit.fail(now)) {
      this.#giveBack(this.#queue.drain());
      this.#observeState("open", said);
    }
    if (outcome.verdict !== "disable") return;
    await setSinkState(this.#deps.hub.sql, this.#sink.name, "disabled", said);
    await this.#followState();
  }

  #giveBack(deliveries: readonly QueuedDelivery[]): void {
    for (const delivery of deliveries) this.#recorder.undeliver(delivery, givenBack);
  }

  #observeState(state: Extract<Observation, { kind: "sink_changed" }>["state"], reason: string) {
    this.#deps.observe({ kind: "sink_changed", sink: this.#sink.name, state, reason });
  }

  #observeFault(error: unknown): void {
    const where = `sink/${this.#sink.name}`;
    const { target } = this.#deps.hub;
    const described = describeFailure(error, { doing: `deliver to ${where}`, target });
    this.#deps.observe({ kind: "fault", where, error: described });
  }
}
