import { PerigeeError } from "../error.ts";
import type { ContactKey, ContactValues } from "../hub/contacts.ts";
import { withSpan } from "../observe/trace.ts";
import { messageCodes } from "./codes.ts";
import type { CompiledMessage, PartName } from "./compile_messages.ts";
import { requireContact, requireEvent } from "./find_recipient.ts";
import { eventContactKey, readEventData, type RenderEvent } from "./event_data.ts";
import { fetchData } from "./fetch_data.ts";
import type { Renderer } from "./renderer.ts";
import type { TemplateScope } from "./template_engine.ts";
import { isZone } from "./velocity/tool/zone.ts";

/** What to render, and for whom. */
export interface RenderRequest {
  readonly message: CompiledMessage;
  /** Absent: the event's contact, or nobody. */
  readonly contact?: ContactKey | undefined;
  /** An event, or the id of one that the hub holds. */
  readonly event?: RenderEvent | { readonly eventId: string } | undefined;
  /** Keys of `$data` that replace what would be fetched or what the event carries. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** What `$dateTool` takes for now; absent: the clock. */
  readonly at?: Date | undefined;
}

/** A rendered message: the parts that it has, and what they were rendered from. */
export interface RenderedMessage {
  readonly parts: Readonly<Partial<Record<PartName, string>>>;
  readonly data: Readonly<Record<string, unknown>>;
  readonly contact: ContactValues;
}

/**
 * Renders one message: finds event and contact, fetches rows, checks required sources, prints the
 * parts. Throws PG801 to PG803 for templates, PG805 and PG806 for contacts, PG807 for a required
 * source without rows, PG808 and PG809 for events, PG2xx and PG79x when a database fails.
 */
export function renderMessage(
  renderer: Renderer,
  request: RenderRequest,
): Promise<RenderedMessage> {
  const attributes = { "perigee.message": request.message.config.name };
  return withSpan({ name: "render message", attributes }, () => render(renderer, request));
}

async function render(renderer: Renderer, request: RenderRequest): Promise<RenderedMessage> {
  const { message } = request;
  const startedAt = performance.now();
  try {
    requireCompiled(message);
    const event = await requireEvent(renderer, request.event);
    const key = request.contact ?? (event === undefined ? undefined : eventContactKey(event));
    const contact = key === undefined ? {} : await requireContact(renderer, key);
    const carried = event === undefined ? undefined : readEventData(event);
    const data = await fetchData(renderer, message, contact, {
      carried: carried?.data,
      overrides: request.data,
    });
    const scope: TemplateScope = {
      data,
      contact,
      event: carried?.event,
      now: request.at ?? renderer.clock.now(),
      contactTimezone: contactTimezone(contact),
    };
    const parts = renderParts(renderer, message, scope);
    const durationMs = performance.now() - startedAt;
    renderer.observe({ kind: "message_rendered", message: message.config.name, durationMs });
    return { parts, data, contact };
  } catch (error) {
    if (error instanceof PerigeeError) {
      renderer.observe({ kind: "render_failed", message: message.config.name, error });
    }
    throw error;
  }
}

/** Throws the first fault of a message that does not compile. */
export function requireCompiled(message: CompiledMessage): void {
  const [fault] = message.faults;
  if (fault !== undefined) throw fault;
}

/**
 * Prints the parts of a message on data that is there: no database, no clock. Throws PG802, PG803
 * and PG807 as the templates do, and PG807 when a required source has no rows.
 */
export function renderParts(
  renderer: Renderer,
  message: CompiledMessage,
  scope: TemplateScope,
): Partial<Record<PartName, string>> {
  requireRows(renderer, message, scope.data);
  const parts: Partial<Record<PartName, string>> = {};
  for (const [part, template] of message.parts) parts[part] = template.render(scope);
  return parts;
}

/** The contact's zone from an additional field, where it has one that this runtime knows. */
export function contactTimezone(contact: ContactValues): string | undefined {
  const zone = Object.hasOwn(contact, "timeZone") ? contact["timeZone"] : undefined;
  return typeof zone === "string" && isZone(zone) ? zone : undefined;
}

function requireRows(
  renderer: Renderer,
  message: CompiledMessage,
  data: Readonly<Record<string, unknown>>,
): void {
  for (const { source, isRequired } of message.config.sources) {
    if (!isRequired) continue;
    const id = String(renderer.config.sources.get(source)?.id);
    if (hasRows(data, source) || hasRows(data, id)) continue;
    throw new PerigeeError(
      `message ${message.config.name} must not be sent: source ${source} has no rows for the contact`,
      { kind: "conflict", code: "PG807", advice: messageCodes.PG807.advice },
    );
  }
}

function hasRows(data: Readonly<Record<string, unknown>>, key: string): boolean {
  const rows = Object.hasOwn(data, key) ? data[key] : undefined;
  return Array.isArray(rows) && rows.length > 0;
}
