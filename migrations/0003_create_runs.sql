-- One run at a time per name, across daemons: a tick is claimed by inserting its run, the name by
-- holding its lease. The fence grows with each holder, so a daemon that was paused and wakes up
-- finds that its fence is no longer the current one and cannot write.

create table perigee.runs (
  run_id bigint generated always as identity primary key,
  name text not null,
  scheduled_at timestamptz not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  state text not null default 'running'
    check (state in ('running', 'succeeded', 'failed', 'skipped', 'abandoned')),
  cause text not null check (cause in ('schedule', 'notify', 'command', 'start', 'catch_up')),
  daemon_id uuid not null,
  counts jsonb not null default '{}',
  error_code text,
  error_message text,
  error_advice text,
  check ((state = 'running') = (finished_at is null)),
  unique (name, scheduled_at)
);
create index runs_finished_at on perigee.runs (finished_at);

create table perigee.leases (
  name text primary key,
  holder uuid not null,
  fence bigint not null default 1,
  run_id bigint,
  expires_at timestamptz not null
);
comment on table perigee.runs is 'Executions of imports, segments, triggers and exports: name is kind/name, counts is what the run did, error_* is what stopped it.';
comment on table perigee.leases is 'Which daemon runs what right now. A lease that is past expires_at is free.';
