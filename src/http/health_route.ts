import { type HealthSource, overallState } from "./health.ts";

/** `GET /health/live`: the process answers. Looks at nothing else, so that nothing else restarts it. */
export function answerLive(): Response {
  return answer(200, { status: "live" });
}

/** `GET /health/ready`: 200, or 503 with every reason why not. */
export async function answerReady(health: HealthSource): Promise<Response> {
  const reasons = await health.findUnreadyReasons();
  return reasons.length === 0
    ? answer(200, { status: "ready" })
    : answer(503, { status: "unready", reasons });
}

/** `GET /health`: everything, always 200 when it can be told: what is wrong is in the answer. */
export async function answerHealth(health: HealthSource): Promise<Response> {
  const [report, unready] = await Promise.all([health.describe(), health.findUnreadyReasons()]);
  return answer(200, { status: overallState(report, unready), reasons: unready, ...report });
}

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}
