import type { AlertNotice } from "../hub/alert_notices.ts";

/**
 * The body of one alert as JSON: `type`, `timestamp` and `data` as Standard Webhooks has them, and
 * `text`, one sentence that chat systems show. Pure.
 */
export function writeNotice(notice: AlertNotice): string {
  const { type, subject, condition, code, message, advice, raisedAt, createdAt } = notice;
  const data = { subject, condition, code, message, advice, raisedAt: raisedAt.toISOString() };
  return JSON.stringify({
    type,
    timestamp: createdAt.toISOString(),
    text: tellNotice(notice),
    data,
  });
}

function tellNotice({ type, subject, condition, code, message, advice, raisedAt }: AlertNotice) {
  if (type === "alert.cleared") {
    return `Perigee: ${subject} is no longer ${condition}, as it was since ${raisedAt.toISOString()}.`;
  }
  return `Perigee: ${subject} is ${condition} (${code}). ${message}${
    advice === null ? "" : ` → ${advice}`
  }`;
}
