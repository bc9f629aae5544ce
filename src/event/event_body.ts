import { createHash } from "node:crypto";
import type { WebhookFormat } from "../config/model.ts";
import type { ClaimedDelivery } from "../hub/deliveries.ts";

/** A delivery whose event is still there. */
export interface DeliveredEvent extends ClaimedDelivery {
  readonly eventTypeKey: string;
  readonly occured: string;
  readonly params: string;
}

/** Whether the event is still there to be sent. */
export function hasEvent<D extends ClaimedDelivery>(delivery: D): delivery is D & DeliveredEvent {
  return delivery.eventTypeKey !== null && delivery.occured !== null && delivery.params !== null;
}

/** One request's body, with its id, which is the same at every attempt with the same events. */
export interface EventBody {
  readonly id: string;
  readonly contentType: string;
  readonly body: string;
}

/** The id of an event towards receivers: stable over attempts, replays, daemons and sinks. */
export function eventMessageId(hubId: string, eventId: string): string {
  return `${hubId.replaceAll("-", "")}-${eventId}`;
}

/**
 * Writes events as a sink's format has them; `events_v1` and `cloudevents` take one. Parameters are
 * the hub's own JSON text, passed on as it is. Pure.
 */
export function writeBody(
  format: WebhookFormat,
  hubId: string,
  events: readonly [DeliveredEvent, ...DeliveredEvent[]],
): EventBody {
  const [event] = events;
  const id = eventMessageId(hubId, event.eventId);
  if (format === "events_v1") {
    return { id, contentType: "application/json", body: `{${platformMembers(event)}}` };
  }
  if (format === "cloudevents") {
    const contentType = "application/cloudevents+json; charset=UTF-8";
    return { id, contentType, body: cloudEvent(id, hubId, event) };
  }
  const items = events.map((each) =>
    `{"id":${JSON.stringify(eventMessageId(hubId, each.eventId))},` +
    `"occured":${JSON.stringify(each.occured)},${platformMembers(each)}}`
  );
  const body = `[${items.join(",")}]`;
  return { id: batchId(hubId, events), contentType: "application/json", body };
}

/** The members of the platform's event: `eventTypeKey`, `keyValue` where there is one, `params`. */
function platformMembers({ eventTypeKey, keyValue, params }: DeliveredEvent): string {
  const key = keyValue === null ? "" : `"keyValue":${JSON.stringify(keyValue)},`;
  return `"eventTypeKey":${JSON.stringify(eventTypeKey)},${key}"params":${params}`;
}

/** Structured mode, https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md */
function cloudEvent(id: string, hubId: string, event: DeliveredEvent): string {
  const { eventTypeKey, keyValue, occured, params } = event;
  const subject = keyValue === null ? "" : `"subject":${JSON.stringify(keyValue)},`;
  return `{"specversion":"1.0","id":${JSON.stringify(id)},"source":"urn:uuid:${hubId}",` +
    `"type":${JSON.stringify(eventTypeKey)},${subject}"time":${JSON.stringify(occured)},` +
    `"datacontenttype":"application/json","data":{"params":${params}}}`;
}

/** A batch has the id of what it is made of: another selection is another message. */
function batchId(hubId: string, events: readonly DeliveredEvent[]): string {
  const content = createHash("sha256").update(events.map((event) => event.eventId).join());
  return `${hubId.replaceAll("-", "")}-batch-${content.digest("hex").slice(0, 32)}`;
}
