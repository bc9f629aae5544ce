import type { Sql } from "postgres";
import { systemClock } from "../../src/clock.ts";
import type { RouteConfig, SinkConfig, WebhookSinkConfig } from "../../src/config/model.ts";
import { type Deliveries, startDeliveries } from "../../src/event/delivery_worker.ts";
import type { Observation } from "../../src/observe/observation.ts";
import { openPool, type Pool } from "../../src/postgres/pool.ts";
import { openTestHub, type Scope } from "../support/database.ts";

/** The secret of every sink here. */
export const sinkSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** A webhook sink on loopback; `part` says what matters to the test. */
export function webhookSink(url: string, part: Partial<WebhookSinkConfig> = {}): WebhookSinkConfig {
  return {
    kind: "webhook",
    name: "receiver",
    url,
    format: "events_v1",
    batchSize: 1,
    headers: new Map(),
    auth: undefined,
    secrets: [sinkSecret],
    tls: { ca: undefined, cert: undefined, key: undefined, serverName: undefined },
    timeoutMs: 2_000,
    concurrency: 4,
    rateLimitPerSecond: 0,
    maxAttempts: 16,
    allowsPrivate: true,
    ...part,
  };
}

/** A migrated hub with a pool that closes at the end of the scope. */
export async function openHubPool(scope: Scope): Promise<Pool> {
  const { target } = await openTestHub(scope);
  const pool = openPool(target, { max: 4 });
  scope.after(() => pool.close(1_000));
  return pool;
}

/** Deliveries that run, with what they were seen doing. */
export interface RunningDeliveries extends Deliveries {
  readonly seen: readonly Observation[];
}

/** Starts deliveries to these sinks; they stop at the end of the scope. */
export function deliverTo(
  scope: Scope,
  hub: Pool,
  sinks: readonly SinkConfig[],
  routes: readonly RouteConfig[] = [],
): RunningDeliveries {
  const seen: Observation[] = [];
  const deliveries = startDeliveries({
    config: { sinks: new Map(sinks.map((sink) => [sink.name, sink])), routes, triggers: new Map() },
    hub,
    clock: systemClock,
    observe: (observation) => void seen.push(observation),
  });
  scope.after(() => deliveries.stop());
  return { ...deliveries, seen };
}

/** Inserts one event per contact id with its delivery to the sink; answers the events' ids. */
export async function queueEvents(
  hub: Sql,
  contactIds: readonly (number | null)[],
  sink = "receiver",
): Promise<string[]> {
  const rows = await hub<{ eventId: string }[]>`
    with event as (
      insert into perigee.events (event_type_key, key_value, contact_id, params_json)
      select 'test', contact_id, contact_id::bigint,
        jsonb_build_array(jsonb_build_object('name', 'place', 'value', place::text))
      from json_array_elements_text(${JSON.stringify(contactIds)}::text::json)
        with ordinality as given (contact_id, place)
      order by place
      returning event_id, contact_id
    )
    insert into perigee.deliveries (event_id, sink, contact_id)
    select event_id, ${sink}, contact_id from event
    returning event_id::text as "eventId"`;
  return rows.map((row) => row.eventId).sort((one, other) => Number(one) - Number(other));
}

/** A delivery's row as tests look at it. */
export interface DeliveryRow {
  readonly eventId: string;
  readonly state: string;
  readonly attempts: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
}

/** The deliveries of a sink in the order of their events. */
export async function readDeliveries(hub: Sql, sink = "receiver"): Promise<DeliveryRow[]> {
  return await hub<DeliveryRow[]>`
    select event_id::text as "eventId", state, attempts, last_status as status,
      last_error as error, last_answer as answer
    from perigee.deliveries where sink = ${sink} order by event_id`;
}
