import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { AlertsConfig } from "../config/model.ts";
import { PerigeeError } from "../error.ts";
import { backoffMs, judgeAnswer, type Outcome } from "../event/outcome.ts";
import { makeSigner } from "../event/signature.ts";
import { WebhookClient } from "../event/webhook_client.ts";
import {
  type AlertNotice,
  claimNotice,
  postponeNotice,
  removeNotice,
} from "../hub/alert_notices.ts";
import type { Observe } from "../observe/observation.ts";
import type { Pool } from "../postgres/pool.ts";
import { alertCodes } from "./codes.ts";
import { writeNotice } from "./notice_body.ts";

/** How long one webhook may take to answer, ms; it also bounds how long a stop waits. */
const timeoutMs = 5_000;

/** A claim outlasts the request; a daemon that dies in between is made up for after this time, ms. */
const leaseMs = 20_000;

/** Longest pause between two tries, ms. */
const longestPauseMs = 600_000;

/** After a day nobody needs to hear of it any more, ms. */
const giveUpMs = 86_400_000;

/** What sending works with. */
export interface NoticeDeps {
  readonly hub: Pool;
  readonly hubId: string;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Sends the notices of one webhook. */
export interface NoticeSender {
  /** Digest of the address, by which the hub knows it. */
  readonly webhook: string;
  /** Sends what is due, one after the other; rejects only when the hub does not answer. */
  sendDue(): Promise<void>;
  close(): void;
}

/** Makes a sender for each address of the configuration. */
export function makeNoticeSenders(config: AlertsConfig, deps: NoticeDeps): NoticeSender[] {
  return [...new Set(config.webhooks)].map((url, index) => makeSender(url, index, config, deps));
}

function makeSender(
  url: string,
  index: number,
  { allowsPrivate, secrets }: AlertsConfig,
  deps: NoticeDeps,
): NoticeSender {
  const tls = { ca: undefined, cert: undefined, key: undefined, serverName: undefined };
  const client = new WebhookClient({ url, allowsPrivate, concurrency: 1, timeoutMs, tls });
  const sign = secrets.length === 0 ? undefined : makeSigner(secrets);
  const webhook = createHash("sha256").update(url).digest("hex").slice(0, 32);
  const { hub: { sql }, clock } = deps;
  const send = async (notice: AlertNotice): Promise<void> => {
    const body = writeNotice(notice);
    const nowMs = clock.now().getTime();
    const id = `alert-${deps.hubId.replaceAll("-", "")}-${notice.noticeId}`;
    const signature = sign?.(id, nowMs, body) ?? { "webhook-id": id };
    const answer = await client.post({
      body,
      headers: { "user-agent": "Perigee", "content-type": "application/json", ...signature },
    });
    const outcome = judgeAnswer(answer, nowMs);
    if (outcome.verdict === "delivered") return await removeNotice(sql, notice);
    const found = answer.kind === "answered" ? `it answered ${answer.status}` : answer.code;
    deps.observe({ kind: "fault", where: `alerts.webhooks[${index}]`, error: refused(found) });
    if (isLost(outcome, notice, nowMs)) return await removeNotice(sql, notice);
    await postponeNotice(sql, notice, pauseAfter(outcome, notice));
  };
  return {
    webhook,
    async sendDue() {
      for (;;) {
        const notice = await claimNotice(sql, webhook, leaseMs);
        if (notice === undefined) return;
        await send(notice);
      }
    },
    close: () => client.close(),
  };
}

/** A receiver that refuses the request itself, or all of them, refuses it tomorrow too. */
function isLost({ verdict }: Outcome, { createdAt }: AlertNotice, nowMs: number): boolean {
  const isRefused = verdict === "permanent" || verdict === "disable";
  return isRefused || nowMs - createdAt.getTime() > giveUpMs;
}

function pauseAfter({ holdMs = 0 }: Outcome, { claimNo }: AlertNotice): number {
  return Math.min(longestPauseMs, Math.max(holdMs, backoffMs(claimNo)));
}

function refused(found: string): PerigeeError {
  return new PerigeeError(`the alert could not be delivered: ${found}`, {
    kind: "connection",
    code: "PG441",
    advice: alertCodes.PG441.advice,
  });
}
