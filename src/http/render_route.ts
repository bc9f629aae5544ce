import type { ServerConfig } from "../config/model.ts";
import { type RenderedMessage, renderMessage } from "../message/render_message.ts";
import type { Renderer } from "../message/renderer.ts";
import { prefersHtml } from "./accept.ts";
import { withinDeadline } from "./deadline.ts";
import type { JsonBytes } from "./json_bytes.ts";
import { refusal } from "./refusal.ts";
import { parseRenderBody } from "./render_body.ts";
import { readJsonBody } from "./request_body.ts";
import { writeParts } from "./write_parts.ts";

/**
 * `POST /render`: one message for one contact or event. Answers its parts as JSON, with the data
 * under `?debug`, or the page itself to a client that prefers text/html. `bytes` may be one for all
 * requests: it is filled and emptied at once.
 */
export async function answerRender(
  renderer: Renderer,
  request: Request,
  server: ServerConfig,
  bytes: JsonBytes,
): Promise<Response> {
  const isHtml = prefersHtml(request.headers.get("accept"));
  const rendered = await withinDeadline(
    server.requestTimeoutMs,
    readJsonBody(request, server.maxBodyBytes).then((body) =>
      renderMessage(renderer, parseRenderBody(renderer, body))
    ),
  );
  if (isHtml) return answerPage(rendered);
  const isDebug = request.url.includes("?") && new URL(request.url).searchParams.has("debug");
  return new Response(bodyOf(bytes, rendered, isDebug), {
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

function bodyOf(
  bytes: JsonBytes,
  { parts, data }: RenderedMessage,
  isDebug: boolean,
): Uint8Array<ArrayBuffer> {
  bytes.clear(); // an earlier response may have failed half-way
  bytes.raw("{");
  writeParts(bytes, parts, "");
  if (isDebug) bytes.raw(`,"data":${JSON.stringify(data)}`);
  bytes.raw("}");
  return bytes.take();
}

/**
 * The page comes from a template and data that are not ours, and must not act in this server's
 * name: no scripts, no forms, no frames.
 */
const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy":
    "sandbox; default-src 'none'; img-src * data:; style-src * 'unsafe-inline'; font-src *",
  "x-content-type-options": "nosniff",
};

function answerPage(rendered: RenderedMessage): Response {
  const { html } = rendered.parts;
  if (html === undefined) throw refusal("PG911", "the message has no html part");
  return new Response(html, { headers: pageHeaders });
}
