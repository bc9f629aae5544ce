/**
 * The HTTP app alone, as `deno serve` and edge runtimes take it:
 * `deno serve --parallel --allow-net --allow-read --allow-env src/edge.ts`.
 */
import process from "node:process";
import { openEdgeApp } from "./http/edge_app.ts";

const app = await openEdgeApp(process.env);

export default {
  fetch(
    request: Request,
    info?: { readonly remoteAddr?: { readonly hostname?: string } },
  ): Response | Promise<Response> {
    return app.fetch(request, { remoteAddress: info?.remoteAddr?.hostname });
  },
};
