import * as v from "valibot";
import { flag, host, integer, name, secret, size } from "./leaf.ts";
import { duration, zone } from "./leaf_time.ts";
import { exportSchema, importSchema, sourceSchema } from "./schema_data.ts";
import { connectorSchema, hubSchema } from "./schema_database.ts";
import { routeSchema, sinkSchema, triggerSchema } from "./schema_event.ts";
import { fragmentSchema, messageSchema, renderSchema } from "./schema_message.ts";
import { segmentSchema } from "./schema_segment.ts";

function tokens(means: string) {
  return v.optional(v.pipe(v.array(secret("One of them.")), v.description(means)), []);
}

/** The HTTP server. */
export const serverSchema = v.pipe(
  v.strictObject({
    host: v.optional(
      host("Address to listen on; beyond loopback only with `tokens`.", "0.0.0.0"),
      "127.0.0.1",
    ),
    port: v.optional(integer("TCP port; 0 takes any free one.", 0, 65_535), 8080),
    tokens: tokens(
      "Bearer tokens, any of which opens render, status and metrics; several while one is being replaced. Without them only loopback may ask.",
    ),
    max_body: v.optional(size("Largest request body.", 1 << 10, 1 << 28), "1MB"),
    request_timeout: v.optional(
      duration("How long a request may take.", { minMs: 100 }),
      "30s",
    ),
    shutdown_timeout: v.optional(
      duration("How long running work may go on after SIGTERM."),
      "20s",
    ),
    rate_limit: v.optional(
      integer("Requests a second and client; 0 is without limit.", 0, 1_000_000),
      0,
    ),
  }),
  v.description("The HTTP server: health, render, metrics and the status page."),
);

/** Notices about things that fail and recover. */
export const alertsSchema = v.pipe(
  v.strictObject({
    webhooks: v.optional(
      v.pipe(
        v.array(
          secret("URL that gets a POST.", { example: "https://hooks.example.com/alerts" }),
        ),
        v.description("URLs that get one POST per change of state, with recovery."),
      ),
      [],
    ),
    secrets: tokens("Standard Webhooks secrets to sign with; without them alerts go unsigned."),
    allow_private: v.optional(
      flag("Private, loopback and link-local addresses are allowed."),
      false,
    ),
  }),
  v.description("Who is told when something fails, goes stale or recovers."),
);

/** How long the hub keeps things. */
export const retentionSchema = v.pipe(
  v.strictObject({
    runs: v.optional(duration("History of runs.", { minMs: 3_600_000 }), "90d"),
    deliveries: v.optional(
      duration("Delivery records of delivered events.", { minMs: 3_600_000 }),
      "30d",
    ),
    events: v.optional(
      duration("Rows of the events dataset; without it they stay.", {
        minMs: 86_400_000,
        example: "730d",
      }),
    ),
    max_change_rows: v.optional(
      integer(
        "Change-log rows kept for an export that is behind; beyond that it resyncs in full.",
        1000,
        10_000_000_000,
      ),
      10_000_000,
    ),
  }),
  v.description("How long the hub keeps things."),
);

function section<S extends v.GenericSchema>(schema: S, means: string) {
  return v.optional(v.pipe(v.record(name(), schema), v.description(means)), {});
}

/**
 * The one description of a configuration: shape, defaults and meaning. The reader walks it beside
 * the YAML; the JSON Schema and docs/configuration.md are generated from it.
 */
export const configSchema = v.strictObject({
  hub: v.optional(hubSchema, {}),
  timezone: v.optional(
    zone('Zone that decides whose "today" it is, unless a part says otherwise.'),
    "UTC",
  ),
  server: v.optional(serverSchema, {}),
  render: v.optional(renderSchema, {}),
  connectors: section(connectorSchema, "Customers' databases."),
  sources: section(sourceSchema, "Tables and views whose rows belong to contacts."),
  imports: section(importSchema, "What is read into the hub."),
  segments: section(segmentSchema, "Dynamic sets of contacts."),
  sinks: section(sinkSchema, "Where events go besides the hub."),
  routes: v.optional(
    v.pipe(v.array(routeSchema), v.description("Sinks of events that no trigger made.")),
    [],
  ),
  triggers: section(triggerSchema, "Segments on a schedule that generate events."),
  messages: section(messageSchema, "Messages to render."),
  templates: section(fragmentSchema, "Templates that messages may `#parse` or `#include`."),
  exports: section(exportSchema, "What is written into customers' databases."),
  alerts: v.optional(alertsSchema, {}),
  retention: v.optional(retentionSchema, {}),
});

/** A configuration as the schema reads it, before references are resolved. */
export type ConfigInput = v.InferOutput<typeof configSchema>;
