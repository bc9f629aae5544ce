import { PerigeeError } from "../error.ts";
import { type ContactKey, type ContactValues, findContacts } from "../hub/contacts.ts";
import { findEvent } from "../hub/event_lookup.ts";
import { describeFailure } from "../postgres/failure.ts";
import { messageCodes } from "./codes.ts";
import type { RenderEvent } from "./event_data.ts";
import type { Renderer } from "./renderer.ts";

/** The one contact under a key. Throws PG805 for none, PG806 for several, PG2xx for a hub that fails. */
export async function requireContact(renderer: Renderer, key: ContactKey): Promise<ContactValues> {
  const { hub } = renderer;
  const found = await findContacts(hub.sql, key).catch((error) => {
    throw describeFailure(error, { doing: "find the contact", target: hub.target });
  });
  const [contact, other] = found;
  const named = key.kind === "field" ? `additional field ${key.name}` : key.kind;
  if (contact === undefined) {
    throw new PerigeeError(`the hub has no contact with that ${named}`, {
      kind: "not_found",
      code: "PG805",
      advice: messageCodes.PG805.advice,
    });
  }
  if (other === undefined) return contact;
  throw new PerigeeError(`several contacts of the hub have that ${named}`, {
    kind: "conflict",
    code: "PG806",
    advice: messageCodes.PG806.advice,
  });
}

/** The event to render with: as it was given, or read from the hub. Throws PG808 when it is not there. */
export async function requireEvent(
  renderer: Renderer,
  given: RenderEvent | { readonly eventId: string } | undefined,
): Promise<RenderEvent | undefined> {
  if (given === undefined || "params" in given) return given;
  const { hub } = renderer;
  const event = await findEvent(hub.sql, given.eventId).catch((error) => {
    throw describeFailure(error, { doing: "find the event", target: hub.target });
  });
  if (event === undefined) {
    throw new PerigeeError("the hub has no event with that eventId", {
      kind: "not_found",
      code: "PG808",
      advice: messageCodes.PG808.advice,
    });
  }
  const { keyValue, contactId } = event;
  return { ...event, keyValue: keyValue ?? undefined, contactId: contactId ?? undefined };
}
