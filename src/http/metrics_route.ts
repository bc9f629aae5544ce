import type { Hono } from "hono";
import type { ServerConfig } from "../config/model.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { AppEnv } from "./app.ts";
import { createTokenCheck } from "./bearer_token.ts";
import type { ScrapedMetrics, ScrapeSource } from "./scraped_metrics.ts";

/** Where the metrics of a configuration come from. */
export interface MetricsParts extends ScrapeSource {
  readonly server: ServerConfig;
  /** What follows from observations. */
  readonly metrics: Metrics;
  /** What is asked for at each scrape. */
  readonly scraped: ScrapedMetrics;
}

/** Adds `GET /metrics` in the text format of Prometheus; it needs a token as renders do. */
export function addMetricsRoute(app: Hono<AppEnv>, parts: MetricsParts): void {
  const { server, metrics, scraped } = parts;
  const requireToken = createTokenCheck(server.tokens, server.host);
  app.get("/metrics", async ({ req }) => {
    requireToken(req.raw);
    await scraped.refresh(parts);
    return new Response(await metrics.text(), { headers: { "Content-Type": metrics.contentType } });
  });
}
