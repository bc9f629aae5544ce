import type { ContactKey } from "../hub/contacts.ts";
import type { EventParam } from "../hub/event_lookup.ts";
import { PerigeeError } from "../error.ts";
import { messageCodes } from "./codes.ts";
import { normaliseKey, normalisePhone } from "../connector/contact_key.ts";

/** An event that a message is rendered with: a row of the hub, or one that a request carries. */
export interface RenderEvent {
  readonly eventId: string | undefined;
  readonly eventTypeKey: string | undefined;
  readonly keyValue: string | undefined;
  readonly contactId: string | undefined;
  readonly occured: string | undefined;
  readonly params: readonly EventParam[];
}

/** What an event gives to templates. */
export interface EventData {
  /** The parsed `jsonParam`, lists of rows by source id; the event's parameters where it has none. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The event itself: type, key, time, and `params` by name. */
  readonly event: Readonly<Record<string, unknown>>;
}

/**
 * What templates see of an event. As in the platform's workflows `data` is the parsed `jsonParam`,
 * or the parameters where there is none. Throws PG809 when `jsonParam` is no JSON object. Pure.
 */
export function readEventData(event: RenderEvent): EventData {
  const params = Object.fromEntries(event.params.map(({ name, value }) => [name, value]));
  const carried = event.params.find(({ name }) => name.toLowerCase() === "jsonparam");
  const { eventId, eventTypeKey, keyValue, occured } = event;
  return {
    data: carried === undefined ? params : parseJsonParam(carried.value),
    event: {
      eventId: eventId ?? null,
      eventTypeKey: eventTypeKey ?? null,
      keyValue: keyValue ?? null,
      occured: occured ?? null,
      params,
    },
  };
}

function parseJsonParam(value: unknown): Record<string, unknown> {
  const parsed = typeof value === "string" ? tryParse(value) : value;
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>;
  }
  throw new PerigeeError("the event's jsonParam is not a JSON object", {
    kind: "data",
    code: "PG809",
    advice: messageCodes.PG809.advice,
  });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says what is wrong without repeating the text
  }
}

/**
 * Parameter names that identify the contact, in the platform's order of priority; names are
 * compared without regard to case (platform documentation, "events for segmentation").
 */
const identifiers: readonly (readonly [ContactKey["kind"], readonly string[]])[] = [
  ["contactId", ["contactid", "contact_id"]],
  ["externalCustomerId", ["externalcustomerid"]],
  ["email", ["email", "emailaddress", "useremail", "contactemail"]],
  ["phone", ["phone", "sms", "phonenumber"]],
];

/** The contact that an event is about, or undefined when it names none. Pure. */
export function eventContactKey(event: RenderEvent): ContactKey | undefined {
  if (event.contactId !== undefined) return { kind: "contactId", value: event.contactId };
  const byName = new Map(event.params.map(({ name, value }) => [name.toLowerCase(), value]));
  for (const [kind, names] of identifiers) {
    const found = names.map((name) => byName.get(name)).find(isText);
    if (found !== undefined && kind !== "field") return normaliseContactKey(kind, String(found));
  }
  return undefined;
}

function isText(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && value !== "");
}

/**
 * A key as the hub stores it: email addresses trimmed and in lower case, phone numbers in E.164
 * where they are valid numbers and as written where not. Pure.
 */
export function normaliseContactKey(
  kind: Exclude<ContactKey["kind"], "field">,
  text: string,
): ContactKey {
  if (kind === "email") return { kind, value: normaliseKey(text, { kind: "email" }) ?? "" };
  if (kind === "phone") return { kind, value: normalisePhone(text) ?? text };
  return { kind, value: text.trim() };
}
