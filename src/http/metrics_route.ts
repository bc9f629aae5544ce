import type { Hono } from "hono";
import type { ServerConfig } from "../config/model.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { AppEnv } from "./app.ts";
import { createTokenCheck } from "./bearer_token.ts";

/** Adds `GET /metrics` in the text format of Prometheus; it needs a token as renders do. */
export function addMetricsRoute(app: Hono<AppEnv>, server: ServerConfig, metrics: Metrics): void {
  const requireToken = createTokenCheck(server.tokens, server.host);
  app.get("/metrics", async ({ req }) => {
    requireToken(req.raw);
    return new Response(await metrics.text(), { headers: { "Content-Type": metrics.contentType } });
  });
}
