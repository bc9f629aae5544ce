import type {
  NotifySinkConfig,
  RouteConfig,
  SinkConfig,
  TriggerConfig,
  TriggerSourceConfig,
  WebhookSinkConfig,
} from "./model.ts";
import type { ResolveContext } from "./resolve_context.ts";
import { resolveSchedule, warnUnlessStarted } from "./resolve_schedule.ts";
import type { ConfigInput } from "./schema.ts";
import type { TreePath } from "./tree.ts";
import { findUrlFault, isWebhookSecret } from "./webhook_url.ts";

type SinkInput = ConfigInput["sinks"][string];

const webhookKeys = [
  "format",
  "batch_size",
  "headers",
  "auth",
  "secrets",
  "tls",
  "timeout",
  "concurrency",
  "rate_limit",
  "max_attempts",
  "allow_private",
] as const;

/** Names of the platform's own: a receiver must be able to trust them. */
const reservedHeaders =
  /^(webhook-(id|timestamp|signature)|content-(type|length)|host|connection|transfer-encoding)$/i;

function resolveAuth(input: SinkInput, path: TreePath, context: ResolveContext) {
  const { basic, bearer } = input.auth ?? {};
  if (basic !== undefined && bearer !== undefined) {
    const place = context.key([...path, "auth", "bearer"]);
    context.error("PG152", place, "`bearer` stands beside `basic`; a webhook has one of them.");
  }
  if (input.auth !== undefined && basic === undefined && bearer === undefined) {
    context.error("PG153", context.key([...path, "auth"]), "`auth` needs `basic` or `bearer`.");
  }
  if (basic !== undefined) return { kind: "basic" as const, ...basic };
  return bearer === undefined ? undefined : { kind: "bearer" as const, token: bearer };
}

function checkHeaders(input: SinkInput, path: TreePath, context: ResolveContext): void {
  for (const [name, value] of Object.entries(input.headers)) {
    const at = [...path, "headers", name];
    if (reservedHeaders.test(name)) {
      context.error("PG130", context.key(at), "Perigee sets this header itself.");
    }
    if (name.toLowerCase() === "authorization" && input.auth !== undefined) {
      context.error("PG152", context.key(at), "The header stands beside `auth`, which sets it.");
    }
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      const message =
        "The header's value holds a line break or a character that HTTP cannot carry.";
      context.error("PG124", context.value(at), message);
    }
  }
}

function checkSecrets(input: SinkInput, path: TreePath, context: ResolveContext): void {
  if (input.secrets.length === 0) {
    context.error(
      "PG160",
      context.value([...path, "webhook"]),
      "The webhook has no secret to sign with.",
      'Add `secrets: ["${file:/run/secrets/webhook}"]`.',
    );
  }
  for (const [index, secret] of input.secrets.entries()) {
    if (isWebhookSecret(secret)) continue;
    context.error(
      "PG124",
      context.value([...path, "secrets", index]),
      "The secret begins with `whsec_` and is no base64 after it.",
    );
  }
}

function resolveTls(input: SinkInput, path: TreePath, context: ResolveContext) {
  const { ca, cert, key, server_name: serverName } = input.tls ?? {};
  const pem = (name: string, text: string | undefined, label: RegExp, what: string) =>
    text === undefined ? undefined : context.loadPem([...path, "tls", name], text, label, what);
  return {
    ca: pem("ca", ca, /CERTIFICATE$/, "certificate"),
    cert: pem("cert", cert, /CERTIFICATE$/, "certificate"),
    key: pem("key", key, /PRIVATE KEY$/, "private key"),
    serverName,
  };
}

function resolveWebhook(
  name: string,
  url: string,
  input: SinkInput,
  context: ResolveContext,
): WebhookSinkConfig {
  const path = ["sinks", name];
  const fault = findUrlFault(url);
  if (fault !== undefined) {
    context.error("PG131", context.value([...path, "webhook"]), fault.message, fault.advice);
  }
  checkSecrets(input, path, context);
  checkHeaders(input, path, context);
  if (input.batch_size !== undefined && input.format !== "array") {
    const message = "`batch_size` has a meaning for `format: array` only.";
    context.error("PG152", context.key([...path, "batch_size"]), message);
  }
  return {
    kind: "webhook",
    name,
    url,
    format: input.format,
    batchSize: input.format === "array" ? input.batch_size ?? 100 : 1,
    headers: new Map(Object.entries(input.headers)),
    auth: resolveAuth(input, path, context),
    secrets: input.secrets,
    tls: resolveTls(input, path, context),
    timeoutMs: input.timeout,
    concurrency: input.concurrency,
    rateLimitPerSecond: input.rate_limit,
    maxAttempts: input.max_attempts,
    allowsPrivate: input.allow_private,
  };
}

/** A signed webhook or a NOTIFY channel; undefined with findings when it is neither. */
export function resolveSink(
  name: string,
  input: SinkInput,
  context: ResolveContext,
): SinkConfig | undefined {
  const path = ["sinks", name];
  const { webhook, notify } = input;
  if (webhook !== undefined && notify !== undefined) {
    const message = "`notify` stands beside `webhook`; write two sinks.";
    context.error("PG152", context.key([...path, "notify"]), message);
    return undefined;
  }
  if (webhook !== undefined) return resolveWebhook(name, webhook, input, context);
  if (notify === undefined) {
    context.error("PG153", context.key(path), "A sink needs `webhook` or `notify`.");
    return undefined;
  }
  for (const key of webhookKeys) {
    if (!context.has([...path, key])) continue;
    context.error(
      "PG152",
      context.key([...path, key]),
      `\`${key}\` has a meaning for webhooks only.`,
    );
  }
  const sink: NotifySinkConfig = { kind: "notify", name, channel: notify };
  return sink;
}

/** Where events go that no trigger made. */
export function resolveRoute(input: ConfigInput["routes"][number]): RouteConfig {
  return { pattern: input.pattern, sinks: [...new Set(input.sinks)] };
}

function sourcesOf(input: ConfigInput["triggers"][string]): TriggerSourceConfig[] {
  const { sources } = input;
  if (Array.isArray(sources)) {
    return [...new Set(sources)].map((source) => ({ source, whenEmpty: "send" }));
  }
  return Object.entries(sources)
    .map(([source, options]) => ({ source, whenEmpty: options.when_empty }));
}

/** Notifications come as often as rows change; without a rule each of them reaches every member. */
function warnIfFlooding(
  { on, repeat, entering }: ConfigInput["triggers"][string],
  path: TreePath,
  context: ResolveContext,
): void {
  if (on !== "notify" || repeat !== "every_run" || entering) return;
  context.warn(
    "PG175",
    context.value([...path, "on"]),
    "Each notification makes an event for every member of the segment.",
    "Add `entering: true` or a `repeat` rule if that is not meant.",
  );
}

/** A segment on a schedule or on NOTIFY. */
export function resolveTrigger(
  name: string,
  input: ConfigInput["triggers"][string],
  context: ResolveContext,
): TriggerConfig {
  const path = ["triggers", name];
  const schedule = resolveSchedule(input, path, context);
  warnUnlessStarted(schedule, input.on === "notify", path, context);
  warnIfFlooding(input, path, context);
  const { repeat } = input;
  return {
    name,
    segment: input.segment,
    schedule,
    onNotify: input.on === "notify",
    repeat: typeof repeat === "string"
      ? { kind: repeat }
      : { kind: "every", everyMs: repeat.every },
    enteringOnly: input.entering,
    sources: sourcesOf(input),
    sinks: [...new Set(input.sinks)],
    skipIfRunning: input.skip_if_running,
    catchUp: input.catch_up,
    catchUpLimit: input.catch_up_limit,
  };
}
