-- Deliveries: one row per event and sink. A pending row that is due may be claimed; claiming moves
-- due_at to the end of the claim's lease, so that the row of a daemon that died becomes due again by
-- itself. claim_no is the fence: only the latest claim may say how the delivery ended.

create table perigee.deliveries (
  event_id bigint not null,
  sink text not null,
  contact_id bigint,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'dead')),
  due_at timestamptz not null default now(),
  claimed_by uuid,
  claim_no integer not null default 0,
  attempts integer not null default 0,
  is_alone boolean not null default false,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  last_status integer,
  last_error text,
  last_answer text,
  primary key (event_id, sink),
  check ((state = 'pending') = (finished_at is null))
) with (
  fillfactor = 85,
  -- Every delivery is updated twice within seconds; the queue's indexes must not fill with the dead.
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_cost_delay = 0
);
create index deliveries_due on perigee.deliveries (sink, due_at, event_id) where state = 'pending';
create index deliveries_in_order on perigee.deliveries (contact_id, sink, event_id)
  where state = 'pending' and contact_id is not null;
create index deliveries_delivered on perigee.deliveries (finished_at) where state = 'delivered';
create index deliveries_dead on perigee.deliveries (sink, event_id) where state = 'dead';

comment on table perigee.deliveries is 'What goes where: one row per event and sink, at least once and in order of event_id per contact.';
comment on column perigee.deliveries.state is 'pending: to be sent or tried again; delivered: answered with 2xx; dead: given up, perigee replay sends it again.';
comment on column perigee.deliveries.due_at is 'Pending: when it may be claimed; while claimed_by is set, when that claim runs out.';
comment on column perigee.deliveries.is_alone is 'A sink of format array gets it in a request of its own, because a batch with it was refused.';
comment on column perigee.deliveries.last_answer is 'The first 300 characters of the last answer that was not 2xx.';

-- For the retention of events. As small as an index can be, because other programs write events too.
create index events_occured on perigee.events using brin (occured);

create table perigee.sinks (
  name text primary key,
  state text not null default 'active' check (state in ('active', 'paused', 'disabled')),
  reason text,
  changed_at timestamptz not null default now()
);
comment on table perigee.sinks is 'Sinks that are or were held: paused by a person, disabled by an answer 410. A sink without a row is active.';

-- Routes of events that no trigger made: copied here from the configuration by every daemon that
-- starts, because the rows of the queue are made in the transaction that inserts the event.
create table perigee.routes (
  pattern text not null,
  like_pattern text not null,
  sink text not null,
  primary key (pattern, sink)
);
comment on table perigee.routes is 'Which sinks get events of which types, as the configuration says; written by the daemon.';

create function perigee.route_events() returns trigger language plpgsql security definer
  set search_path = pg_catalog as $body$
begin
  -- The common case first, at the price of one look into an empty table.
  if not exists (select from perigee.routes) then
    return null;
  end if;
  insert into perigee.deliveries (event_id, sink, contact_id)
  select distinct event.event_id, route.sink, event.contact_id
  from inserted event
  join perigee.routes route on event.event_type_key like route.like_pattern
  where event.trigger_name is null
  on conflict (event_id, sink) do nothing;
  -- Gated, as in the change log: a NOTIFY in every transaction would serialise all commits. Daemons
  -- look again after a wake-up that found nothing, so whoever skipped it is not forgotten.
  if found and pg_try_advisory_xact_lock(8101191) then
    perform pg_notify('perigee_deliveries', '');
  end if;
  return null;
end $body$;
comment on function perigee.route_events() is 'Queues events that other programs insert for the sinks of their routes.';

create trigger route_insert after insert on perigee.events
  referencing new table as inserted for each statement execute function perigee.route_events();
alter table perigee.events enable always trigger route_insert;
