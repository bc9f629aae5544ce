import type { Sql } from "postgres";

/** One parameter of an event, as the platform's event API writes it. */
export interface EventParam {
  readonly name: string;
  readonly value: unknown;
}

/** A row of the events dataset, as messages are rendered with it. */
export interface StoredEvent {
  readonly eventId: string;
  readonly eventTypeKey: string;
  readonly keyValue: string | null;
  readonly contactId: string | null;
  /** ISO 8601 in UTC. */
  readonly occured: string;
  readonly params: readonly EventParam[];
}

/** The event of that id, or undefined. One prepared read; locks nothing. */
export async function findEvent(sql: Sql, eventId: string): Promise<StoredEvent | undefined> {
  if (!/^\d{1,18}$/.test(eventId)) return undefined;
  const [row] = await sql<(Omit<StoredEvent, "params"> & { params: string })[]>`
    select event_id::text as "eventId", event_type_key as "eventTypeKey",
           key_value as "keyValue", contact_id::text as "contactId",
           to_char(occured at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as occured,
           params_json::text as params
    from perigee.events where event_id = ${eventId}::text::bigint`;
  if (row === undefined) return undefined;
  return { ...row, params: (JSON.parse(row.params) as unknown[]).filter(isParam) };
}

function isParam(value: unknown): value is EventParam {
  return typeof value === "object" && value !== null && "name" in value &&
    typeof value.name === "string" && "value" in value;
}
