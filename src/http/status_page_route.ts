import { createHash } from "node:crypto";
import type { Hono } from "hono";
import { PerigeeError } from "../error.ts";
import { type AppEnv, type AppParts, createGuard } from "./app.ts";
import { respondWithProblem } from "./problem.ts";
import { refusal } from "./refusal.ts";
import { writeStatusPage } from "./status_page.ts";
import { makeStatusLoader, type StatusParts } from "./status_page_model.ts";
import { statusScript, statusStyle } from "./status_page_style.ts";

/** The page may run and show exactly what it brings, and nothing may frame it. */
const policy = [
  "default-src 'none'",
  `script-src ${hashOf(statusScript)}`,
  `style-src ${hashOf(statusStyle)}`,
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": policy,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * Adds `GET /`, the status page. It needs a token as renders do; a browser, which has no way to send
 * one by itself, is asked for it as the password of HTTP Basic, with any user name.
 */
export function addStatusRoute(
  app: Hono<AppEnv>,
  parts: StatusParts & Pick<AppParts, "server">,
): void {
  const guard = createGuard(parts, { acceptsBasic: true });
  const load = makeStatusLoader(parts);
  app.get("/", async (context) => {
    try {
      const refused = guard(context);
      if (refused !== undefined) return refused;
    } catch (error) {
      if (!(error instanceof PerigeeError) || error.code !== "PG901") throw error;
      // Alone: Chromium asks nobody for anything when the header names a second scheme.
      const challenge = 'Basic realm="Perigee: a token is the password", charset="UTF-8"';
      return respondWithProblem(error, { "www-authenticate": challenge });
    }
    return new Response(writeStatusPage(await load()), { headers: pageHeaders });
  });
  app.all(
    "/",
    () =>
      respondWithProblem(refusal("PG903", "this path takes GET, HEAD alone"), {
        allow: "GET, HEAD",
      }),
  );
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
