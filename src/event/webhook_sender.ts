import { Buffer } from "node:buffer";
import type { Clock } from "../clock.ts";
import type { WebhookSinkConfig } from "../config/model.ts";
import { type DeliveredEvent, writeBody } from "./event_body.ts";
import { type Answer, judgeAnswer, type Outcome } from "./outcome.ts";
import { limitRate } from "./rate_limit.ts";
import { makeSigner } from "./signature.ts";
import { WebhookClient } from "./webhook_client.ts";

/** One request's result. */
export interface Sent {
  readonly answer: Answer;
  readonly outcome: Outcome;
}

/** Sends events to one webhook. */
export interface WebhookSender {
  /**
   * Sends one request when the sink's rate lets it, and says how it ended; undefined when `signal`
   * aborts before its turn. Never rejects.
   */
  send(
    events: readonly [DeliveredEvent, ...DeliveredEvent[]],
    signal: AbortSignal,
  ): Promise<Sent | undefined>;
  close(): void;
}

const signatureHeaders = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

/** Makes the sender of a sink: format, headers, signature, rate and connections. */
export function makeSender(sink: WebhookSinkConfig, hubId: string, clock: Clock): WebhookSender {
  const { url, allowsPrivate, concurrency, timeoutMs, tls } = sink;
  const client = new WebhookClient({ url, allowsPrivate, concurrency, timeoutMs, tls });
  const sign = makeSigner(sink.secrets);
  const rate = limitRate(sink.rateLimitPerSecond);
  const fixed = Object.entries({
    "user-agent": "Perigee",
    ...Object.fromEntries(sink.headers),
    ...authorization(sink),
  }).flat();
  return {
    async send(events, signal) {
      const delayMs = rate.reserve(performance.now());
      if (delayMs > 0) await clock.sleep(delayMs, signal).catch(() => undefined);
      if (signal.aborted) return undefined;
      const { id, contentType, body } = writeBody(sink.format, hubId, events);
      const signed = sign(id, clock.now().getTime(), body);
      const headers = [...fixed, "content-type", contentType];
      for (const name of signatureHeaders) headers.push(name, signed[name]);
      const answer = await client.post({ body, headers });
      return { answer, outcome: judgeAnswer(answer, clock.now().getTime()) };
    },
    close: () => client.close(),
  };
}

function authorization({ auth }: WebhookSinkConfig): Record<string, string> {
  if (auth === undefined) return {};
  if (auth.kind === "bearer") return { authorization: `Bearer ${auth.token}` };
  const credentials = Buffer.from(`${auth.username}:${auth.password}`, "utf8").toString("base64");
  return { authorization: `Basic ${credentials}` };
}
