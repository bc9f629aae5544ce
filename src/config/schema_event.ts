import * as v from "valibot";
import { about, choice, flag, identifier, integer, reference, secret, text } from "./leaf.ts";
import { duration } from "./leaf_time.ts";
import { scheduleKeys } from "./schema_schedule.ts";

const headerName = v.pipe(
  v.string(),
  v.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/),
  about({ kind: "header name", wanted: "the name of an HTTP header", code: "PG130" }),
);

const auth = v.pipe(
  v.strictObject({
    basic: v.optional(v.pipe(
      v.strictObject({
        username: text("User name."),
        password: secret("Password.", { mayBeEmpty: true }),
      }),
      v.description("HTTP basic authentication."),
    )),
    bearer: v.optional(secret("Token of `Authorization: Bearer`.")),
  }),
  v.description("How the receiver knows us, besides the signature."),
);

const tls = v.pipe(
  v.strictObject({
    ca: v.optional(text("Certificates to trust: a PEM file or PEM text.")),
    cert: v.optional(text("Client certificate: a PEM file or PEM text.")),
    key: v.optional(secret("Its private key: a PEM file or PEM text.")),
    server_name: v.optional(
      text("Name that the receiver's certificate must have; without it the URL's host.", {
        example: "hooks.example.com",
        maxLength: 253,
      }),
    ),
  }),
  v.description("TLS towards the receiver."),
);

/** A signed webhook, or a NOTIFY channel of the hub. */
export const sinkSchema = v.pipe(
  v.strictObject({
    webhook: v.optional(secret(
      "URL that gets a signed POST per event (or batch). Excludes `notify`.",
      { example: "https://hooks.example.com/perigee" },
    )),
    notify: v.optional(
      identifier("Channel of the hub that gets a NOTIFY per event. Excludes `webhook`.", "events"),
    ),
    format: v.optional(
      choice(
        ["events_v1", "cloudevents", "array"],
        "Body: the platform's `{eventTypeKey, keyValue, params}`, a CloudEvent, or a JSON array of events.",
      ),
      "events_v1",
    ),
    batch_size: v.optional(
      integer("Most events in one request; `format: array` only. Without it 100.", 1, 1000, "100"),
    ),
    headers: v.optional(
      v.pipe(
        v.record(headerName, secret("Value of the header.")),
        v.description("Headers that each request carries."),
      ),
      {},
    ),
    auth: v.optional(auth),
    secrets: v.optional(
      v.pipe(
        v.array(secret("A secret.", { example: "${file:/run/secrets/webhook}" })),
        v.description(
          "Standard Webhooks secrets, newest first: `whsec_` and base64, or any text. Several while one is being replaced. Required for a webhook.",
        ),
      ),
      [],
    ),
    tls: v.optional(tls),
    timeout: v.optional(
      duration("How long one request may take.", { minMs: 100 }),
      "15s",
    ),
    concurrency: v.optional(integer("Requests at a time.", 1, 256), 8),
    rate_limit: v.optional(integer("Requests a second; 0 is without limit.", 0, 100_000), 0),
    max_attempts: v.optional(
      integer("Tries before an event becomes a dead letter; the default takes some days.", 1, 100),
      16,
    ),
    allow_private: v.optional(
      flag("Private, loopback and link-local addresses are allowed for this webhook."),
      false,
    ),
  }),
  v.description("Where events go besides the hub."),
);

/** Routing of events that no trigger made. */
export const routeSchema = v.pipe(
  v.strictObject({
    pattern: text("Event type; `*` stands for any characters.", {
      example: "order*",
      maxLength: 200,
    }),
    sinks: v.pipe(
      v.array(reference("sinks", "A sink.")),
      v.minLength(1),
      v.description("Sinks that get these events."),
    ),
  }),
  v.description("Sends events that other programs insert to sinks, by event type."),
);

const triggerSource = v.strictObject({
  when_empty: v.optional(
    choice(["send", "skip"], "Whether a contact without rows gets an event."),
    "send",
  ),
});

/** A segment on a schedule or on NOTIFY. */
export const triggerSchema = v.pipe(
  v.strictObject({
    segment: reference("segments", "Contacts that get an event.", "birthday_today"),
    ...scheduleKeys,
    on: v.optional(
      choice(["notify"], "Also fires when its segment was evaluated because of a NOTIFY."),
    ),
    repeat: v.optional(
      v.pipe(
        v.union([
          choice(["every_run", "once"], "Every time, or once in a contact's life."),
          v.strictObject({
            every: duration("Least time between two events of a contact.", {
              minMs: 1000,
              example: "7d",
            }),
          }),
        ]),
        v.description("How often the same contact may get an event."),
      ),
      "every_run",
    ),
    entering: v.optional(flag("Only contacts that entered the segment since the last run."), false),
    sources: v.optional(
      v.pipe(
        v.union([
          v.array(reference("sources", "A source.")),
          v.record(reference("sources", "A source."), triggerSource),
        ]),
        v.description(
          "Sources whose rows go into the event's `jsonParam`: a list of names, or names with `when_empty`.",
        ),
      ),
      [],
    ),
    sinks: v.optional(
      v.pipe(
        v.array(reference("sinks", "A sink.")),
        v.description("Sinks that get the events, besides the events dataset."),
      ),
      [],
    ),
    skip_if_running: v.optional(
      flag("A tick that comes while the last run still goes on is skipped, not queued."),
      true,
    ),
    catch_up: v.optional(
      choice(
        ["none", "last", "all"],
        "Ticks missed while no daemon ran: forgotten, the last made up for, or all.",
      ),
      "last",
    ),
    catch_up_limit: v.optional(
      integer("Most ticks that `catch_up: all` makes up for.", 1, 10_000),
      100,
    ),
  }),
  v.description("Generates one event per contact of a segment, at times or on NOTIFY."),
);
