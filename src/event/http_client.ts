import { createRequire } from "node:module";
import type { buildConnector as ConnectorBuilder, Client as HttpClient } from "undici";

/**
 * The two parts of undici that webhooks need. Its index also loads fetch, WebSocket, caches and mocks,
 * which would cost an idle daemon 9 MB; the version is pinned exactly, so these paths are there.
 */
const require = createRequire(import.meta.url);

/** One HTTP/1.1 connection that opens itself. */
export const Client = require("undici/lib/dispatcher/client.js") as typeof HttpClient;

/** Makes the function with which a client opens its socket. */
export const buildConnector = require("undici/lib/core/connect.js") as typeof ConnectorBuilder;
