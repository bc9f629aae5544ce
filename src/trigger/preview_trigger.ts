import type { Config, TriggerConfig } from "../config/model.ts";
import { hubKeyExpression } from "../connector/contact_key.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import { withReadSettings } from "../connector/read_settings.ts";
import { fetchSourceRows } from "../connector/source_rows.ts";
import { loadSourceShape } from "../connector/source_shape.ts";
import { countDue, type DueContact, findDueContacts } from "../hub/trigger_preview.ts";
import type { Pool } from "../postgres/pool.ts";
import { tickRules } from "./run_trigger.ts";

/** What a tick of a trigger would do. */
export interface TriggerPreview {
  /** Members of the segment as it was evaluated last, and those whom the repeat rule lets through. */
  readonly members: number;
  readonly due: number;
  /** Ids of the first contacts that are due. */
  readonly contactIds: readonly string[];
  readonly sinks: readonly string[];
  /** The first contact's event as sinks of the format `events_v1` would get it. */
  readonly sample: SampleEvent | undefined;
}

/** One event as it would be. */
export interface SampleEvent {
  readonly eventTypeKey: string;
  readonly keyValue: string;
  readonly params: readonly { readonly name: string; readonly value: string }[];
  /** Sources without rows for which the trigger says `when_empty: skip`: no event is made. */
  readonly skippedFor: readonly string[];
}

/** How many ids a preview names. */
const namedContacts = 20;

/**
 * Says who would get an event if the trigger ran at `scheduledAt`, with one event as a sample. Writes
 * nothing and evaluates no segment: it shows the segment as it stands. Throws as `runTrigger` does.
 */
export async function previewTrigger(
  trigger: TriggerConfig,
  scheduledAt: Date,
  deps: { readonly config: Config; readonly hub: Pool; readonly connectors: ConnectorRegistry },
): Promise<TriggerPreview> {
  const { sql } = deps.hub;
  const rules = tickRules(trigger, deps.config);
  const tick = { trigger: trigger.name, scheduledAt: scheduledAt.toISOString() };
  const { members, due } = await countDue(sql, tick, rules);
  const keys = trigger.sources.map(({ source }) =>
    hubKeyExpression(connectorOf(source, deps).key.field, "c")
  );
  const contacts = await findDueContacts(sql, tick, rules, keys, namedContacts);
  const [first] = contacts;
  return {
    members,
    due,
    contactIds: contacts.map((contact) => contact.contactId),
    sinks: trigger.sinks,
    sample: first === undefined
      ? undefined
      : await sampleEvent(trigger, rules.segmentId, first, deps),
  };
}

type PreviewDeps = { readonly config: Config; readonly connectors: ConnectorRegistry };

function connectorOf(source: string, { config, connectors }: PreviewDeps) {
  return connectors.require(config.sources.get(source)?.connector ?? "");
}

async function sampleEvent(
  trigger: TriggerConfig,
  segmentId: number,
  contact: DueContact,
  deps: PreviewDeps,
): Promise<SampleEvent> {
  const members: string[] = [];
  const skippedFor: string[] = [];
  for (const [index, { source: name, whenEmpty }] of trigger.sources.entries()) {
    const source = deps.config.sources.get(name);
    if (source === undefined) throw new Error(`there is no source ${name}`);
    const { sql, target } = deps.connectors.pool(source.connector);
    const shape = await loadSourceShape(sql, source, connectorOf(name, deps));
    const key = contact.keys[index];
    const [rows] = key === null || key === undefined
      ? []
      : await withReadSettings(sql, target, (reading) => fetchSourceRows(reading, shape, [key]));
    members.push(`"${source.id}":${rows?.json ?? "[]"}`);
    if (whenEmpty === "skip" && (rows?.found ?? 0) === 0) skippedFor.push(name);
  }
  const email = contact.email === null ? [] : [{ name: "EmailAddress", value: contact.email }];
  return {
    eventTypeKey: `regularEventType-${segmentId}`,
    keyValue: contact.contactId,
    params: [
      { name: "ContactId", value: contact.contactId },
      ...email,
      { name: "jsonParam", value: `{${members.join(",")}}` },
    ],
    skippedFor,
  };
}
