-- When a sink was last in a configuration, so that deliveries to one that nobody has any more are
-- given up some day instead of waiting for ever. Daemons with several configurations may share a hub.

alter table perigee.sinks add column seen_at timestamptz not null default now();

comment on table perigee.sinks is 'Sinks that are configured, were held, or have deliveries. A sink without a row is active.';
comment on column perigee.sinks.seen_at is 'When a daemon last had the sink in its configuration; of one that none ever had, when its deliveries were first noticed.';
