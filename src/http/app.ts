import { type Context, Hono } from "hono";
import { routePath } from "hono/route";
import type { Clock } from "../clock.ts";
import type { ServerConfig } from "../config/model.ts";
import type { Renderer } from "../message/renderer.ts";
import type { Observe } from "../observe/observation.ts";
import { withSpan } from "../observe/trace.ts";
import { createTokenCheck, isLoopback, type TokenCheckOptions } from "./bearer_token.ts";
import type { HealthSource } from "./health.ts";
import { answerHealth, answerLive, answerReady } from "./health_route.ts";
import { JsonBytes } from "./json_bytes.ts";
import { respondWithProblem, toPerigeeError } from "./problem.ts";
import { createRateLimit } from "./rate_limit.ts";
import { refusal } from "./refusal.ts";
import { answerRender } from "./render_route.ts";
import { answerSegment } from "./segment_route.ts";

/** What the server that carries the app knows of a request besides the request. */
export interface Peer {
  /** IP address of the client; undefined where the platform does not say. */
  readonly remoteAddress: string | undefined;
}

/** Types of the Hono app, for parts that add routes of their own. */
export interface AppEnv {
  Bindings: Peer;
}

/** What the app is made of. One app serves one configuration; a reload makes another. */
export interface AppParts {
  readonly server: ServerConfig;
  readonly health: HealthSource;
  readonly renderer: Renderer;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Answers a request that may not go on, or undefined when it may. */
export type Guard = (context: Context<AppEnv>) => Response | undefined;

/**
 * The HTTP interface: `app.fetch(request, peer)` answers every request and never rejects. Errors
 * are RFC 9457 problems. Whether the server lives and is ready is open to everybody; all else needs
 * a token (see `createTokenCheck`). Holds no timers and opens nothing. Other parts may add routes
 * before the first request, and protect them with `createGuard`.
 */
export function createApp(parts: AppParts): Hono<AppEnv> {
  const { server, health, renderer } = parts;
  const guard = createGuard(parts);
  const bytes = new JsonBytes();
  const app = new Hono<AppEnv>();
  traceRenders(app);
  observeRequests(app, parts.observe);
  app.onError((error) => respond(error, parts.observe));
  app.notFound(() => respondWithProblem(refusal("PG902", "there is nothing at this path")));

  app.get("/health/live", () => answerLive());
  app.get("/health/ready", () => answerReady(health));
  app.get(
    "/health",
    (context) => (isLoopback(server.host) ? undefined : guard(context)) ?? answerHealth(health),
  );
  app.post(
    "/render",
    (context) => guard(context) ?? answerRender(renderer, context.req.raw, server, bytes),
  );
  app.post(
    "/render/segment",
    (context) => guard(context) ?? answerSegment(renderer, context.req.raw, server),
  );
  refuseOtherMethods(app, "POST", ["/render", "/render/segment"]);
  refuseOtherMethods(app, "GET, HEAD", ["/health", "/health/live", "/health/ready"]);
  return app;
}

/** The check that everything behind a token begins with: the client's rate, then its token. */
export function createGuard(
  parts: Pick<AppParts, "server" | "clock">,
  options: TokenCheckOptions = {},
): Guard {
  const { server, clock } = parts;
  const requireToken = createTokenCheck(server.tokens, server.host, options);
  const takeTurn = createRateLimit(server.rateLimitPerSecond, clock);
  return (context) => {
    const waitSeconds = takeTurn(context.env?.remoteAddress ?? "unknown");
    if (waitSeconds > 0) {
      const error = refusal("PG908", "the client sends more requests a second than are allowed");
      return respondWithProblem(error, { "retry-after": String(waitSeconds) });
    }
    requireToken(context.req.raw);
    return undefined;
  };
}

function respond(thrown: unknown, observe: Observe): Response {
  const error = toPerigeeError(thrown);
  if (error.kind === "internal") observe({ kind: "fault", where: "http", error });
  return respondWithProblem(error);
}

/** Renders as spans, as part of the trace of whoever asks for them. */
function traceRenders(app: Hono<AppEnv>): void {
  for (const route of ["/render", "/render/segment"]) {
    app.post(route, (context, next) => {
      const attributes = { "http.request.method": "POST", "http.route": route };
      const { headers } = context.req.raw;
      const span = { name: `POST ${route}`, attributes, kind: "server" as const, headers };
      return withSpan(span, async (active) => {
        await next();
        active.setAttribute("http.response.status_code", context.res.status);
      });
    });
  }
}

function observeRequests(app: Hono<AppEnv>, observe: Observe): void {
  app.use(async (context, next) => {
    const startedAt = performance.now();
    await next();
    const { status } = context.res;
    const route = status === 404 ? "other" : routePath(context, -1);
    const durationMs = performance.now() - startedAt;
    observe({ kind: "request_served", route, status, durationMs });
  });
}

function refuseOtherMethods(app: Hono<AppEnv>, allowed: string, paths: readonly string[]): void {
  for (const path of paths) {
    app.all(path, () => {
      const error = refusal("PG903", `this path takes ${allowed} alone`);
      return respondWithProblem(error, { allow: allowed });
    });
  }
}
