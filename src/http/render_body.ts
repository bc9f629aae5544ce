import * as v from "valibot";
import type { Config } from "../config/model.ts";
import type { MessageConfig } from "../config/model_message.ts";
import { PerigeeError } from "../error.ts";
import type { ContactKey } from "../hub/contacts.ts";
import type { EventParam } from "../hub/event_lookup.ts";
import { messageCodes } from "../message/codes.ts";
import { type CompiledMessage, compileMessage } from "../message/compile_messages.ts";
import { normaliseContactKey, type RenderEvent } from "../message/event_data.ts";
import type { RenderRequest } from "../message/render_message.ts";
import type { Renderer } from "../message/renderer.ts";
import { refusal } from "./refusal.ts";

/** Longest key of a contact, and longest name; documented values are at most 254. */
const shortText = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(1_000),
  v.check((text) => !text.includes("\0"), "wanted text without NUL, which Postgres cannot hold"),
);
const idText = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger(), v.minValue(0)), shortText]),
  v.transform(String),
);
const dataMap = v.record(v.string(), v.unknown());

const contactSchema = v.union([
  v.strictObject({ email: shortText }),
  v.strictObject({ contactId: idText }),
  v.strictObject({ phone: shortText }),
  v.strictObject({ externalCustomerId: idText }),
  v.strictObject({ field: v.strictObject({ name: shortText, value: idText }) }),
], "wanted one of contactId, email, phone, externalCustomerId or field: {name, value}");

const paramsSchema = v.union([
  v.array(v.object({ name: v.string(), value: v.unknown() })),
  v.pipe(
    dataMap,
    v.transform((params): EventParam[] =>
      Object.entries(params).map(([name, value]) => ({ name, value }))
    ),
  ),
], "wanted a list of {name, value}, or an object");

const eventSchema = v.object({
  eventId: v.optional(idText),
  eventTypeKey: v.optional(v.string()),
  keyValue: v.optional(v.string()),
  contactId: v.optional(idText),
  occured: v.optional(v.string()),
  params: paramsSchema,
});

const inlineSchema = v.strictObject({
  subject: v.optional(v.string()),
  html: v.optional(v.string()),
  text: v.optional(v.string()),
  dialect: v.optional(v.picklist(["1.7", "2.x"]), "1.7"),
  whitespace: v.optional(v.picklist(["none", "bc", "lines", "structured"])),
  escape: v.optional(v.picklist(["none", "html"]), "none"),
  merge_tags: v.optional(v.boolean(), false),
  sources: v.optional(v.array(v.string()), []),
});

const momentSchema = v.pipe(
  v.string(),
  v.isoTimestamp("wanted an ISO 8601 time with its offset, such as 2026-01-31T09:00:00Z"),
  v.transform((text) => new Date(text)),
);

const messageSchema = v.union(
  [shortText, v.pipe(v.number(), v.safeInteger(), v.transform(String)), inlineSchema],
  "wanted a message's name or id, or an object of subject, html and text",
);

const renderSchema = v.strictObject({
  message: messageSchema,
  contact: v.optional(contactSchema),
  event: v.optional(eventSchema),
  eventId: v.optional(idText),
  data: v.optional(dataMap),
  at: v.optional(momentSchema),
});

const segmentSchema = v.strictObject({
  message: messageSchema,
  segment: idText,
  at: v.optional(momentSchema),
});

/** Reads the body of `POST /render`. Throws PG907 naming the field, PG804, PG810 and PG820. */
export function parseRenderBody(renderer: Renderer, body: unknown): RenderRequest {
  const { message, contact, event, eventId, data, at } = parse(renderSchema, body);
  const given = [contact, event, eventId].filter((one) => one !== undefined).length;
  if (given > 1) throw refusal("PG907", "the body has more than one of contact, event and eventId");
  if (given === 0 && data === undefined) {
    throw refusal("PG907", "the body has none of contact, event, eventId and data");
  }
  return {
    message: requireMessage(renderer, message),
    contact: contact === undefined ? undefined : contactKey(contact),
    event: event === undefined
      ? eventId === undefined ? undefined : { eventId }
      : completeEvent(event),
    data,
    at,
  };
}

/** Reads the body of `POST /render/segment`. Throws as `parseRenderBody` does. */
export function parseSegmentBody(
  renderer: Renderer,
  body: unknown,
): { message: CompiledMessage; segment: string; at: Date | undefined } {
  const { message, segment, at } = parse(segmentSchema, body);
  return { message: requireMessage(renderer, message), segment, at };
}

function parse<Output>(
  schema: v.GenericSchema<unknown, Output>,
  body: unknown,
): Output {
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? "";
  const what = issue.expected === "never" ? "is not a field of this request" : wanted(issue);
  throw refusal("PG907", path === "" ? `the body ${what}` : `field ${path.slice(0, 200)} ${what}`);
}

/** What an issue asks for, without what it found: that is the client's, and may be a secret. */
function wanted(issue: v.BaseIssue<unknown>): string {
  if (issue.message.startsWith("wanted")) return `does not fit: ${issue.message}`;
  return issue.expected === null ? "does not fit" : `does not fit: wanted ${issue.expected}`;
}

function contactKey(contact: v.InferOutput<typeof contactSchema>): ContactKey {
  if ("field" in contact) return { kind: "field", ...contact.field };
  if ("email" in contact) return normaliseContactKey("email", contact.email);
  if ("phone" in contact) return normaliseContactKey("phone", contact.phone);
  if ("contactId" in contact) return normaliseContactKey("contactId", contact.contactId);
  return normaliseContactKey("externalCustomerId", contact.externalCustomerId);
}

function completeEvent(event: v.InferOutput<typeof eventSchema>): RenderEvent {
  return {
    eventId: event.eventId,
    eventTypeKey: event.eventTypeKey,
    keyValue: event.keyValue,
    contactId: event.contactId,
    occured: event.occured,
    params: event.params,
  };
}

function requireMessage(
  renderer: Renderer,
  message: v.InferOutput<typeof messageSchema>,
): CompiledMessage {
  if (typeof message === "string") return renderer.messages.require(message);
  if (!renderer.config.render.allowsInline) {
    throw new PerigeeError("the request carries a template, and this server takes none", {
      kind: "usage",
      code: "PG810",
      advice: messageCodes.PG810.advice,
    });
  }
  return compileMessage(renderer.config, inlineMessage(renderer.config, message));
}

function inlineMessage(config: Config, inline: v.InferOutput<typeof inlineSchema>): MessageConfig {
  for (const source of inline.sources) {
    if (config.sources.has(source)) continue;
    throw new PerigeeError("the inline message lists a source that the configuration lacks", {
      kind: "usage",
      code: "PG820",
      advice: messageCodes.PG820.advice,
    });
  }
  const parts = (["subject", "html", "text"] as const).flatMap((part) => {
    const template = inline[part];
    return template === undefined ? [] : [{ part, template, path: `inline ${part}` }];
  });
  return {
    name: "inline",
    id: 0,
    parts,
    engine: "perigee",
    isTrusted: false,
    dialect: inline.dialect,
    whitespace: inline.whitespace,
    escape: inline.escape,
    mergeTags: inline.merge_tags,
    locale: "en",
    timezone: config.timezone,
    sources: inline.sources.map((source) => ({ source, isRequired: false })),
    limits: { maxSteps: undefined, maxOutputBytes: undefined, timeoutMs: undefined },
    tests: [],
  };
}
